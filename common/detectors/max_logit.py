"""Largest logit, before any normalisation.

Source: Hendrycks et al. (ICML 2022), arXiv:1911.11132, section 3.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float64]:
    """Largest logit max_j z_j: (N,) in units of the logits."""
    return outputs.logit_scores["max_logit"]


DETECTOR = Detector(name="max_logit", title="Maximum logit", of_outputs=score)
