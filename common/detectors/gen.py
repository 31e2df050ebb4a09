"""GEN: generalised entropy of the largest probabilities.

    score = -sum over the M largest p_j of p_j^gamma (1 - p_j)^gamma,   gamma = 0.1, M = 100 or all classes if fewer

gamma and M are the published ones, which were not chosen for the tasks here. A small gamma weighs the tail: it is the
small probabilities that tell. p and 1 - p stay logarithms until they are multiplied, so no probability is clamped.

Source: Liu, Lochman & Zach (CVPR 2023), the generalised entropy of the largest probabilities.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.metrics.rivals import rivals
from common.store.outputs import Outputs

GAMMA, LARGEST = 0.1, 100


def score(outputs: Outputs) -> NDArray[np.float64]:
    """Minus the generalised entropy: (N,) at most 0, no unit; 0 where one class has all probability."""
    logits = outputs.scored_logits
    others = min(LARGEST, logits.shape[1]) - 1
    scores = np.empty(len(logits))
    for rows, behind, log_rest in rivals(logits):
        log_sum = np.log1p(np.exp(log_rest))  # of the softmax's denominator, the winner counting 1
        winner = np.exp(GAMMA * (log_rest - 2 * log_sum))  # p = 1 / (1 + R), 1 - p = R / (1 + R)
        log_p = np.partition(behind, -others, axis=1)[:, -others:] - log_sum[:, None] if others else behind[:, :0]
        scores[rows] = 0.0 - winner - np.exp(GAMMA * (log_p + np.log1p(-np.exp(log_p)))).sum(axis=1)
    return scores


DETECTOR = Detector(name="gen", title="Generalised entropy (GEN)", of_outputs=score, default=False)
