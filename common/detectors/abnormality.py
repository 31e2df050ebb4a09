"""Abnormality module: the logit by which a trained head takes an input for normal.

The logit log(p / (1 - p)) ranks as the probability p of being clean does, and keeps apart the many that would round
to 0 or 1.

Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 4; trained by the objective of the same name.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector


def probability(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the head's sigmoid, 1 / (1 + exp(-logit)), which is what a mean over an utterance averages."""
    from scipy.special import expit

    return np.asarray(expit(logits.astype(np.float64)))


DETECTOR = Detector(
    name="abnormality",
    title="Abnormality module",
    extra="abnormality",
    for_mean=probability,
)
