"""Counts of the scores in chosen bins by all 32 bits of their keys: what a second pass over the same scores adds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.metrics.cells import Cells
from common.metrics.score_counts import KEY_BITS, ScoreCounts, bins_of, pieces, pooled


class FinerCounts:
    """Counts of every distinct key in the chosen bins of a first pass, and the outermost scores of each key.

    Args:
        first: counts of the first pass.
        bins: (B,) bins to count key by key, increasing; each takes 8 (samples + 2) x 2^(32 - bits) bytes.
    """

    def __init__(self, first: ScoreCounts, bins: NDArray[np.int64]) -> None:
        self.first = first
        self.bins = bins
        self.keys_per_bin = 2 ** (KEY_BITS - first.bits)
        self.counts = np.zeros((len(first.counts), len(bins) * self.keys_per_bin), np.int64)
        self.lowest = np.full(self.counts.shape[1], np.inf)
        self.highest = np.full(self.counts.shape[1], -np.inf)
        self.row = np.full(2**first.bits, -1, np.int32)  # where a bin has its keys; -1 where it is not chosen
        self.row[bins] = np.arange(len(bins))

    def add(self, *samples: NDArray[Any]) -> None:
        """Count scores of the first pass again, which ``countable`` has checked."""
        for count, scores in zip(self.counts, samples, strict=True):
            for piece, keys in pieces(scores):
                row = self.row[bins_of(keys, self.first.bits)]
                chosen = np.flatnonzero(row >= 0)
                place = row[chosen].astype(np.intp) * self.keys_per_bin + keys[chosen] % np.uint32(self.keys_per_bin)
                np.add.at(count, place, 1)
                np.minimum.at(self.lowest, place, piece[chosen])
                np.maximum.at(self.highest, place, piece[chosen])

    def merge(self, other: "FinerCounts") -> None:
        """Add what ``other`` has counted.

        Raises:
            ValueError: ``other`` belongs to another first pass.
        """
        if other.first.bits != self.first.bits or not np.array_equal(other.bins, self.bins):
            raise ValueError("second passes over different bins cannot be merged; make them from one first pass")
        self.counts += other.counts
        np.minimum(self.lowest, other.lowest, out=self.lowest)
        np.maximum(self.highest, other.highest, out=self.highest)

    def check(self) -> None:
        """Raise ``ValueError`` where the second pass has not seen the scores of the first."""
        seen = self.counts.reshape(len(self.counts), len(self.bins), self.keys_per_bin).sum(axis=2)
        expected = self.first.counts[:, self.bins]
        if not np.array_equal(seen, expected):
            raise ValueError(
                f"the second pass saw {seen.sum()} scores in its bins where the first saw {expected.sum()}; "
                "give both the same scores"
            )

    def cells(self, positive: Sequence[int] = (0,), negative: Sequence[int] = (1,)) -> Cells:
        """Other bins as they were, and a cell per key that occurs in the chosen ones, the highest first."""
        others = np.setdiff1d(self.first.occupied(), self.bins)
        coarse = self.first.cells(positive, negative, others)
        places = np.flatnonzero(self.counts.any(axis=0))
        single = self.lowest[places] == self.highest[places]
        keys = np.append(others * self.keys_per_bin, self.bins[places // self.keys_per_bin] * self.keys_per_bin)
        keys[len(others) :] += places % self.keys_per_bin
        order = np.argsort(keys)[::-1]
        return Cells(
            np.append(coarse.positive, pooled(self.counts, positive, places))[order],
            np.append(coarse.negative, pooled(self.counts, negative, places))[order],
            np.append(coarse.single, single)[order],
        )
