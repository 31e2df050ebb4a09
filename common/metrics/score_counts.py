"""Counts of two samples of scores in fixed memory, over the leading bits of an integer that sorts like the score."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.base.arrays import as_array
from common.metrics.cells import Cells
from common.metrics.ranking import as_scores

KEY_BITS = 32
MOST_BITS = 26  # 1.5 GiB; a second pass tells scores apart to the last bit in far less
SIGN = np.uint32(2**31)
PIECE = 2**16  # keys counted at a time: their places stay in a core's cache
LARGEST_INTEGER = 2**24  # every integer up to here is a float32


def score_keys(values: ArrayLike, name: str) -> NDArray[np.uint32]:
    """Integers that compare as the scores do: key(x) < key(y) exactly where x < y.

    The bits of a float32, read as an integer, grow with its magnitude. Setting the sign bit of a score that is not
    negative, and flipping all bits of one that is, gives the order of the numbers. -0.0 has the key of 0.0; infinities
    have the keys at the ends; subnormal numbers are kept apart.

    Args:
        values: (N,) scores, N may be 0; each must be a float32 number, whatever the type of the array.
        name: what the caller calls them, for the message.

    Raises:
        ValueError: not 1-D, not numbers, NaN among them, or a number that float32 would round.

    >>> score_keys([-1.0, -0.0, 0.0, 1.0], "some").tolist()
    [1082130431, 2147483648, 2147483648, 3212836864]
    """
    if not as_array(values).size:
        return np.empty(0, np.uint32)
    single = _as_float32(as_scores(values, name), name)
    keys = (single + np.float32(0)).view(np.uint32)  # adding 0 turns -0.0 into 0.0
    keys ^= (keys.view(np.int32) >> 31).view(np.uint32) | SIGN
    return keys


class ScoreCounts:
    """How many scores of each sample lie in each of 2^bits bins, and the outermost keys of each bin.

    A bin is the set of keys with the same leading bits, an interval of scores: 2^(bits - 9) bins to each power of two
    of either sign. Counts of two parts are merged by addition, outermost keys by minimum and maximum, so the order of
    updates and merges leaves no trace. The arrays take 24 x 2^bits bytes.

    Attributes:
        counts: (2, 2^bits) scores of the positive and of the negative sample.
        lowest: (2^bits,) smallest key of either sample in each bin; the largest possible key where the bin is empty.
        highest: (2^bits,) largest key; 0 where the bin is empty.
    """

    def __init__(self, bits: int) -> None:
        if not 1 <= bits <= MOST_BITS:
            raise ValueError(f"bits must be between 1 and {MOST_BITS}, not {bits}")
        self.bits = bits
        self.counts = np.zeros((2, 2**bits), np.int64)
        self.lowest = np.full(2**bits, 2**KEY_BITS - 1, np.uint32)
        self.highest = np.zeros(2**bits, np.uint32)

    def add(self, positive: NDArray[np.uint32], negative: NDArray[np.uint32]) -> None:
        """Count the keys of some scores of either sample."""
        for count, keys in zip(self.counts, (positive, negative), strict=True):
            for piece in pieces(keys):
                bins = bins_of(piece, self.bits)
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

    def cells(self, bins: NDArray[np.int64]) -> Cells:
        """Counts of the chosen ``bins``, in their order."""
        positive, negative = self.counts[:, bins].astype(np.float64)
        return Cells(positive, negative, self.lowest[bins] == self.highest[bins])


def pieces(keys: NDArray[np.uint32]) -> Iterator[NDArray[np.uint32]]:
    """Yield the keys in parts, so that counting them takes little memory beside them."""
    for start in range(0, len(keys), PIECE):
        yield keys[start : start + PIECE]


def bins_of(keys: NDArray[np.uint32], bits: int) -> NDArray[np.intp]:
    """Leading ``bits`` of each key, as indices."""
    return (keys >> np.uint32(KEY_BITS - bits)).astype(np.intp)


def _as_float32(scores: NDArray[np.generic], name: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # beyond float32 is infinite, and so refused below
        single = scores.astype(np.float32, copy=False)
    whole = scores.dtype.kind in "iu"
    rounded = np.abs(scores.astype(np.float64)) > LARGEST_INTEGER if whole else single != scores
    if rounded.any():
        first = int(np.flatnonzero(rounded)[0])
        raise ValueError(
            f"{name} scores hold {scores[first]} at index {first}, which float32 cannot hold; "
            "round them before with .astype('float32'), which may make scores equal"
        )
    return single
