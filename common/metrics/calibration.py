"""Calibration of confidences: calibration error, proper scores, temperature scaling, and risk-coverage curves.

Inputs are arrays, lists or torch tensors. N is the number of examples, C the number of classes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.base.arrays import as_array
from common.metrics import of_ranking
from common.metrics.logit_scores import logit_scores
from common.metrics.ranking import as_scores, rank

TOLERANCE = 1e-3
"""How far a probability may lie outside [0, 1], and a distribution's sum from 1: what rounding to float16 leaves."""

COLDEST, HOTTEST = 1e-2, 1e2  # range of fit_temperature


@dataclass(frozen=True)
class RiskCoverage:
    """Error rate of the kept examples, as the threshold on the confidence falls.

    Attributes:
        coverage: (G,) fraction of the examples kept at each of the G distinct confidences, strictest first; ends at 1.
        risk: (G,) fraction of errors among the kept examples; ends at the error of the model.
        aurc: area under the curve, see ``risk_coverage``.
    """

    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]
    aurc: float


@dataclass(frozen=True)
class Reliability:
    """Confidence and accuracy in bins of the confidence: the points of a reliability diagram.

    Attributes:
        count: (B,) number of examples in each bin.
        confidence: (B,) mean confidence; NaN in an empty bin.
        accuracy: (B,) fraction of right predictions; NaN in an empty bin.
    """

    count: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def reliability(confidence: ArrayLike, correct: ArrayLike, bins: int = 15) -> Reliability:
    """Confidence and accuracy in ``bins`` bins of equal width; arguments, errors and bins are those of the ECE.

    >>> made = reliability([0.9, 0.9, 0.6, 0.6], [True, True, True, False], bins=2)
    >>> made.count.tolist(), made.confidence.tolist(), made.accuracy.tolist()
    ([0, 4], [nan, 0.75], [nan, 0.75])
    """
    sure, right = paired(confidence, correct)
    where = calibration_bins(sure, bins)
    count = np.bincount(where, minlength=bins)
    filled = np.where(count > 0, count, np.nan)
    sums = (np.bincount(where, weights=one, minlength=bins) for one in (sure.astype(np.float64), right))
    return Reliability(count, *(one / filled for one in sums))


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """Mean absolute difference between confidence and accuracy, over bins of the confidence (ECE).

    ECE = sum over bins b of n_b / N |accuracy_b - confidence_b|, with the means of the examples whose confidence lies
    in the bin ((b - 1) / bins, b / bins]; 0 belongs to the first. It is 0 for a calibrated model; it depends on the
    number of bins and is biased upwards for few examples, so compare it at equal N only.

    Args:
        confidence: (N,) probabilities in [0, 1] that the prediction is right.
        correct: (N,) whether the prediction is right.
        bins: number of bins of equal width.

    Raises:
        ValueError: shapes differ or are not 1-D, an array is empty, a value is out of range, or ``bins`` is below 1.

    Source: Guo, Pleiss, Sun & Weinberger (ICML 2017), arXiv:1706.04599, equation 3; 15 bins as there.

    >>> round(expected_calibration_error([0.9, 0.9, 0.6, 0.6], [True, True, True, False]), 3)
    0.1
    """
    found = reliability(confidence, correct, bins)
    errors = found.count * np.abs(found.accuracy - found.confidence)
    return float(np.nansum(errors) / found.count.sum())


def equal_mass_calibration_error(confidence: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """ECE over bins of equally many examples, in the order of their confidence, so that no bin is nearly empty.

    The N examples are divided into ``bins`` runs whose sizes differ by at most one; equal confidences that two runs
    share count in both with their mean accuracy, so the order of the examples does not matter.

    Args:
        confidence: (N,) probabilities in [0, 1] that the prediction is right.
        correct: (N,) whether the prediction is right.
        bins: number of bins; with fewer examples than bins, each is a bin.

    Raises:
        ValueError: as ``expected_calibration_error``.

    Source: Nguyen & O'Connor (EMNLP 2015), arXiv:1508.05154, "adaptive binning".

    >>> round(equal_mass_calibration_error([0.9, 0.9, 0.6, 0.6], [True, True, True, False], bins=2), 3)
    0.1
    """
    sure, right = paired(confidence, correct)
    calibration_bins(sure, bins)  # refuses what is no probability
    distinct, group = np.unique(sure.astype(np.float64), return_inverse=True)
    accuracy = np.bincount(group, weights=right) / np.bincount(group)
    gap = np.sort(group)  # the examples by rising confidence
    signed = accuracy[gap] - distinct[gap]
    parts = np.array_split(signed, min(bins, len(signed)))
    return float(sum(abs(part.sum()) for part in parts) / len(signed))


def calibration_bins(confidence: NDArray[Any], bins: int) -> NDArray[np.int64]:
    """Index in [0, ``bins``) of the bin ((b - 1) / bins, b / bins] of each confidence; 0 belongs to the first.

    Raises:
        ValueError: a confidence is out of [0, 1], or ``bins`` is less than 1.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    if confidence.min() < -TOLERANCE or confidence.max() > 1 + TOLERANCE:
        span = f"{confidence.min():.9g} to {confidence.max():.9g}"
        raise ValueError(f"confidence must be a probability in [0, 1], but the values span {span}")
    upper_edges = np.arange(1, bins) / bins
    return np.searchsorted(upper_edges, confidence)


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean squared distance between the predicted distribution and the one-hot label, summed over all classes.

    (1 / N) sum over examples and classes of (p_nc - [c = label_n])^2, from 0 (sure and right) to 2 (sure and wrong).

    Args:
        probabilities: (N, C), each row a distribution.
        labels: (N,) classes in [0, C).

    Raises:
        ValueError: wrong shapes, a label out of range, or a row that is no distribution.

    Source: Brier (Monthly Weather Review 78, 1950), equation 2.

    >>> round(brier_score([[0.8, 0.2], [0.4, 0.6]], labels=[0, 0]), 3)
    0.4
    """
    p = as_array(probabilities)
    truth = _labels(p, labels)
    p = p.astype(np.float64)
    bad = np.flatnonzero(~((p >= -TOLERANCE).all(axis=1) & np.isclose(p.sum(axis=1), 1, rtol=0, atol=TOLERANCE)))
    if bad.size:
        raise ValueError(f"probabilities in row {bad[0]} are not a distribution: they sum to {p[bad[0]].sum():g}")
    p[np.arange(len(p)), truth] -= 1
    return float((p * p).sum() / len(p))


def negative_log_likelihood(logits: ArrayLike, labels: ArrayLike) -> float:
    """Mean of -log p_label, in nats: the cross-entropy. It is infinite if a label is masked out.

    Args:
        logits: (N, C).
        labels: (N,) classes in [0, C).

    Raises:
        ValueError: wrong shapes, a label out of range, or logits that ``logit_scores`` refuses.

    Source: Guo et al. (ICML 2017), arXiv:1706.04599, equation 6.

    >>> round(negative_log_likelihood([[0.0, 0.0], [0.0, 0.0]], labels=[0, 1]), 4)
    0.6931
    """
    z = as_array(logits)
    of_label = z[np.arange(len(z)), _labels(z, labels)]
    return float((logit_scores(z, ["energy"])["energy"] - of_label).mean())


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Temperature T > 0 that maximises the likelihood of softmax(z / T); fit it on validation, not test, examples.

    The likelihood is concave in 1 / T. Its slope, the mean over examples of z_label minus the expectation of z under
    softmax(z / T), is brought to zero by Brent's method. Dividing by T changes no prediction. T stays within
    [0.01, 100]: the best T is 0 if every prediction is right, and infinite if logits carry no information.

    Args:
        logits: (N, C) of validation examples.
        labels: (N,) classes in [0, C).

    Raises:
        ValueError: wrong shapes, a label out of range or masked out (-inf), or logits that ``logit_scores`` refuses.

    Source: Guo et al. (ICML 2017), arXiv:1706.04599, section 4.2.

    >>> round(fit_temperature([[2.0, 0.0]] * 4, labels=[0, 0, 0, 1]), 4)  # 2 / T = log(3 / 1)
    1.8205
    """
    from scipy.optimize import brentq

    z = as_array(logits)
    of_label = z[np.arange(len(z)), _labels(z, labels)].astype(np.float64)
    masked = np.flatnonzero(np.isneginf(of_label))
    if masked.size:
        raise ValueError(f"the label of row {masked[0]} has a logit of -inf, so no temperature makes it likely")

    lead = z - of_label[:, None]  # relative to the label's logit, so that rounding cannot hide the sign

    def surplus(log_temperature: float) -> float:
        scores = logit_scores(lead / np.exp(log_temperature), ["energy", "entropy"])
        return float((scores["energy"] + scores["entropy"]).mean())  # the expectation of lead / T

    coldest, hottest = float(np.log(COLDEST)), float(np.log(HOTTEST))
    if surplus(hottest) >= 0:
        return HOTTEST
    if surplus(coldest) <= 0:
        return COLDEST
    return float(np.exp(brentq(surplus, coldest, hottest, xtol=1e-10)))


def risk_coverage(confidence: ArrayLike, correct: ArrayLike) -> RiskCoverage:
    """Risk-coverage curve: the error of a model that abstains on its least confident examples.

    AURC = (1 / N) sum over k = 1..N of the error among the k most confident examples. Lower is better; it is 0
    only if the model makes no errors. For equal confidences, the expectation over their random order is reported, so
    the order of the examples does not matter. The curve has one point per distinct confidence.

    Args:
        confidence: (N,) in any unit, higher means more confident.
        correct: (N,) whether the prediction is right.

    Raises:
        ValueError: shapes differ or are not 1-D, an array is empty, or a confidence is NaN.

    Source: Geifman & El-Yaniv (NeurIPS 2017), arXiv:1705.08500; AURC: Geifman, Uziel & El-Yaniv (ICLR 2019),
    arXiv:1805.08206.

    >>> curve = risk_coverage([0.9, 0.8, 0.7, 0.7], [True, False, True, True])
    >>> curve.coverage.tolist(), curve.risk.tolist(), round(curve.aurc, 4)
    ([0.25, 0.5, 1.0], [0.0, 0.5, 0.25], 0.2708)
    """
    sure, right = paired(confidence, correct)
    ranking = rank(sure[right], sure[~right])
    kept, errors = ranking.positive + ranking.negative, ranking.negative
    return RiskCoverage(kept[1:] / len(sure), errors[1:] / kept[1:], of_ranking.aurc(ranking))


def paired(confidence: ArrayLike, correct: ArrayLike) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the two arrays, checked: one true or false per confidence.

    Raises:
        ValueError: shapes differ or are not 1-D, nothing given, NaN, or ``correct`` is neither true nor false.
    """
    sure, right = as_scores(confidence, "confidence"), as_array(correct)
    if right.shape != sure.shape:
        raise ValueError(f"correct must have one value per confidence, shape {sure.shape}, not {right.shape}")
    if not np.isin(right, (0, 1)).all():
        raise ValueError("correct must be true or false for every example")
    return sure, right.astype(np.bool_)


def _labels(rows: NDArray[Any], labels: ArrayLike) -> NDArray[np.int64]:
    if rows.ndim != 2 or not rows.size:
        raise ValueError(f"expected (examples, classes) with at least one of each, not shape {rows.shape}")
    truth = as_array(labels)
    if truth.shape != rows.shape[:1]:
        raise ValueError(f"labels must have one value per row, shape {rows.shape[:1]}, not {truth.shape}")
    if truth.dtype.kind not in "iu":
        raise ValueError(f"labels must be whole numbers, not {truth.dtype}")
    bad = np.flatnonzero((truth < 0) | (truth >= rows.shape[1]))
    if bad.size:
        raise ValueError(f"label {truth[bad[0]]} in row {bad[0]} is outside 0..{rows.shape[1] - 1}")
    return truth.astype(np.int64)
