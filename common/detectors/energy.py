"""Free energy of the logits, negated, at temperature 1.

Source: Liu, Wang, Owens & Li (NeurIPS 2020), arXiv:2010.03759, section 3.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float64]:
    """Negative energy log sum_j exp(z_j): (N,) in units of the logits. It may have either sign."""
    return outputs.logit_scores["energy"]


DETECTOR = Detector(name="energy", title="Energy", of_outputs=score)
