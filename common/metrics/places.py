"""Samples that are compared in several ways: their scores are sorted once, and each comparison only counts.

The *place* of a score is its rank among the distinct scores of all samples, from 0 for the lowest. Places are in the
order of the scores, so rank metrics of places are those of the scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.metrics.ranking import Ranking, refuse_rounding

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Placements:
    """Fraction of the other sample that each example is placed above (a positive) or below (a negative); ties half.

    Attributes:
        positive: (N,) of the positives; their mean is the AUROC.
        negative: (M,) of the negatives; their mean is the AUROC.
    """

    positive: NDArray[np.float64]
    negative: NDArray[np.float64]

    @property
    def auroc(self) -> float:
        """Area under the ROC curve."""
        return float(self.positive.mean())


class SortedSample:
    """Scores in rising order.

    Args:
        scores: (N,), as ``as_scores`` returns them.
    """

    def __init__(self, scores: NDArray[Any]) -> None:
        self.order = np.argsort(scores)
        self.scores = scores[self.order]

    def unsorted(self, values: Places) -> Places:
        """Return values of the scores in rising order in the order that the scores had."""
        found = np.empty_like(values)
        found[self.order] = values
        return found


def places_among(samples: Sequence[SortedSample]) -> list[Places]:
    """Return for each sample the (N,) places of its scores among those of all samples.

    Raises:
        ValueError: a sample of integers too large for float64 is to be compared with one of floats.

    >>> places_among([SortedSample(np.array([0.7, 0.5])), SortedSample(np.array([0.5, 0.6]))])
    [array([2, 0]), array([0, 1])]
    """
    refuse_rounding(*(one.scores for one in samples))
    scores = np.concatenate([one.scores for one in samples])
    order = np.argsort(scores, kind="stable")  # merges what is sorted in linear time
    ordered = scores[order]
    rising = np.zeros(len(scores), np.int64)
    np.cumsum(ordered[1:] != ordered[:-1], out=rising[1:])
    places = np.empty_like(rising)
    places[order] = rising
    ends = np.cumsum([len(one.scores) for one in samples])
    return [one.unsorted(part) for one, part in zip(samples, np.split(places, ends[:-1]), strict=True)]


class PlacedSamples:
    """Two samples, by the places of their scores.

    Args:
        positive: (N,) places.
        negative: (M,) places.
    """

    def __init__(self, positive: Places, negative: Places) -> None:
        self._positive, self._negative = positive, negative
        size = 1 + max(int(positive.max()), int(negative.max()))
        self._positives, self._negatives = (np.bincount(one, minlength=size) for one in (positive, negative))

    @cached_property
    def ranking(self) -> Ranking:
        """The ranking of the two samples, as ``common.metrics.detection.ranked`` gives it from scores."""
        held = np.flatnonzero((self._positives + self._negatives) > 0)[::-1]
        kept = np.zeros((2, len(held) + 1))
        for line, counts in zip(kept, (self._positives, self._negatives), strict=True):
            line[1:] = np.cumsum(counts[held])
        return Ranking(kept[0], kept[1])

    @cached_property
    def placements(self) -> Placements:
        """The placements of the two samples."""
        below, above = _share_below(self._negatives), _share_below(self._positives)
        return Placements(below[self._positive], 1 - above[self._negative])


def _share_below(counts: Places) -> NDArray[np.float64]:
    """Return for each place the fraction of a sample below it; half of those that are there count."""
    up_to = np.cumsum(counts)
    return np.asarray((2 * up_to - counts) / (2 * up_to[-1]))
