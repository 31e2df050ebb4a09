"""Odds and probabilities."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def probability(log_odds: NDArray[Any]) -> NDArray[np.float64]:
    """Return p of log odds log p / (1 - p), which is 1 / (1 + exp(-x)), element by element.

    It is what a mean over an utterance averages. A probability that differs from 1 by less than 1e-16 rounds to 1, so
    examples are ranked by their log odds, not by this.

    >>> probability(np.array([0.0, np.inf])).tolist()
    [0.5, 1.0]
    """
    from scipy.special import expit

    return np.asarray(expit(log_odds))


def log_odds(p: NDArray[Any]) -> NDArray[np.float64]:
    """Return log p / (1 - p) of probabilities p, element by element; of 1, infinity.

    >>> log_odds(np.array([0.5, 1.0])).tolist()
    [0.0, inf]
    """
    from scipy.special import logit

    return np.asarray(logit(p), dtype=np.float64)


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Return (N, C) probabilities of (N, C) logits; a class masked out by -inf gets 0.

    >>> softmax(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    from scipy.special import softmax as of_rows

    return np.asarray(of_rows(logits.astype(np.float64), axis=1))
