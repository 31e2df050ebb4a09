"""Ranking of two samples of scores: one sort counts how many of each sample every threshold keeps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.base.arrays import as_array

Counts = tuple[NDArray[np.float64], NDArray[np.float64]]

P = ParamSpec("P")
T = TypeVar("T")

PIECE = 2**14  # thresholds per piece: its counts and temporary arrays fit into a core's cache
LARGEST_EXACT = 2**53  # float64 represents every integer up to here exactly


@dataclass(frozen=True)
class Ranking:
    """Numbers of positives and negatives that each of the G thresholds keeps, strictest first.

    Each distinct score is a threshold that keeps every example with at least that score, so equal scores are kept or
    rejected together. Rank metrics need nothing else, and ties need no special rule.

    Attributes:
        positive: (G + 1,) positives kept, whole numbers in float64; from 0 (nothing is kept) to N.
        negative: (G + 1,) negatives kept; from 0 to M.
        known: figures that have been computed; see ``known_once``.
    """

    positive: NDArray[np.float64]
    negative: NDArray[np.float64]
    known: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def n_positive(self) -> int:
        """N, the size of the positive sample."""
        return int(self.positive[-1])

    @property
    def n_negative(self) -> int:
        """M, the size of the negative sample."""
        return int(self.negative[-1])

    @cached_property
    def swapped(self) -> "Ranking":
        """The ranking with the two samples exchanged and every score negated."""
        return Ranking(self.n_negative - self.negative[::-1], self.n_positive - self.positive[::-1])

    def pieces(self) -> Iterator[Counts]:
        """Yield the counts in pieces that overlap by one, for sums over thresholds.

        A piece fits into a core's cache; allocating full-size temporary arrays costs more than filling them.
        """
        for start in range(0, len(self.positive) - 1, PIECE):
            stretch = slice(start, start + PIECE + 1)
            yield self.positive[stretch], self.negative[stretch]


def known_once(figure: Callable[Concatenate[Ranking, P], T]) -> Callable[Concatenate[Ranking, P], T]:
    """Compute a figure of a ranking when it is first asked for; the ranking keeps it as long as it lives.

    The figures of a row of results and their intervals are made of the same few sums.
    """

    @wraps(figure)
    def known(ranking: Ranking, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (figure, args, *kwargs.items())
        if key not in ranking.known:
            ranking.known[key] = figure(ranking, *args, **kwargs)
        found: T = ranking.known[key]
        return found

    return known


def rank(positive: NDArray[Any], negative: NDArray[Any]) -> Ranking:
    """Sort two checked samples together and count what each distinct score keeps.

    Args:
        positive: (N,) scores, as ``as_scores`` returns them.
        negative: (M,) scores; one of the two samples may be empty.

    Raises:
        ValueError: a sample of integers too large for float64 is to be compared with one of floats.

    >>> ranking = rank(np.array([3, 2, 2]), np.array([2, 1]))
    >>> ranking.positive, ranking.negative
    (array([0., 1., 3., 3.]), array([0., 0., 1., 2.]))
    """
    refuse_rounding(positive, negative)
    # Sorting values is vectorised, argsort is not: sort each sample by value, then the stable argsort merges the two
    # sorted runs in linear time. Its indices tell which sample a score came from, for every type of number.
    both = np.concatenate([positive, negative])
    both[: len(positive)].sort()
    both[len(positive) :].sort()
    order = np.argsort(both, kind="stable")[::-1]
    both = both[order]
    ends_a_tie = np.ones(len(both), np.bool_)
    np.not_equal(both[1:], both[:-1], out=ends_a_tie[:-1])
    last = np.flatnonzero(ends_a_tie)
    positive_so_far = np.cumsum(order < len(positive), out=order)  # reuses the memory of ``order``
    kept = np.zeros((2, len(last) + 1))
    kept[0, 1:] = positive_so_far[last]
    np.subtract(last, kept[0, 1:], out=kept[1, 1:])
    kept[1, 1:] += 1
    return Ranking(kept[0], kept[1])


def as_scores(values: ArrayLike, name: str) -> NDArray[Any]:
    """Check ``values`` and return them as a one-dimensional array of their own type.

    Args:
        values: array, list or tensor; infinities are allowed.
        name: of the scores, for error messages.

    Raises:
        ValueError: the values are not 1-D, are empty, are not numbers, or contain NaN.
    """
    scores = as_array(values)
    if scores.ndim != 1:
        raise ValueError(f"{name} scores must have one axis, not shape {scores.shape}")
    if not scores.size:
        raise ValueError(f"{name} scores are empty")
    if scores.dtype.kind not in "buif":
        raise ValueError(f"{name} scores must be numbers, not {scores.dtype}")
    bad = np.flatnonzero(np.isnan(scores))
    if bad.size:
        raise ValueError(f"{name} scores are NaN at {bad.size} of {scores.size} positions, first at index {bad[0]}")
    return scores


def refuse_rounding(*samples: NDArray[Any]) -> None:
    """Refuse integers that would be rounded where they are compared with floats."""
    if np.result_type(*samples) != np.float64:
        return
    for scores in samples:
        if scores.dtype.kind in "iu" and scores.size and max(int(scores.max()), -int(scores.min())) > LARGEST_EXACT:
            raise ValueError(f"{scores.dtype} scores beyond 2**53 cannot be compared exactly with the other sample's")
