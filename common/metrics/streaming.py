"""Detection metrics of any number of scores in fixed memory: count first, then bound each figure rigorously.

Scores arrive in parts, on any number of processes; parts merge by addition, in any order, to the same bytes. Every
figure comes as an interval that contains the exact one of ``common.metrics.detection``, and is exact where the order
of the scores inside the bins cannot change it. A second pass over the same scores makes it exact elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.cells import Bounds, Cells, auroc_bounds, average_precision_bounds, doubt, fpr_bounds
from common.metrics.score_counts import KEY_BITS, ScoreCounts, bins_of, pieces, score_keys

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

    Scores are float32 numbers in any unit. Ties are exact, -0.0 equals 0.0, infinities rank like other numbers.
    Memory is 24 x 2^bits bytes (24 MiB by default) and that of one update. ``common.metrics.cells`` gives the formulas
    of the bounds and why they hold. Counts are exact below 2^53.

    A bin holds the scores that share their leading bits: by default 2048 bins to a power of two, so prefer a score
    that does not crowd below 1; the logarithm of a confidence separates what its float32 would round to 1.

    Args:
        bits: leading bits of a score that choose its bin, 1 to 26; one more halves the widths, about.

    Raises:
        ValueError: ``bits`` is out of range.

    >>> stream = StreamingSeparation(bits=12)
    >>> stream.update(positive=[0.9, 0.75], negative=[0.75])
    Traceback (most recent call last):
    ValueError: positive scores hold 0.9 at index 0, which float32 cannot hold; round them before with \
.astype('float32'), which may make scores equal
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
            ValueError: not 1-D, not numbers, NaN, or a number that float32 would round.
        """
        self.counts.add(score_keys(positive, "positive"), score_keys(negative, "negative"))

    def merge(self, other: "StreamingSeparation") -> None:
        """Add what ``other`` has counted, which must have as many bits; ``other`` stays as it is."""
        self.counts.merge(other.counts)

    def result(self) -> SeparationBounds:
        """Bound every figure of what has been counted so far.

        Raises:
            ValueError: a sample has no scores.
        """
        return _bounds(self.counts.cells(self.counts.occupied()))

    def second_pass(self, most: int = 256) -> "SecondPass":
        """Prepare to count the bins that matter score by score; give it the same scores again.

        The bins that decide the FPR95 come first, then those that widen the other bounds most. If no more than
        ``most`` bins matter, every figure becomes exact.

        Args:
            most: the most bins to count anew, each in 2^(36 - bits) bytes: 64 KiB with 20 bits.

        Raises:
            ValueError: a sample has no scores.
        """
        bins = self.counts.occupied()
        cells = self.counts.cells(bins)
        _refuse_empty(cells)
        weight = doubt(cells, TPR)
        chosen = np.argsort(-weight, kind="stable")[:most]
        return SecondPass(self.counts, np.sort(bins[chosen[weight[chosen] > 0]]))


class SecondPass:
    """Counts of every distinct score in the chosen bins of a first pass; ``StreamingSeparation.second_pass`` makes it.

    Args:
        first: counts of the first pass.
        bins: (B,) bins to count score by score, increasing.

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
        self.first = first
        self.bins = bins
        self.scores_per_bin = 2 ** (KEY_BITS - first.bits)
        self.counts = np.zeros((2, len(bins), self.scores_per_bin), np.int64)
        self.row = np.full(2**first.bits, -1, np.int32)  # where a bin has its counts; -1 where it is not chosen
        self.row[bins] = np.arange(len(bins))

    def update(self, positive: ArrayLike = (), negative: ArrayLike = ()) -> None:
        """Count scores of the first pass again. A refused update counts nothing.

        Raises:
            ValueError: not 1-D, not numbers, NaN, or a number that float32 would round.
        """
        keys = score_keys(positive, "positive"), score_keys(negative, "negative")
        for count, sample in zip(self.counts, keys, strict=True):
            for piece in pieces(sample):
                row = self.row[bins_of(piece, self.first.bits)]
                chosen = row >= 0
                np.add.at(count, (row[chosen], piece[chosen] % np.uint32(self.scores_per_bin)), 1)

    def merge(self, other: "SecondPass") -> None:
        """Add what ``other`` has counted.

        Raises:
            ValueError: ``other`` belongs to another first pass.
        """
        if other.first.bits != self.first.bits or not np.array_equal(other.bins, self.bins):
            raise ValueError("second passes over different bins cannot be merged; make them from one first pass")
        self.counts += other.counts

    def result(self) -> SeparationBounds:
        """Bound every figure, with the chosen bins known score by score.

        Raises:
            ValueError: the second pass has not seen the scores of the first.
        """
        seen, expected = self.counts.sum(axis=2), self.first.counts[:, self.bins]
        if not np.array_equal(seen, expected):
            raise ValueError(
                f"the second pass saw {seen.sum()} scores in its bins where the first saw {expected.sum()}; "
                "give both the same scores"
            )
        return _bounds(self._cells())

    def _cells(self) -> Cells:
        """Other bins as they were, and a cell per distinct score of the chosen ones, the highest first."""
        others = np.setdiff1d(self.first.occupied(), self.bins)
        coarse = self.first.cells(others)
        rows, places = np.nonzero(self.counts.any(axis=0))
        positive, negative = self.counts[:, rows, places].astype(np.float64)
        keys = np.append(others * self.scores_per_bin, self.bins[rows] * self.scores_per_bin + places)
        order = np.argsort(keys)[::-1]
        return Cells(
            np.append(coarse.positive, positive)[order],
            np.append(coarse.negative, negative)[order],
            np.append(coarse.single, np.ones(len(rows), np.bool_))[order],
        )


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
