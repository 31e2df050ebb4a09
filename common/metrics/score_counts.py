"""Counts of samples of scores in fixed memory, over the leading bits of an integer that sorts like the score."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.base.arrays import as_array
from common.metrics.cells import Cells
from common.metrics.ranking import LARGEST_EXACT, as_scores

KEY_BITS = 32
MOST_BITS = 26  # 2 GiB for two samples; a second pass tells scores apart to the last bit in far less
SIGN = np.uint32(2**31)
PIECE = 2**16  # scores counted at a time: their places stay in a core's cache


def countable(values: ArrayLike, name: str) -> NDArray[Any]:
    """Check scores and return them as an array of numbers that float64 holds.

    Args:
        values: (N,) scores, N may be 0.
        name: what the caller calls them, for the message.

    Raises:
        ValueError: not 1-D, not numbers, NaN among them, or a number that float64 would round.
    """
    if not as_array(values).size:
        return np.empty(0, np.float32)
    scores = as_scores(values, name)
    whole = scores.dtype.kind in "iu"
    if whole and max(int(scores.max()), -int(scores.min())) > LARGEST_EXACT or scores.dtype.itemsize > 8:
        raise ValueError(f"{name} scores are {scores.dtype} numbers that float64 cannot hold; make them smaller")
    return scores


def score_keys(scores: NDArray[Any]) -> NDArray[np.uint32]:
    """Integers that never contradict the order of the scores: where x < y, key(x) <= key(y).

    A score is rounded to float32, which keeps the order and may make scores equal. The bits of a float32, read as an
    integer, grow with its magnitude. Setting the sign bit of one that is not negative, and flipping all bits of one
    that is, gives the order of the numbers. -0.0 has the key of 0.0; infinities have the keys at the ends, and share
    them with what float32 would round to infinity; subnormal numbers are kept apart.

    >>> score_keys(np.array([-1.0, -0.0, 0.0, 1.0])).tolist()
    [1082130431, 2147483648, 2147483648, 3212836864]
    """
    with np.errstate(over="ignore", under="ignore"):
        keys = (scores.astype(np.float32) + np.float32(0)).view(np.uint32)  # adding 0 turns -0.0 into 0.0
    keys ^= (keys.view(np.int32) >> 31).view(np.uint32) | SIGN
    return keys


class ScoreCounts:
    """How many scores of each sample lie in each of 2^bits bins, and the outermost scores of each bin.

    A bin is the set of scores whose keys share their leading bits, an interval: 2^(bits - 9) bins to each power of two
    of either sign. Counts of two parts are merged by addition, outermost scores by minimum and maximum, so the order of
    updates and merges leaves no trace. The arrays take 8 (samples + 2) x 2^bits bytes.

    Attributes:
        counts: (samples, 2^bits) scores of each sample.
        lowest: (2^bits,) smallest score of any sample in each bin; infinite where the bin is empty.
        highest: (2^bits,) largest score; -infinite where the bin is empty.
    """

    def __init__(self, bits: int, samples: int = 2) -> None:
        if not 1 <= bits <= MOST_BITS:
            raise ValueError(f"bits must be between 1 and {MOST_BITS}, not {bits}")
        self.bits = bits
        self.counts = np.zeros((samples, 2**bits), np.int64)
        self.lowest = np.full(2**bits, np.inf)
        self.highest = np.full(2**bits, -np.inf)

    def add(self, *samples: NDArray[Any]) -> None:
        """Count some scores of each sample, which ``countable`` has checked."""
        for count, scores in zip(self.counts, samples, strict=True):
            for piece, keys in pieces(scores):
                bins = bins_of(keys, self.bits)
                np.add.at(count, bins, 1)
                np.minimum.at(self.lowest, bins, piece)
                np.maximum.at(self.highest, bins, piece)

    def merge(self, other: "ScoreCounts") -> None:
        """Add the counts of ``other``, which must have as many bits."""
        if other.bits != self.bits:
            raise ValueError(f"counts over {other.bits} bits cannot be added to counts over {self.bits}")
        self.counts += other.counts
        np.minimum(self.lowest, other.lowest, out=self.lowest)
        np.maximum(self.highest, other.highest, out=self.highest)

    def occupied(self) -> NDArray[np.int64]:
        """Bins that hold a score, the highest first."""
        return np.flatnonzero(self.counts.any(axis=0))[::-1]

    def cells(
        self,
        positive: Sequence[int] = (0,),
        negative: Sequence[int] = (1,),
        bins: NDArray[np.int64] | None = None,
    ) -> Cells:
        """Counts of the chosen ``bins`` in their order, or of all occupied ones, the highest first.

        Several samples are pooled on either side.
        """
        bins = self.occupied() if bins is None else bins
        single = self.lowest[bins] == self.highest[bins]
        return Cells(pooled(self.counts, positive, bins), pooled(self.counts, negative, bins), single)


def pooled(counts: NDArray[np.int64], side: Sequence[int], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Counts of several samples together at some places."""
    total = np.zeros(len(places))
    for sample in side:
        total += counts[sample, places]
    return total


def pieces(scores: NDArray[Any]) -> Iterator[tuple[NDArray[np.float64], NDArray[np.uint32]]]:
    """Yield the scores in parts, as float64 without -0.0, and their keys; counting a part takes little memory."""
    for start in range(0, len(scores), PIECE):
        piece = scores[start : start + PIECE]
        yield piece.astype(np.float64) + 0.0, score_keys(piece)


def bins_of(keys: NDArray[np.uint32], bits: int) -> NDArray[np.intp]:
    """Leading ``bits`` of each key, as indices."""
    return (keys >> np.uint32(KEY_BITS - bits)).astype(np.intp)
