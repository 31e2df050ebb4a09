"""Maximum softmax probability: the baseline.

Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 2.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.metrics.odds import probability
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float64]:
    """Log odds log p / (1 - p) of the largest softmax probability p: (N,), from -log(C - 1) upwards.

    They rank as the probability does, and keep apart the many that would round to 1, at any lead of the winner.
    """
    return outputs.logit_scores["msp"]


DETECTOR = Detector(name="msp", title="Maximum softmax probability", of_outputs=score, for_mean=probability)
