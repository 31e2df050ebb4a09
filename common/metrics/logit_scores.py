"""Confidence scores computed from logits alone, in one pass and bounded memory.

Notation for a row: z its C logits, m the largest of them, p = softmax(z), R the sum of exp(z_j - m) over the others,
so that the softmax denominator is exp(m) (1 + R). Every score is higher where the model is more confident.

    msp         log p / (1 - p) of max_j p_j = -log R  log odds          Hendrycks & Gimpel (ICLR 2017), section 2
    log_msp     log max_j p_j = -log(1 + R)           nats, at most 0    the same, as a log probability
    kl_uniform  KL(p || uniform) = log C - H(p)       nats, 0 to log C   the same authors' second score
    entropy     -H(p) = sum_j p_j log p_j             nats, at most 0    ranks as kl_uniform; keeps its digits near 0
    max_logit   m                                     logits             Hendrycks et al. (ICML 2022), arXiv:1911.11132
    energy      log sum_j exp(z_j) = m + log(1 + R)   logits             Liu et al. (NeurIPS 2020), arXiv:2010.03759
    margin      log p_(1) - log p_(2) = m - z_(2)     nats, at least 0   Scheffer et al. (IDA 2001), of p, not its log

R skips the largest logit by its position instead of subtracting it from the sum: a probability of 1 - 1e-30 keeps its
rank, where the softmax itself would round to 1 and tie. Where the winner leads by more than about 745, R itself is less
than any float64, so ``log_msp`` and ``entropy`` round to 0 and tie there. ``msp`` takes -log R as m minus the logsumexp
of the others, so it ranks rows at any lead; ``probability`` of ``common.metrics.odds`` shows it as a probability.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.arrays import as_array
from common.metrics.rivals import rivals

NAMES = ("msp", "log_msp", "kl_uniform", "entropy", "max_logit", "energy", "margin")
TINY = 1e-290  # below it, R has lost digits, or is 0
CHUNK_ELEMENTS = 2**17  # two float64 buffers of this size still live in a core's caches


def logit_scores(logits: Any, names: Sequence[str] = NAMES, chunk: int | None = None) -> dict[str, NDArray[np.float64]]:
    """Compute the named scores of every row in one pass; everything is accumulated in float64.

    A logit of -inf masks its class out: the class has probability 0 and still counts in C. A row with a single unmasked
    class, and every row where C is 1, has probability 1 for that class, and infinite log odds and margin.

    Args:
        logits: (N, C) array, list or tensor, N and C at least 1.
        names: scores to compute, of ``NAMES``; others cost nothing.
        chunk: rows per step; by default as many as fit into a core's cache.

    Returns:
        name -> (N,) float64, in the order of ``names``.

    Raises:
        ValueError: an unknown name, logits that are not (N, C), are empty or not numbers, or a row that has no
            largest finite logit (NaN or +inf in it, or -inf throughout).

    >>> scores = logit_scores([[2.0, 0.0, 0.0], [100.0, 0.0, 0.0]], names=["log_msp", "energy"])
    >>> scores["log_msp"]
    array([-2.39544766e-01, -7.44015195e-44])
    >>> scores["energy"].round(3)
    array([  2.24, 100.  ])
    """
    z = _checked(as_array(logits), names)
    rows, classes = z.shape
    chunk = chunk or max(1, CHUNK_ELEMENTS // classes)
    scores = {name: np.empty(rows) for name in names}
    shifted, weight = np.empty((2, min(chunk, rows), classes))
    for start in range(0, rows, chunk):
        part = z[start : start + chunk]
        values = _score_chunk(part, start, shifted[: len(part)], weight[: len(part)], names)
        for name in names:
            scores[name][start : start + chunk] = values[name]
    return scores


def _checked(z: NDArray[Any], names: Sequence[str]) -> NDArray[Any]:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise ValueError(f"unknown score {unknown[0]!r}; there are: {', '.join(NAMES)}")
    if z.ndim != 2:
        raise ValueError(f"logits must have two axes (examples, classes), not shape {z.shape}")
    if not z.size:
        raise ValueError(f"logits are empty: shape {z.shape}")
    if z.dtype.kind not in "iuf":
        raise ValueError(f"logits must be numbers, not {z.dtype}")
    return z


def _score_chunk(
    z: NDArray[Any], start: int, shifted: NDArray[np.float64], weight: NDArray[np.float64], names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Scores of the rows ``z``; ``shifted`` and ``weight`` are buffers of their shape."""
    every, best = np.arange(len(z)), z.argmax(axis=1)
    largest = z[every, best].astype(np.float64)  # NaN if the row holds one, because argmax returns its position
    _refuse_infinite(largest, start)
    np.copyto(shifted, z)
    with np.errstate(over="ignore", under="ignore"):  # a difference beyond float64 is a probability of 0
        np.subtract(shifted, largest[:, None], out=shifted)
        np.exp(shifted, out=weight)
    weight[every, best] = 0.0
    others = weight.sum(axis=1)
    log_sum = np.log1p(others)
    values = {"log_msp": 0.0 - log_sum, "max_logit": largest, "energy": largest + log_sum}
    if "msp" in names:
        values["msp"] = _log_odds(z, others)
    if "kl_uniform" in names or "entropy" in names:
        values["entropy"] = _weighted_mean(shifted, weight, others) - log_sum
        values["kl_uniform"] = np.log1p(z.shape[1] - 1) + values["entropy"]
    if "margin" in names:
        shifted[every, best] = -np.inf
        values["margin"] = 0.0 - shifted.max(axis=1)
    return values


def _log_odds(z: NDArray[Any], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -log R, from the logits themselves where R underflows."""
    with np.errstate(divide="ignore"):
        odds = 0.0 - np.log(others)
    lost = np.flatnonzero(others < TINY)
    for rows, _, log_rest in rivals(z[lost]):
        odds[lost[rows]] = 0.0 - log_rest
    return odds


def _refuse_infinite(largest: NDArray[np.float64], start: int) -> None:
    bad = np.flatnonzero(~np.isfinite(largest))
    if bad.size:
        value = largest[bad[0]]
        reason = "NaN" if np.isnan(value) else "+inf" if value > 0 else "nothing but -inf"
        raise ValueError(f"logits hold {reason} in row {start + bad[0]}")


def _weighted_mean(
    shifted: NDArray[np.float64], weight: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of z - m under p; a class of probability 0 adds nothing, even where its z - m is -inf."""
    with np.errstate(invalid="ignore"):
        total = np.vecdot(shifted, weight)
    masked = np.isnan(total)
    if masked.any():
        finite = np.where(weight[masked] > 0, shifted[masked], 0.0)
        total[masked] = np.vecdot(finite, weight[masked])
    return np.asarray(total / (1.0 + others))
