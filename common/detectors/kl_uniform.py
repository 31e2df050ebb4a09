"""Divergence of the softmax from the uniform distribution.

Source: the second score in the published code of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float64]:
    """KL(p || uniform) = log C - H(p): (N,) nats, from 0 (uniform) to log C (certain).

    Below an entropy of about 1e-16 it rounds to log C, and such rows tie; ``entropy`` ranks them too.
    """
    return outputs.logit_scores["kl_uniform"]


DETECTOR = Detector(name="kl_uniform", title="KL divergence from uniform", of_outputs=score)
