"""What the winning class leaves to the others, in logarithms: the part of a softmax that rounding would lose."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK_ELEMENTS = 2**20


def rivals(logits: NDArray[Any]) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield chunk by chunk the rows that it has, and what the losing classes have in them, in float64.

    With m the largest logit of a row and R = sum of exp(z_j - m) over the others:

    Args:
        logits: (N, C), checked by ``Outputs``.

    Yields:
        rows: which of the N rows.
        behind: (n, C) z_j - m, at most 0; -inf for the winner, which is left out by its place.
        log_rest: (n,) log R; -inf without a rival.
    """
    step = max(1, CHUNK_ELEMENTS // logits.shape[1])
    for start in range(0, len(logits), step):
        rows = slice(start, min(start + step, len(logits)))
        behind = logits[rows].astype(np.float64)
        every, best = np.arange(len(behind)), behind.argmax(axis=1)
        behind -= behind[every, best][:, None]
        behind[every, best] = -np.inf
        nearest = behind.max(axis=1)
        with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
            log_rest = nearest + np.log(np.exp(behind - nearest[:, None]).sum(axis=1))
        yield rows, behind, np.where(np.isneginf(nearest), -np.inf, log_rest)
