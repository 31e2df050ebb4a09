"""Detection metrics of any number of scores in fixed memory: count first, then bound each figure rigorously.

Scores arrive in parts, on any number of processes; parts merge by addition, in any order, to the same bytes. Every
figure comes as an interval that contains the exact one of ``common.metrics.detection``, and is exact where the order
of the scores inside the bins cannot change it. A second pass over the same scores makes it exact elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.cells import Bounds, Cells, auroc_bounds, average_precision_bounds, doubt, fpr_bounds
from common.metrics.finer_counts import FinerCounts
from common.metrics.score_counts import ScoreCounts, countable

TPR = 0.95


@dataclass(frozen=True)
class SeparationBounds:
    """Intervals of the figures of one comparison, as fractions; fields have the names of a results row."""

    n_positive: int
    n_negative: int
    auroc: Bounds
    ap_positive: Bounds
    ap_negative: Bounds
    fpr95_in: Bounds
    fpr95_out: Bounds


class StreamingSeparation:
    """AUROC, average precision and FPR95 of both sides, from scores that are seen once and not kept.

    Scores are numbers in any unit; what float64 holds is compared exactly. Ties are exact, -0.0 equals 0.0, infinities
    rank like other numbers. Memory is 32 x 2^bits bytes (32 MiB by default) and that of one update.
    ``common.metrics.cells`` gives the formulas of the bounds and why they hold. Counts are exact below 2^53.

    A bin holds the scores that share the leading bits of their float32: by default 2048 bins to a power of two, so
    prefer a score that does not crowd below 1; the log odds of a probability separate what would crowd there.

    Args:
        bits: leading bits of a score that choose its bin, 1 to 26; one more halves the widths, about.

    Raises:
        ValueError: ``bits`` is out of range.

    >>> stream = StreamingSeparation(bits=12)
    >>> stream.update(positive=[3, 2], negative=[2])
    >>> stream.update(negative=[1])
    >>> stream.result().auroc
    Bounds(low=0.875, high=0.875)
    """

    def __init__(self, bits: int = 20) -> None:
        self.counts = ScoreCounts(bits)

    def update(self, positive: ArrayLike = (), negative: ArrayLike = ()) -> None:
        """Count more scores of either sample. A refused update counts nothing.

        Raises:
            ValueError: not 1-D, not numbers, NaN, or integers that float64 would round.
        """
        self.counts.add(countable(positive, "positive"), countable(negative, "negative"))

    def merge(self, other: "StreamingSeparation") -> None:
        """Add what ``other`` has counted, which must have as many bits; ``other`` stays as it is."""
        self.counts.merge(other.counts)

    def result(self) -> SeparationBounds:
        """Bound every figure of what has been counted so far.

        Raises:
            ValueError: a sample has no scores.
        """
        return _bounds(self.counts.cells())

    def second_pass(self, most: int = 64) -> "SecondPass":
        """Prepare to count the bins that matter key by key; give it the same scores again.

        The bins that decide the FPR95 come first, then those that widen the other bounds most. If no more than
        ``most`` bins matter, every figure of float32 scores becomes exact; of float64 scores, those that share a
        float32 stay unordered.

        Args:
            most: the most bins to count anew, each in 2^(37 - bits) bytes: 128 KiB with 20 bits.

        Raises:
            ValueError: a sample has no scores.
        """
        bins = self.counts.occupied()
        cells = self.counts.cells(bins=bins)
        _refuse_empty(cells)
        return SecondPass(self.counts, doubtful(bins, doubt(cells, TPR), most))


def doubtful(bins: NDArray[np.int64], weight: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Return at most ``most`` of the bins, those of the largest positive weight, increasing."""
    chosen = np.argsort(-weight, kind="stable")[:most]
    return np.sort(bins[chosen[weight[chosen] > 0]])


class SecondPass:
    """What a second pass over the same scores adds; ``StreamingSeparation.second_pass`` makes it.

    Args:
        first: counts of the first pass.
        bins: (B,) bins to count key by key, increasing.

    >>> first = StreamingSeparation(bits=16)
    >>> first.update(positive=[1.0001220703125], negative=[1.0])
    >>> first.result().auroc
    Bounds(low=0.0, high=1.0)
    >>> second = first.second_pass()
    >>> second.update(positive=[1.0001220703125], negative=[1.0])
    >>> second.result().auroc
    Bounds(low=1.0, high=1.0)
    """

    def __init__(self, first: ScoreCounts, bins: NDArray[np.int64]) -> None:
        self.counts = FinerCounts(first, bins)

    def update(self, positive: ArrayLike = (), negative: ArrayLike = ()) -> None:
        """Count scores of the first pass again. A refused update counts nothing.

        Raises:
            ValueError: not 1-D, not numbers, NaN, or integers that float64 would round.
        """
        self.counts.add(countable(positive, "positive"), countable(negative, "negative"))

    def merge(self, other: "SecondPass") -> None:
        """Add what ``other`` has counted.

        Raises:
            ValueError: ``other`` belongs to another first pass.
        """
        self.counts.merge(other.counts)

    def result(self) -> SeparationBounds:
        """Bound every figure, with the chosen bins known key by key.

        Raises:
            ValueError: the second pass has not seen the scores of the first.
        """
        self.counts.check()
        return _bounds(self.counts.cells())


def _bounds(cells: Cells) -> SeparationBounds:
    _refuse_empty(cells)
    swapped = cells.swapped
    return SeparationBounds(
        n_positive=int(cells.positive.sum()),
        n_negative=int(cells.negative.sum()),
        auroc=auroc_bounds(cells),
        ap_positive=average_precision_bounds(cells),
        ap_negative=average_precision_bounds(swapped),
        fpr95_in=fpr_bounds(cells, TPR),
        fpr95_out=fpr_bounds(swapped, TPR),
    )


def _refuse_empty(cells: Cells) -> None:
    for name, counts in (("positive", cells.positive), ("negative", cells.negative)):
        if not counts.any():
            raise ValueError(f"{name} scores are empty: no update gave any")
