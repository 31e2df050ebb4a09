"""Learned confidence: what a head that was trained to know when hints are needed says of an input.

    score = log c,   c = sigmoid of the confidence head

The logarithm ranks as c does, and keeps apart the many that would round to 1. The objective of the same name trains the
head and leaves the score as an output. Rows say what hints would cost on the test set, which training keeps near its
budget on the training set.

Source: DeVries & Taylor (2018), arXiv:1802.04865, section 2.
"""

import numpy as np

from common.detector import Detector, Option
from common.store.outputs import Outputs


def cost_of_hints(test: Outputs) -> dict[str, Option]:
    """Return ``cost``, -mean log c over the test rows, in nats."""
    return {"cost": -float(test.row_extras["confidence"].mean())}


DETECTOR = Detector(
    name="learned_confidence",
    title="Learned confidence",
    extra="confidence",
    for_mean=np.exp,
    told=cost_of_hints,
)
