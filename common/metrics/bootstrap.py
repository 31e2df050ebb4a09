"""Bootstrap intervals of every rank metric, from one sort: what is drawn are counts of bins of ranks, not examples.

Each sample is divided into about 64 bins of neighbouring ranks, in equal steps of the log odds of the rank: the
highest and the lowest examples, which decide precision and risk, have a bin each, and so has every example of a sample
of up to 64. A resample is one multinomial draw of the bins' counts; a threshold inside a bin keeps its share of the
bin's count. So a resample costs some hundred operations for any number of examples. What the bins lose is the order
inside them, to first order nothing: a figure of the bins differs from that of the scores by about the same in every
resample as in the samples themselves, where the difference is known, and it is taken away.

Draws depend on the sizes and the seed alone, so all scores of the same examples share them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from math import ceil, inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics import of_ranking
from common.metrics.detection import ranked
from common.metrics.fpr95_interval import Interval, fpr95_interval
from common.metrics.intervals import around, t95, variance_and_quantile
from common.metrics.ranking import Ranking

Floats = NDArray[np.float64]

BINS = 64
"""Bins of a large sample, and the largest sample whose examples have a bin each; 100 draw no other distribution."""

ROUNDING = 1e-12
"""Standard deviation up to which all resamples agree."""

CHUNK = 13_600
"""Counts, cuts times resamples, that are worked on at once: they fit into a core's cache, and larger arrays would have
their memory from the system each time, which takes as long as the arithmetic."""

AREAS = ("auroc", "ap_positive", "ap_negative")
RESAMPLED = (*AREAS, "aurc")
FIGURES: dict[str, Callable[[Ranking], float]] = {
    "auroc": of_ranking.roc_auc,
    "ap_positive": of_ranking.average_precision,
    "ap_negative": lambda ranking: of_ranking.average_precision(ranking.swapped),
    "aurc": of_ranking.aurc,
    "fpr95_in": lambda ranking: of_ranking.fpr_at_tpr(ranking, 0.95),
    "fpr95_out": lambda ranking: of_ranking.fpr_at_tpr(ranking.swapped, 0.95),
}
"""What has an interval, from the ranking of both samples."""

OF_ROWS = 200
"""Resamples behind a row of results: they know the width of an interval to 5 %, in half a millisecond."""


def bootstrap_intervals(
    positive: ArrayLike, negative: ArrayLike, resamples: int = 1000, seed: int = 0
) -> dict[str, Interval]:
    """Return 95 % intervals of the figures ``FIGURES``, each as in ``separation`` and ``risk_coverage``.

    With x the figure, s its standard deviation over the resamples and k the size of the smaller sample, the bounds are
    x +- t s sqrt(k / (k - 1)) taken on the scale of log(x / (1 - x)), with t the number of standard errors that
    ``auroc_interval`` reaches: Student's, raised where few examples of a side may lie close together by luck. The
    interval of FPR95 is ``fpr95_interval``. Where all resamples agree, as AUROC and AUPR do of samples without an
    overlap or of equal scores, x has no width; for the AUROC prefer ``auroc_interval``, which always has. Of a single
    example no deviation can be estimated, and the interval is [0, 1].

    Both sizes are kept, so AUPR is that of the same base rate. AURC takes the positives for right answers and is a
    figure of all examples together, so the number of wrong ones among them is drawn too.

    In simulations (``tests.benchmarks.benchmark_intervals``) they cover the truth in 93 to 99 % of draws of 1,000
    against 1,000. Of 60 against 3,000 they cover 88 to 98 %, of 15 against 3,000 91 to 100 %, but for AUPR of the many
    and AURC 84 to 100 %: where the wrong scores scatter widely, the rare one that matters most is not among 15.

    Args:
        positive: (N,) scores.
        negative: (M,) scores.
        resamples: number of resamples.
        seed: of their draws.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN, or ``resamples`` is less than 2.

    Source: Efron (Annals of Statistics 7, 1979); the factor: Hesterberg (The American Statistician 69, 2015),
    arXiv:1411.5279; scale and t: as ``auroc_interval``.
    """
    return intervals_of(ranked(positive, negative), FIGURES, resamples, seed)


def intervals_of(
    ranking: Ranking, figures: Collection[str] = FIGURES, resamples: int = 1000, seed: int = 0
) -> dict[str, Interval]:
    """Return the intervals of ``bootstrap_intervals`` for some figures of a ranking."""
    if resamples < 2:
        raise ValueError(f"resamples must be at least 2 to have a spread, not {resamples}")
    reach = _reach(ranking)
    drawn = resampled_figures(ranking, figures, resamples, seed)
    found = {name: _around(FIGURES[name](ranking), float(values.std()), reach) for name, values in drawn.items()}
    sides = {"fpr95_in": ranking, "fpr95_out": ranking.swapped}
    found |= {name: fpr95_interval(of, seed) for name, of in sides.items() if name in figures}
    return {name: found[name] for name in figures}


def bounds_of(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    """Return the bounds by their names in a results row, such as ``aurc_low``."""
    return {f"{name}_{end}": getattr(one, end) for name, one in intervals.items() for end in ("low", "high")}


def _reach(ranking: Ranking) -> float:
    """Return how many standard deviations of resamples an interval reaches; infinite if a side is one example."""
    size = min(ranking.n_positive, ranking.n_negative)
    if size < 2:
        return inf
    quantile = variance_and_quantile(ranking, of_ranking.roc_auc(ranking))[1]
    return (t95(size - 1) if quantile == inf else quantile) * sqrt(size / (size - 1))


def _around(figure: float, deviation: float, reach: float) -> Interval:
    if not 0 < figure < 1 or deviation < ROUNDING:
        return Interval(figure, figure)
    return Interval(0.0, 1.0) if reach == inf else Interval(*around(figure, reach * deviation))


def resampled_figures(
    ranking: Ranking, figures: Collection[str] = RESAMPLED, resamples: int = 1000, seed: int = 0
) -> dict[str, Floats]:
    """Return (resamples,) of each of the figures that are ``RESAMPLED``.

    The same seed draws the same ranks for any scores of as many examples.
    """
    found: dict[str, Floats] = {}
    areas = tuple(name for name in AREAS if name in figures)
    if areas:
        found |= _of_bins(ranking, resamples, seed, areas)
    if "aurc" in figures:
        found |= _of_bins(ranking, resamples, seed, ("aurc",))
    return {name: found[name] for name in RESAMPLED if name in figures}


def _of_bins(ranking: Ranking, resamples: int, seed: int, names: Collection[str]) -> dict[str, Floats]:
    """Return AURC, for which all examples are resampled together, or AUROC and both AUPR (both sizes are kept)."""
    cuts = _cuts(ranking)
    at = Ranking(ranking.positive[cuts], ranking.negative[cuts])
    one_score = np.diff(cuts) == 1
    chunks = [
        [BINNED[name](p, q, one_score) for name in names]
        for p, q in _resamples(at, resamples, seed, whole="aurc" in names)
    ]
    found = {}
    for name, parts in zip(names, zip(*chunks, strict=True), strict=True):
        itself, drawn = np.split(np.concatenate(parts), [1])
        found[name] = np.clip(drawn + (FIGURES[name](ranking) - itself), 0, 1)
    return found


@lru_cache(maxsize=64)
def _bounds(size: int) -> Floats:
    """Return the bounds of the bins of ``size`` ranks, from 0 to ``size``.

    >>> _bounds(3).tolist(), _bounds(10**6)[[0, 1, 2, -2, -1]].tolist(), len(_bounds(10**6))
    ([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 999999.0, 1000000.0], 65)
    """
    if size <= BINS:
        return np.arange(size + 1.0)
    steps = np.linspace(-np.log(size), np.log(size), BINS + 1)
    return np.unique(np.concatenate([[0], np.rint(size / (1 + np.exp(-steps))), [size]]))


def _cuts(ranking: Ranking) -> NDArray[np.int64]:
    """Return thresholds at which resamples are counted: those that end a bin of either sample, ties left whole.

    What is counted by itself has a threshold before it, too: a bin of one rank, and a tie that goes beyond its bin.
    """
    found = [np.array([len(ranking.positive) - 1])]
    for kept in (ranking.positive, ranking.negative):
        bounds = _bounds(int(kept[-1]))
        at = np.searchsorted(kept, bounds)
        alone = (np.diff(bounds, prepend=0) == 1) | (kept[at] > bounds)
        found += [at, at[alone] - 1]
    cuts = np.sort(np.concatenate(found))
    return cuts[np.diff(cuts, prepend=-1) > 0]


def _resamples(at: Ranking, resamples: int, seed: int, whole: bool) -> Iterator[tuple[Floats, Floats]]:
    """Yield chunks of (cuts, B) counts of positives and negatives that each cut keeps: of the samples, then drawn."""
    n, m = at.n_positive, at.n_negative
    drawn = _drawn(n, m, resamples, seed, whole)
    places = _places(_bounds(n), at.positive), _places(_bounds(m), at.negative)
    sides = [(above, *place) for above, place in zip(drawn, places, strict=True)]
    size = ceil((1 + resamples) / ceil((1 + resamples) * len(at.positive) / CHUNK))
    for start in range(0, 1 + resamples, size):
        p, q = (_between(above[:, start : start + size], bins, share) for above, bins, share in sides)
        yield p, q


def _places(bounds: Floats, kept: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return the bin of each of the ranks ``kept``, and (cuts, 1) which share of the bin lies above it."""
    bins = np.clip(np.searchsorted(bounds, kept, "right") - 1, 0, len(bounds) - 2)
    return bins, ((kept - bounds[bins]) / np.diff(bounds)[bins])[:, None]


def _between(drawn: Floats, bins: NDArray[np.int64], share: Floats) -> Floats:
    """Return (cuts, B) how many drawn examples lie above each cut: linear between the bounds of its bin."""
    low, found = drawn[bins], drawn[bins + 1]
    found -= low
    found *= share
    found += low
    return found


@lru_cache(maxsize=64)
def _drawn(n: int, m: int, resamples: int, seed: int, whole: bool) -> tuple[Floats, Floats]:
    """Return for each sample (bounds, 1 + resamples) how many examples lie above each bound of its bins.

    The first column is the sample itself.

    Args:
        n: positives.
        m: negatives.
        resamples: number of resamples.
        seed: of the draws.
        whole: whether all examples are resampled together, so that a resample has other numbers of both.
    """
    positives = np.full(resamples, n)
    if whole:
        positives = np.random.default_rng((seed, 4)).binomial(n + m, n / (n + m), resamples)
    return _above(n, positives, (seed, 0)), _above(m, n + m - positives, (seed, 1))


def _above(size: int, drawn: NDArray[np.int64], seed: tuple[int, int]) -> Floats:
    """Return (bounds, 1 + resamples) examples above each bound: of all ``size``, and of ``drawn`` of them."""
    bounds = _bounds(size)
    counts = np.random.default_rng(seed).multinomial(drawn, np.diff(bounds) / size)
    above = np.zeros((len(bounds), 1 + len(drawn)))
    above[:, 0] = bounds
    np.cumsum(counts.T, axis=0, out=above[1:, 1:])
    above.setflags(write=False)
    return above


def _roc_auc(p: Floats, q: Floats, one_score: NDArray[np.bool_]) -> Floats:
    """Return (B,) of AUROC, given (K, B) counts kept at each cut.

    Args:
        p: positives.
        q: negatives.
        one_score: (K - 1,) whether all scores between two cuts are equal.
    """
    return np.asarray(of_ranking.wins(p, q) / (p[-1] * q[-1]))


def _average_precision(p: Floats, q: Floats, one_score: NDArray[np.bool_]) -> Floats:
    """Return (B,) of the mean precision: that at the lower cut for equal scores, else the mean of both cuts."""
    upper = np.arange(len(p) - 1) + one_score
    return _mean_precision(p, _precision(p, q), slice(1, None), upper)


def _average_precision_out(p: Floats, q: Floats, one_score: NDArray[np.bool_]) -> Floats:
    """Return the same of the negatives, whose lower cut is the one above."""
    upper = np.arange(1, len(q)) - one_score
    return _mean_precision(q, _precision(q[-1] - q, p[-1] - p), slice(None, -1), upper)


def _precision(found: Floats, others: Floats) -> Floats:
    kept = found + others
    np.maximum(kept, of_ranking.TINY, out=kept)  # in place: memory that the system hands out costs more than the sum
    return np.divide(found, kept, out=kept)


def _mean_precision(kept: Floats, precision: Floats, lower: slice, upper: NDArray[np.int64]) -> Floats:
    """Return (B,) of the mean, over the examples between two cuts and over all cuts, of the precision at both."""
    both = precision[upper]
    both += precision[lower]
    return np.asarray(np.einsum("kb,kb->b", kept[1:] - kept[:-1], both) / (2 * kept[-1]))


def _risk(p: Floats, q: Floats, one_score: NDArray[np.bool_]) -> Floats:
    """Return (B,) of AURC: ``of_ranking.aurc`` with log((k + 1/2) / (j + 1/2)) for the harmonic difference.

    The two differ by less than 1 / (24 (j + 1/2)^2), and where no example is kept (j = 0) the factor is 0.
    """
    kept = p + q
    return of_ranking.area_under_risk(kept, q, np.diff(np.log(kept + 0.5), axis=0))


BINNED: dict[str, Callable[[Floats, Floats, NDArray[np.bool_]], Floats]] = {
    "auroc": _roc_auc,
    "ap_positive": _average_precision,
    "ap_negative": _average_precision_out,
    "aurc": _risk,
}
"""The figures that are ``RESAMPLED``, from counts at cuts."""
