"""Abnormality module: the logit by which a trained head takes an input for normal.

Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 4; trained by the objective of the same name.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float32]:
    """Logit of the probability of being clean, log(p / (1 - p)): (N,) any real number.

    The logit ranks as the probability does, and keeps apart the many that would round to 0 or 1.
    """
    return np.asarray(outputs.extras["abnormality"])


def probability(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the head's sigmoid, 1 / (1 + exp(-logit)), which is what a mean over an utterance averages."""
    from scipy.special import expit

    return np.asarray(expit(logits.astype(np.float64)))


DETECTOR = Detector(
    name="abnormality",
    title="Abnormality module",
    needs="extras",
    score=score,
    for_mean=probability,
    extra="abnormality",
)
