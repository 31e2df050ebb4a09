"""Lead of the most probable class over the second, in log probability.

Source: Scheffer, Decomain & Wrobel (IDA 2001), who take the difference of the probabilities themselves.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float64]:
    """Log-probability margin log p_(1) - log p_(2) = z_(1) - z_(2): (N,) nats, at least 0; infinite without a rival."""
    return outputs.logit_scores["margin"]


DETECTOR = Detector(name="margin", title="Log-probability margin", of_outputs=score)
