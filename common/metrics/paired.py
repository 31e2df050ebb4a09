"""By how much two detectors differ on the same examples, in every rank metric: a bootstrap that draws the examples.

For the AUROC alone, ``paired_difference`` of ``common.metrics.comparison`` has a formula. Here each resample draws how
often every example counts; both detectors get these counts, so what makes an example hard for both of them plays no
part. Each detector's scores are sorted once.
"""

from collections.abc import Iterator
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.bootstrap import FIGURES
from common.metrics.comparison import Difference
from common.metrics.intervals import t95
from common.metrics.ranking import Ranking, as_scores

Scores = tuple[ArrayLike, ArrayLike]
"""Of the positives, (N,), and of the negatives, (M,)."""

Counts = NDArray[np.int64]

SIDES = ("positive", "negative")

OF_ALL = "aurc"
"""The figure of all examples together, of which the number of wrong ones is drawn too."""


class _Order:
    """The order of N + M examples by one detector's scores, highest first."""

    def __init__(self, positive: NDArray[np.generic], negative: NDArray[np.generic]) -> None:
        scores = np.concatenate([positive, negative])
        self._order = np.argsort(scores, kind="stable")[::-1]
        ordered = scores[self._order]
        self._ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
        self._positive = self._order < len(positive)

    def ranking(self, counts: Counts) -> Ranking:
        """Return the ranking of a sample in which each example stands so often."""
        ordered = counts[self._order]
        kept = np.cumsum(ordered)[self._ends]
        positive = np.cumsum(ordered * self._positive)[self._ends]
        new = np.diff(kept, prepend=0) > 0
        both = np.zeros((2, 1 + int(new.sum())))
        both[:, 1:] = positive[new], (kept - positive)[new]
        return Ranking(both[0], both[1])


def paired_differences(ours: Scores, theirs: Scores, resamples: int = 400, seed: int = 0) -> dict[str, Difference]:
    """Return how much larger our figure is than theirs, and a 95 % interval, for each of ``bootstrap.FIGURES``.

    With d the difference, s its standard deviation over the resamples and k the size of the smaller sample, the bounds
    are d +- t s sqrt(k / (k - 1)), t the quantile of Student's t with k - 1 degrees of freedom. Both sizes are kept, so
    that AUPR is that of the same base rate, but for AURC. Of a single example no deviation can be estimated, and the
    interval is [-1, 1].

    In simulations of two equally good detectors they cover 0 in 95 to 97 % of draws of 200 against 200, and in 95 % or
    more of 15 against 500, but for the FPR95 whose threshold keeps 95 % of the 15: 85 %.

    Args:
        ours: scores of the positives and of the negatives.
        theirs: of the same examples in the same order.
        resamples: number of resamples; one of 20,000 examples takes six milliseconds.
        seed: of their draws.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN, the samples have other sizes, or ``resamples`` is below 2.

    Source: Efron (Annals of Statistics 7, 1979).
    """
    if resamples < 2:
        raise ValueError(f"resamples must be at least 2 to have a spread, not {resamples}")
    pairs = [tuple(as_scores(one, name) for one, name in zip(of, SIDES, strict=True)) for of in (ours, theirs)]
    sizes = {(len(positive), len(negative)) for positive, negative in pairs}
    if len(sizes) > 1:
        raise ValueError("a paired difference needs the same examples in both samples")
    ((n, m),) = sizes
    first, second = (_Order(positive, negative) for positive, negative in pairs)
    found = {}
    for names, whole in (([OF_ALL], True), ([name for name in FIGURES if name != OF_ALL], False)):
        drawn = [_differences(first, second, names, counts) for counts in _counts(n, m, resamples, seed, whole)]
        own = _differences(first, second, names, np.ones(n + m, np.int64))
        for name, value, spread in zip(names, own, np.std(drawn, axis=0), strict=True):
            found[name] = _around(float(value), float(spread), min(n, m))
    return {name: found[name] for name in FIGURES}


def _counts(n: int, m: int, resamples: int, seed: int, whole: bool) -> Iterator[Counts]:
    """Yield how often each example stands in a resample: of both sizes, or (``whole``) of all examples together."""
    rng = np.random.default_rng((seed, int(whole)))
    sides = [(0, n + m)] if whole else [(0, n), (n, n + m)]
    for _ in range(resamples):
        drawn = [rng.integers(start, stop, stop - start) for start, stop in sides]
        yield np.bincount(np.concatenate(drawn), minlength=n + m)


def _differences(ours: _Order, theirs: _Order, names: list[str], counts: Counts) -> list[float]:
    first, second = ours.ranking(counts), theirs.ranking(counts)
    return [FIGURES[name](first) - FIGURES[name](second) for name in names]


def _around(value: float, deviation: float, smaller: int) -> Difference:
    if smaller < 2:
        return Difference(value, -1.0, 1.0, inf)
    error = deviation * sqrt(smaller / (smaller - 1))
    half = t95(smaller - 1) * error
    return Difference(value, max(value - half, -1.0), min(value + half, 1.0), error)
