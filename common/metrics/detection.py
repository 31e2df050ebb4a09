"""How well a score separates two samples: AUROC, AUPR, FPR95, detection error. One sort gives all; ties are exact.

A score is a confidence: higher means more likely right, or more likely in-distribution. Every function takes the scores
of the ``positive`` examples (right, in-distribution) and of the ``negative`` ones (wrong, out-of-distribution), as
arrays, lists or torch tensors in any unit, and compares them without clipping, scaling, rounding or subsampling.
Infinities rank like other numbers and -0.0 equals 0.0. N and M are the sizes of the two samples.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics import of_ranking
from common.metrics.intervals import auroc_bounds
from common.metrics.ranking import Ranking, as_scores, rank


@dataclass(frozen=True)
class Separation:
    """All figures of one comparison, as fractions; fields have the same names in a results row."""

    n_positive: int
    n_negative: int
    auroc: float
    auroc_low: float
    auroc_high: float
    ap_positive: float
    ap_negative: float
    aupr_positive: float
    aupr_negative: float
    base_positive: float
    base_negative: float
    fpr95_in: float
    fpr95_out: float
    detection_error: float


class RocCurve(NamedTuple):
    """Points of a ROC curve, from (0, 0) to (1, 1): fractions of negatives and of positives kept."""

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]


class PrecisionRecall(NamedTuple):
    """Points of a precision-recall curve, by rising recall."""

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]


def separation(positive: ArrayLike, negative: ArrayLike) -> Separation:
    """Compute every figure of this module from one sort of the two samples.

    ``_positive`` figures take ``positive`` as the class to find by a high score (AUPR In, Success); ``_negative``
    figures take ``negative`` as the class to find by a low one (AUPR Out, Error). ``ap`` is ``average_precision``,
    ``aupr`` is ``aupr_trapezoid``, ``base`` the fraction of the class, which is the AUPR of a constant score.
    ``fpr95_in`` is the fraction of negatives kept with 95 % of the positives, ``fpr95_out`` the fraction of positives
    rejected with 95 % of the negatives.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.

    >>> result = separation(positive=[0.9, 0.8, 0.8, 0.6], negative=[0.8, 0.3])
    >>> result.auroc, result.fpr95_in, result.fpr95_out, round(result.base_negative, 4)
    (0.75, 0.5, 0.75, 0.3333)
    """
    return separation_of(ranked(positive, negative))


def ranked(positive: ArrayLike, negative: ArrayLike) -> Ranking:
    """Return the ranking of two samples, which all figures of them can be had from.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.
    """
    return rank(as_scores(positive, "positive"), as_scores(negative, "negative"))


def separation_of(ranking: Ranking) -> Separation:
    """Compute the figures of ``separation`` from a ranking."""
    swapped = ranking.swapped
    auroc = of_ranking.roc_auc(ranking)
    low, high = auroc_bounds(ranking, auroc)
    ap_positive, aupr_positive = of_ranking.areas_under_precision(ranking)
    ap_negative, aupr_negative = of_ranking.areas_under_precision(swapped)
    total = ranking.n_positive + ranking.n_negative
    return Separation(
        n_positive=ranking.n_positive,
        n_negative=ranking.n_negative,
        auroc=auroc,
        auroc_low=low,
        auroc_high=high,
        ap_positive=ap_positive,
        ap_negative=ap_negative,
        aupr_positive=aupr_positive,
        aupr_negative=aupr_negative,
        base_positive=ranking.n_positive / total,
        base_negative=ranking.n_negative / total,
        fpr95_in=of_ranking.fpr_at_tpr(ranking, 0.95),
        fpr95_out=of_ranking.fpr_at_tpr(swapped, 0.95),
        detection_error=of_ranking.detection_error(ranking),
    )


def roc_auc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Probability that a positive example scores higher than a negative one, where a tie counts half.

    AUROC = (#{p > n} + #{p = n} / 2) / (N M) over all pairs. 0.5 is chance, whatever the base rate.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.

    Source: Hanley & McNeil (Radiology 143, 1982), where it is the Wilcoxon statistic.

    >>> roc_auc(positive=[3, 2], negative=[2, 1])
    0.875
    """
    return of_ranking.roc_auc(ranked(positive, negative))


def auroc_interval(positive: ArrayLike, negative: ArrayLike) -> tuple[float, float]:
    """95 % confidence interval of the AUROC over draws of both samples.

    With A the AUROC and V its DeLong variance, the bounds are A +- t sqrt(V) taken on the scale of log(A / (1 - A)),
    which keeps them inside (0, 1); t is the quantile of Student's t for the degrees of freedom of V (Satterthwaite).
    Where few examples lie closer together than those of exponential distributions with this A would, V is raised
    toward the variance of these, which counts as 5 examples; among thousands it plays no part.

    Where V cannot be estimated (A is 0 or 1, every score is equal, or a sample has one example), the interval is
    Wilson's for a fraction A of n = min(N, M) trials: Var(A) <= A (1 - A) / n for all distributions, since A averages
    sets of n independent comparisons, each of variance at most A (1 - A). So perfect separation of few examples
    stays uncertain: 10 against 10 give (0.72, 1), and no interval has width zero.

    In simulations (``tests.benchmarks.benchmark_intervals``) it covers the truth in 93 to 98.5 % of draws where 30
    examples or more meet thousands. Where 15 do, as a good model's few errors, it covers 93 to 100 %; with the normal
    quantile and V alone it would be 87 to 97 %. It is wide where the few lie closer together than is usual.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.

    Source: DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988), section 2; logit scale: Qin & Hotilovac
    (Statistical Methods in Medical Research 17, 2008); t: Brunner & Munzel (Biometrical Journal 42, 2000); exponential
    distributions: Hanley & McNeil (Radiology 143, 1982), Newcombe (Statistics in Medicine 25, 2006); bound: Birnbaum &
    Klose (Annals of Mathematical Statistics 28, 1957); Wilson (Journal of the American Statistical Association, 1927).
    The 5 examples are our choice, by the simulations.

    >>> low, high = auroc_interval(positive=[5, 4, 3, 3, 1], negative=[3, 2, 1, 0, 0])
    >>> round(low, 3), round(high, 3)
    (0.362, 0.985)
    """
    ranking = ranked(positive, negative)
    return auroc_bounds(ranking, of_ranking.roc_auc(ranking))


def average_precision(positive: ArrayLike, negative: ArrayLike) -> float:
    """Area under the precision-recall steps, with ``positive`` as the class to find.

    AP = sum over thresholds of (R_g - R_{g-1}) P_g, with R_g and P_g the recall and precision of what reaches
    threshold g. It equals scikit-learn's ``average_precision_score``; a constant score gives the base rate
    N / (N + M). For the other class exchange the samples and negate the scores.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.

    Source: Manning, Raghavan & Schuetze (Introduction to Information Retrieval, 2008), section 8.4, extended to ties.

    >>> average_precision(positive=[1.0], negative=[1.0] * 19)
    0.05
    """
    return of_ranking.average_precision(ranked(positive, negative))


def aupr_trapezoid(positive: ArrayLike, negative: ArrayLike) -> float:
    """Area under straight lines between the points of the precision-recall curve.

    AUPR = sum over thresholds of (R_g - R_{g-1}) (P_g + P_{g-1}) / 2, with P_0 = 1: the area that
    ``auc`` gives on scikit-learn's ``precision_recall_curve``. Precision is not linear in recall, so this is
    too high where many scores tie (a constant score gives halfway between the base rate and 1). It is kept because
    figures published before 2017 were made this way; prefer ``average_precision``.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.

    Source: Davis & Goadrich (ICML 2006), section 4, which shows the error of the straight line.

    >>> round(aupr_trapezoid(positive=[1.0], negative=[1.0] * 19), 6)
    0.525
    """
    return of_ranking.aupr_trapezoid(ranked(positive, negative))


def fpr_at_tpr(positive: ArrayLike, negative: ArrayLike, tpr: float = 0.95) -> float:
    """Fraction of ``negative`` kept by the strictest threshold that keeps the fraction ``tpr`` of ``positive``.

    With t the largest score such that #{positive >= t} / N >= tpr, this is #{negative >= t} / M. Lower is better; a
    constant score gives 1. Where many scores tie, the nearest or an interpolated point of the ROC curve would be a
    rate that no threshold has; this one is always attained.

    Args:
        positive: (N,) scores of the examples to keep.
        negative: (M,) scores of the examples to reject.
        tpr: fraction of ``positive`` to keep, in (0, 1].

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN, or ``tpr`` is out of range.

    Source: Liang, Li & Srikant (ICLR 2018), arXiv:1706.02690, section 4.2.

    >>> fpr_at_tpr(positive=[0.9, 0.8, 0.7, 0.6], negative=[0.75, 0.5, 0.4, 0.3], tpr=0.75)
    0.25
    """
    if not 0 < tpr <= 1:
        raise ValueError(f"tpr must be a fraction in (0, 1], not {tpr}")
    return of_ranking.fpr_at_tpr(ranked(positive, negative), tpr)


def detection_error(positive: ArrayLike, negative: ArrayLike) -> float:
    """Smallest error of separating the samples by a threshold, when both are equally frequent.

    min over t of (#{positive < t} / N + #{negative >= t} / M) / 2, where t may also reject everything. It lies in
    [0, 0.5]; a constant score gives 0.5. (ODIN uses the name for the same mean at a fixed TPR of 95 %.)

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.

    Source: Lee, Lee, Lee & Shin (ICLR 2018), arXiv:1711.09325, appendix on metrics: one minus their detection accuracy.

    >>> detection_error(positive=[0.9, 0.8, 0.7, 0.2], negative=[0.75, 0.5, 0.4, 0.3])
    0.25
    """
    return of_ranking.detection_error(ranked(positive, negative))


def roc_curve(positive: ArrayLike, negative: ArrayLike, points: int = 400) -> RocCurve:
    """At most ``points`` points of the ROC curve, for a plot; every one is attained by a threshold.

    Where the scores offer more thresholds, those are taken that lie about evenly along FPR + TPR, so that steep and
    flat stretches keep their shape. The ends (0, 0) and (1, 1) are always there.

    Args:
        positive: (N,) scores of the examples to keep.
        negative: (M,) scores of the examples to reject.
        points: the most points to return, at least 2.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN, or ``points`` is less than 2.

    >>> fpr, tpr = roc_curve(positive=[3, 2], negative=[2, 1])
    >>> fpr.tolist(), tpr.tolist()
    ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    if points < 2:
        raise ValueError(f"a ROC curve needs at least 2 points, not {points}")
    return RocCurve(*of_ranking.curve(ranked(positive, negative), points))


def precision_recall(positive: ArrayLike, negative: ArrayLike, points: int = 200) -> PrecisionRecall:
    """At most ``points`` points of the precision-recall curve, for a plot; every one is attained by a threshold.

    ``positive`` is the class to find by a high score; ``average_precision`` is the area under steps between all points.
    For the other class exchange the samples and negate the scores.

    Args:
        positive: (N,) scores of the class to find.
        negative: (M,) scores of the others.
        points: the most points to return; where there are more thresholds, those about evenly along the recall.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.

    >>> recall, precision = precision_recall(positive=[3, 2], negative=[2, 1])
    >>> recall.tolist(), precision.round(2).tolist()
    ([0.5, 1.0, 1.0], [1.0, 0.67, 0.5])
    """
    return PrecisionRecall(*of_ranking.precision_recall(ranked(positive, negative), points))
