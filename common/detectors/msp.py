"""Maximum softmax probability: the baseline.

Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 2.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float64]:
    """Log of the largest softmax probability, log max_j p_j: (N,) nats, at most 0.

    The logarithm ranks as the probability does, and keeps apart the many that would round to 1.
    """
    return outputs.logit_scores["log_msp"]


DETECTOR = Detector(name="msp", title="Maximum softmax probability", of_outputs=score, for_mean=np.exp)
