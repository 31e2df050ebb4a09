"""Intervals of any rank metric by a bootstrap that sorts once: a resample is a count of each example, in sorted order.

Both samples are resampled with their sizes kept. A chunk of resamples is one array of counts, so that every metric is a
few passes over it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.ranking import as_scores

CHUNK = 2**17
"""Counts that are worked on at once: 1 MiB of float64, which a core's cache holds; 4 times as fast as 32 MiB."""

FIGURES = ("auroc", "ap_positive", "ap_negative", "fpr95_in", "fpr95_out", "aurc")


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a figure."""

    low: float
    high: float


def bootstrap_intervals(
    positive: ArrayLike, negative: ArrayLike, resamples: int = 1000, seed: int = 0
) -> dict[str, Interval]:
    """Return 95 % percentile intervals of the figures ``FIGURES``, each as in ``separation`` and ``risk_coverage``.

    With few examples of one side percentile intervals are narrow: with 15 errors against thousands of right answers
    they cover 88 to 93 %. Of samples without an overlap every resample is perfect, so that they have no width. For the
    AUROC prefer ``auroc_interval`` then. AURC takes the positives for the right answers. Its error rate varies with
    nothing, since both sizes are kept.

    Args:
        positive: (N,) scores.
        negative: (M,) scores.
        resamples: number of resamples.
        seed: of their draws.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.
    """
    resampled = resampled_figures(positive, negative, resamples, seed)
    return {
        name: Interval(*(float(bound) for bound in np.quantile(values, (0.025, 0.975))))
        for name, values in resampled.items()
    }


def resampled_figures(
    positive: ArrayLike, negative: ArrayLike, resamples: int = 1000, seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Return (resamples,) of each figure; the same seed draws the same examples for any scores of them."""
    parts = [_figures(*counts) for counts in _resamples(positive, negative, resamples, seed)]
    return {name: np.concatenate([part[name] for part in parts]) for name in FIGURES}


def _resamples(
    positive: ArrayLike, negative: ArrayLike, resamples: int, seed: int
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield chunks of (B, G) counts of positives and of negatives at each distinct score, the largest score first."""
    kept, rejected = as_scores(positive, "positive"), as_scores(negative, "negative")
    distinct, rising = np.unique(np.concatenate([kept, rejected]), return_inverse=True)
    group = len(distinct) - 1 - rising  # not by negated scores: unsigned ones have none
    of_positive, of_negative = group[: len(kept)], group[len(kept) :]
    rng = np.random.default_rng(seed)
    rows = max(CHUNK // max(len(distinct), 1), 1)
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        yield _drawn(of_positive, count, len(distinct), rng), _drawn(of_negative, count, len(distinct), rng)


def _drawn(groups: NDArray[np.int64], resamples: int, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (resamples, size) how often each group is drawn."""
    drawn = groups[rng.integers(len(groups), size=(resamples, len(groups)), dtype=np.int32)]
    drawn += size * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * size).reshape(resamples, size).astype(np.float64)


def _figures(p: NDArray[np.float64], q: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return (B,) of each figure, given (B, G) counts in the order of falling scores."""
    above_p, above_q = p.cumsum(axis=1), q.cumsum(axis=1)
    n, m = above_p[:, -1], above_q[:, -1]
    return {
        "auroc": ((above_p - p / 2) * q).sum(axis=1) / (n * m),
        "ap_positive": _average_precision(p, above_p, above_q, n),
        "ap_negative": _average_precision(q, m[:, None] - above_q + q, n[:, None] - above_p + p, m),
        "fpr95_in": _other_side(above_p, above_q, n) / m,
        "fpr95_out": _other_side((m[:, None] - above_q + q)[:, ::-1], (n[:, None] - above_p + p)[:, ::-1], m) / n,
        "aurc": _aurc(p, q, above_p, above_q),
    }


def _average_precision(
    found: NDArray[np.float64], above: NDArray[np.float64], others: NDArray[np.float64], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    precision = np.divide(above, above + others, out=np.zeros_like(above), where=above > 0)
    return np.asarray((found * precision).sum(axis=1) / total)


def _other_side(
    own: NDArray[np.float64], others: NDArray[np.float64], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how many of the other sample the strictest threshold keeps that keeps 95 % of the own sample."""
    at = (own >= np.ceil(0.95 * total - 1e-9)[:, None]).argmax(axis=1)
    return np.asarray(others[np.arange(len(own)), at])


def _aurc(
    p: NDArray[np.float64], q: NDArray[np.float64], above_p: NDArray[np.float64], above_q: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean, over k, of the expected error among the k most confident; ties are in random order.

    Within a group of c examples with e errors after K examples with E errors, the sum over j = 1..c of
    (E + e j / c) / (K + j) is e + (E - e K / c) (H(K + c) - H(K)), H the harmonic numbers.
    """
    total = round(float(above_p[0, -1] + above_q[0, -1]))
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, total + 1))])
    size = p + q
    before = above_p + above_q - size
    spread = harmonic[(before + size).astype(np.int64)] - harmonic[before.astype(np.int64)]
    rate = np.divide(q, size, out=np.zeros_like(q), where=size > 0)
    return np.asarray((q + (above_q - q - rate * before) * spread).sum(axis=1) / total)
