"""Bounds of metrics that are known only as counts by bin: what the order inside the bins can still change.

G bins hold all scores, the highest bin first. Bin g holds p positives and n negatives; P positives and M negatives lie
in the bins above it. The order and the ties inside a bin are unknown unless it holds a single distinct score. Any two
scores of different bins are ordered as their bins are, so each metric is a sum over bins (or is set by one bin), and
bounding each bin's part bounds the metric.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.metrics import of_ranking
from common.metrics.ranking import Ranking

# Bounds are moved apart by this much. A sum of 2^20 positive float64 terms, taken in pairs inside stretches, errs by
# less than 100 x 2^-53 = 1.2e-14 of itself; the rest is for the figure that the bounds are compared with.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Bounds:
    """An interval that contains the exact figure.

    Where ``low`` equals ``high`` it is the figure to the last bit. A width of up to 2e-12 is that of rounding alone.
    """

    low: float
    high: float

    @property
    def width(self) -> float:
        """High minus low."""
        return self.high - self.low

    @property
    def middle(self) -> float:
        """Halfway: at most half the width from the exact figure."""
        return self.low + self.width / 2


@dataclass(frozen=True)
class Cells:
    """Counts of both samples by bin, the highest bin first.

    Attributes:
        positive: (G,) positives in each bin, whole numbers in float64.
        negative: (G,) negatives.
        single: (G,) whether the bin is known to hold one distinct score.
    """

    positive: NDArray[np.float64]
    negative: NDArray[np.float64]
    single: NDArray[np.bool_]

    @property
    def swapped(self) -> "Cells":
        """The cells with the two samples exchanged and every score negated."""
        return Cells(self.negative[::-1], self.positive[::-1], self.single[::-1])

    @property
    def mixed(self) -> NDArray[np.bool_]:
        """Bins in which a positive and a negative may be in either order."""
        return ~self.single & (self.positive > 0) & (self.negative > 0)

    def tied(self) -> Ranking:
        """The ranking in which all scores of a bin are equal: a threshold per bin."""
        return _ranking(self.positive, self.negative)

    def without_empty(self) -> "Cells":
        """The cells that hold a score."""
        kept = (self.positive > 0) | (self.negative > 0)
        return self if kept.all() else Cells(self.positive[kept], self.negative[kept], self.single[kept])

    def ordered(self, positives_first: bool) -> Ranking:
        """The ranking in which each mixed bin is two thresholds: one sample above the other, equal within."""
        split = np.flatnonzero(self.mixed)
        sides = self.positive, self.negative
        second = sides[positives_first]
        held_back = np.zeros_like(second)
        held_back[split] = second[split]
        steps = [np.insert(side - held_back if side is second else side, split + 1, 0.0) for side in sides]
        steps[positives_first][split + 1 + np.arange(len(split))] = second[split]
        return _ranking(*steps)


def auroc_bounds(cells: Cells) -> Bounds:
    """Bounds of the AUROC, the share of pairs (positive, negative) that are in order, where a tie counts half.

    A bin that holds one distinct score gives p (M_below + n / 2) wins, with M_below negatives below it. In another bin
    each of its p n pairs counts from 0 to 1, so its part is between p M_below and p (M_below + n). All negatives of the
    bin above all its positives attain the lower bound, the reverse order the upper. The width is the sum of p n over
    the mixed bins that hold several scores, divided by N M.
    """
    if not cells.mixed.any():
        return _known(of_ranking.roc_auc(cells.tied()), cells)
    return widened(of_ranking.roc_auc(cells.ordered(False)), of_ranking.roc_auc(cells.ordered(True)))


def fpr_bounds(cells: Cells, tpr: float) -> Bounds:
    """Bounds of the share of negatives kept by the strictest threshold that keeps ``tpr`` of the positives.

    The threshold is a score of the bin in which the number of positives, counted from above, reaches the number
    needed. It keeps the M negatives above the bin and from 0 to n of those inside it (all n if the bin holds one
    distinct score). So the figure is within [M, M + n] / (number of negatives), and the other bins do not matter.
    """
    low, high = (of_ranking.fpr_at_tpr(cells.ordered(first), tpr) for first in (True, False))
    return Bounds(low, high)


def average_precision_bounds(cells: Cells) -> Bounds:
    """Bounds of the average precision, the mean over positives of the precision at their score.

    With f(x, y) = x / (x + y), which grows with x and falls with y, the precision at a score that keeps a positives and
    b negatives of the bin is f(P + a, M + b). Where the bin holds one score, a = p and b = n. Otherwise:

    - Upper bound p f(P + p, M): no score of the bin keeps more than p positives, or fewer than 0 negatives. It is
      attained if all positives of the bin are equal and above its negatives.
    - Lower bound p (f(P + 1, M + n) + f(P + p, M + n)) / 2: the j-th positive of the bin keeps at least j of them, and
      at most n negatives, so the part is at least the sum over j = 1..p of f(P + j, M + n). As f is concave in x, its
      mean over equally spaced points is at least the mean of its values at the ends.

    Only rounding is left where the bounds agree in every bin, for instance above the first negative.
    """
    low, high = _precision_parts(cells)
    if (low >= high).all():
        return _known(of_ranking.average_precision(cells.tied()), cells)
    n_positive = cells.positive.sum()
    return widened(float(low.sum() / n_positive), float(high.sum() / n_positive))


def aupr_bounds(cells: Cells) -> Bounds:
    """Bounds of the area under straight lines between the points of the precision-recall curve.

    A threshold that adds k positives adds k times the mean of the precisions before and after it. With f as in
    ``average_precision_bounds`` the precisions of a bin lie between f(P, M + n) and f(P + p, M), so the part of a bin
    of p positives is at most p f(P + p, M). It is at least p (f(P, M + n) + f(P + p, M + n)) / 2, since f(x, M + n) is
    concave in x and so above its chord, however many thresholds the bin has. A bin of one distinct score is a single
    straight line.
    """
    p, n = cells.positive, cells.negative
    above, beside = np.cumsum(p) - p, np.cumsum(n)
    before = np.where(above + beside - n > 0, _share(above, beside - n), 1.0)
    last = _share(above + p, beside)
    exact = p * (before + last) / 2
    low = np.where(cells.single, exact, p * (_share(above, beside) + last) / 2)
    high = np.where(cells.single, exact, p * np.maximum(before, _share(above + p, beside - n)))
    return widened(float(low.sum() / p.sum()), float(high.sum() / p.sum()))


def detection_error_bounds(cells: Cells) -> Bounds:
    """Bounds of the smallest balanced error over all thresholds.

    The edges of the bins are thresholds whatever the order inside, so the least error at an edge is an upper bound. A
    threshold inside a bin keeps at most p more positives and at least no more negatives, as if these came last.
    """
    low, high = of_ranking.detection_error(cells.ordered(True)), of_ranking.detection_error(cells.tied())
    return widened(low, high)


def errors_bounds(cells: Cells, kept: int) -> tuple[float, float]:
    """Bounds of the expected number of negatives among the ``kept`` highest scores, ties in random order."""
    low, high = (
        float(np.interp(kept, ranking.positive + ranking.negative, ranking.negative))
        for ranking in (cells.ordered(True), cells.ordered(False))
    )
    return low, high


def doubt(cells: Cells, tpr: float) -> NDArray[np.float64]:
    """How much each bin widens the bounds, as a share; infinite where it decides an FPR; 0 where it does not matter."""
    pairs = np.where(cells.mixed, cells.positive * cells.negative, 0.0)
    total: NDArray[np.float64] = pairs / (cells.positive.sum() * cells.negative.sum())
    for side, view in ((cells, slice(None)), (cells.swapped, slice(None, None, -1))):
        low, high = _precision_parts(side)
        total = total + (np.maximum(high - low, 0) / side.positive.sum())[view]
        decisive = np.zeros(len(total), np.bool_)
        decisive[of_ranking.threshold_at_tpr(side.tied(), tpr) - 1] = True
        total[(decisive & side.mixed)[view]] = np.inf
    return total


def widened(low: float, high: float) -> Bounds:
    """Bounds that rounding cannot make too narrow, inside [0, 1]."""
    return Bounds(max(0.0, low - ROUNDING), min(1.0, high + ROUNDING))


def _known(figure: float, cells: Cells) -> Bounds:
    """The figure, if it is summed over the same thresholds as from the scores themselves; else safe from rounding."""
    return Bounds(figure, figure) if cells.single.all() else widened(figure, figure)


def _ranking(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> Ranking:
    return Ranking(np.append(0.0, np.cumsum(positive)), np.append(0.0, np.cumsum(negative)))


def _precision_parts(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the sum of the precisions of the positives in each bin."""
    p, n = cells.positive, cells.negative
    above, beside = np.cumsum(p) - p, np.cumsum(n)  # P, and M + n
    first, last = _share(above + np.minimum(p, 1), beside), _share(above + p, beside)
    low = np.where(cells.single, p * last, p * (first + last) / 2)
    high = np.where(cells.single, p * last, p * _share(above + p, beside - n))
    return low, high


def _share(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = x / np.maximum(x + y, 1)
    return share
