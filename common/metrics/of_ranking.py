"""Formulas of detection metrics, from the counts of a ranking; ``common.metrics.detection`` documents each metric."""

from bisect import bisect_left
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from common.metrics.ranking import Ranking, known_once

Floats = NDArray[np.float64]

HARMONIC_TABLE = 2**12
"""Harmonic numbers in a table; above, four terms of the asymptotic series are exact to float64."""

TINY = 1e-9
"""In place of a count of 0, by which nothing is divided but 0."""

_HARMONIC = np.append(0.0, np.cumsum(1 / np.arange(1, HARMONIC_TABLE + 1)))


@known_once
def roc_auc(ranking: Ranking) -> float:
    """Compute the AUROC, in which a tie counts half."""
    return float(sum(wins(p, n) for p, n in ranking.pieces()) / (ranking.n_positive * ranking.n_negative))


def wins(positive: Floats, negative: Floats) -> Floats:
    """Count the pairs whose positive is above the negative, a tie as half: (G + 1, ...) counts to (...) sums."""
    return np.asarray(np.einsum("k...,k...->...", positive[1:] + positive[:-1], negative[1:] - negative[:-1]) / 2)


def average_precision(ranking: Ranking) -> float:
    """Compute the area under the precision-recall steps."""
    return areas_under_precision(ranking)[0]


def aupr_trapezoid(ranking: Ranking) -> float:
    """Compute the area under straight lines between the points of the precision-recall curve."""
    return areas_under_precision(ranking)[1]


@known_once
def areas_under_precision(ranking: Ranking) -> tuple[float, float]:
    """Compute the area under the precision-recall steps, and that under straight lines, from one set of precisions."""
    steps = lines = 0.0
    for p, n in ranking.pieces():
        found, precisions = p[1:] - p[:-1], precision(p, n)
        steps += (found * precisions[1:]).sum()
        lines += (found * (precisions[1:] + precisions[:-1])).sum()
    return float(steps / ranking.n_positive), float(lines / (2 * ranking.n_positive))


def precision(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fraction of positives among the kept examples; 1 where nothing is kept, which only the first threshold does."""
    kept = positive / np.maximum(positive + negative, 1)
    if positive[0] + negative[0] == 0:
        kept[0] = 1
    return kept


@known_once
def fpr_at_tpr(ranking: Ranking, tpr: float) -> float:
    """Compute the fraction of negatives kept by the strictest threshold that keeps ``tpr`` of the positives."""
    return float(ranking.negative[threshold_at_tpr(ranking, tpr)] / ranking.n_negative)


def threshold_at_tpr(ranking: Ranking, tpr: float) -> int:
    """Index of the strictest threshold that keeps ``tpr`` of the positives."""
    return int(np.searchsorted(ranking.positive, fewest(tpr, ranking.n_positive)))


@lru_cache(maxsize=64)
def fewest(fraction: float, n: int) -> int:
    """Smallest number of ``n`` examples that makes up ``fraction`` of them.

    >>> fewest(0.95, 20), fewest(0.95, 21)
    (19, 20)
    """
    return bisect_left(range(n + 1), fraction, key=lambda kept: kept / n)


def detection_error(ranking: Ranking) -> float:
    """Compute the smallest balanced error over all thresholds."""
    advantage = max((p / ranking.n_positive - n / ranking.n_negative).max() for p, n in ranking.pieces())
    return float((1 - advantage) / 2)


@known_once
def aurc(ranking: Ranking) -> float:
    """Compute the area under the risk-coverage curve, positives being right answers, without a term per example."""
    kept = ranking.positive + ranking.negative
    return float(area_under_risk(kept, ranking.negative, harmonic_difference(kept[:-1], kept[1:])))


def area_under_risk(kept: Floats, errors: Floats, harmonic: Floats) -> Floats:
    """Return (...) of the mean risk over all numbers of kept examples.

    From (K, E) to (K', E') the errors follow a line of slope s = (E' - E) / (K' - K), so the sum of e_k / k over
    K < k <= K' is (E' - E) + (E - s K) (H(K') - H(K)), with H the harmonic numbers.

    Args:
        kept: (G + 1, ...) examples that each threshold keeps, strictest first.
        errors: (G + 1, ...) errors among them.
        harmonic: (G, ...) H(K') - H(K).
    """
    more, wrong = np.diff(kept, axis=0), np.diff(errors, axis=0)
    offset = errors[:-1] - wrong / np.maximum(more, TINY) * kept[:-1]
    return np.asarray((wrong + offset * harmonic).sum(axis=0) / kept[-1])


def harmonic_difference(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """H(high) - H(low), to the last bits however close the two are.

    By a table up to 4096, and beyond by H(k) = log k + gamma + 1 / (2 k) - 1 / (12 k^2) + ..., whose terms are
    subtracted before they are rounded. The next term, 1 / (120 k^4), is below 4e-17.
    """
    small_low, small_high = (np.minimum(k, HARMONIC_TABLE).astype(np.int64) for k in (low, high))
    a, b = np.maximum(low, HARMONIC_TABLE), np.maximum(high, HARMONIC_TABLE)
    gap = (b - a) / (a * b)  # 1 / a - 1 / b
    return np.asarray(
        _HARMONIC[small_high] - _HARMONIC[small_low] + np.log1p((b - a) / a) - gap / 2 + gap * (1 / a + 1 / b) / 12
    )


def perfect(n_positive: int, n_negative: int) -> Ranking:
    """Return the best ranking: every positive above every negative; one of the two samples may be empty."""
    positive, negative = np.array([0.0, n_positive, n_positive]), np.array([0.0, 0.0, n_negative])
    thresholds = np.diff(positive + negative, prepend=-1) > 0  # each keeps more than the one before
    return Ranking(positive[thresholds], negative[thresholds])


def curve(ranking: Ranking, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return at most ``points`` points of the ROC curve, about evenly along FPR + TPR: (fpr, tpr)."""
    fpr, tpr = ranking.negative / ranking.n_negative, ranking.positive / ranking.n_positive
    chosen = spread(fpr + tpr, 2, points)
    return fpr[chosen], tpr[chosen]


def precision_recall(ranking: Ranking, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return at most ``points`` points of the precision-recall curve, about evenly along the recall."""
    recall = ranking.positive / ranking.n_positive
    chosen = spread(recall, 1, points)
    chosen = chosen[chosen > 0]  # the first threshold keeps nothing, which has no precision
    return recall[chosen], precision(ranking.positive, ranking.negative)[chosen]


def spread(rising: NDArray[np.float64], end: float, points: int) -> NDArray[np.intp]:
    """Return which of the rising values to draw: all, or ``points`` of them, about evenly from 0 to ``end``."""
    if len(rising) <= points:
        return np.arange(len(rising))
    return np.unique(np.searchsorted(rising, np.linspace(0, end, points)))
