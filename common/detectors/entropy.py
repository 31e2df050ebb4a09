"""Entropy of the softmax, negated.

Source: Shannon (Bell System Technical Journal 27, 1948), section 6.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float64]:
    """Negative entropy -H(p) = sum_j p_j log p_j: (N,) nats, from -log C (uniform) to 0 (certain)."""
    return outputs.logit_scores["entropy"]


DETECTOR = Detector(name="entropy", title="Negative entropy", of_outputs=score)
