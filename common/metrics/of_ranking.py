"""Formulas of detection metrics, from the counts of a ranking; ``common.metrics.detection`` documents each metric."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from common.metrics.ranking import Ranking


def roc_auc(ranking: Ranking) -> float:
    """Compute the AUROC, in which a tie counts half."""
    wins = sum((np.diff(n) * (p[1:] + p[:-1])).sum() for p, n in ranking.pieces()) / 2
    return float(wins / (ranking.n_positive * ranking.n_negative))


def average_precision(ranking: Ranking) -> float:
    """Compute the area under the precision-recall steps."""
    return areas_under_precision(ranking)[0]


def aupr_trapezoid(ranking: Ranking) -> float:
    """Compute the area under straight lines between the points of the precision-recall curve."""
    return areas_under_precision(ranking)[1]


def areas_under_precision(ranking: Ranking) -> tuple[float, float]:
    """Compute the area under the precision-recall steps, and that under straight lines, from one set of precisions."""
    steps = lines = 0.0
    for p, n in ranking.pieces():
        found, precisions = np.diff(p), precision(p, n)
        steps += (found * precisions[1:]).sum()
        lines += (found * (precisions[1:] + precisions[:-1])).sum()
    return float(steps / ranking.n_positive), float(lines / (2 * ranking.n_positive))


def precision(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fraction of positives among the kept examples; 1 where nothing is kept, which only the first threshold does."""
    kept = positive / np.maximum(positive + negative, 1)
    if positive[0] + negative[0] == 0:
        kept[0] = 1
    return kept


def fpr_at_tpr(ranking: Ranking, tpr: float) -> float:
    """Compute the fraction of negatives kept by the strictest threshold that keeps ``tpr`` of the positives."""
    return float(ranking.negative[threshold_at_tpr(ranking, tpr)] / ranking.n_negative)


def threshold_at_tpr(ranking: Ranking, tpr: float) -> int:
    """Index of the strictest threshold that keeps ``tpr`` of the positives."""
    n = ranking.n_positive
    needed = bisect_left(range(n + 1), tpr, key=lambda kept: kept / n)
    return int(np.searchsorted(ranking.positive, needed))


def detection_error(ranking: Ranking) -> float:
    """Compute the smallest balanced error over all thresholds."""
    advantage = max((p / ranking.n_positive - n / ranking.n_negative).max() for p, n in ranking.pieces())
    return float((1 - advantage) / 2)


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
