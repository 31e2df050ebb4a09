"""DOCTOR: the chance that two draws from the softmax agree, as log odds.

    g = sum_j p_j^2,   score = log g / (1 - g)

The published rule rejects where (1 - g) / g is above a threshold; the score is minus the logarithm of that, which ranks
alike and keeps rows apart whose g rounds to 1. With w_j = exp(z_j - m), R and Q the sums of w and w^2 over all classes
but the winner, (1 - g) / g = R (2 + R - Q / R) / (1 + Q), where Q / R is between 0 and 1.

Source: Granese, Romanelli, Gorla, Palamidessi & Piantanida (NeurIPS 2021), arXiv:2106.02395, the rule D_alpha.
"""

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.metrics.odds import probability
from common.metrics.rivals import rivals
from common.store.outputs import Outputs


def score(outputs: Outputs) -> NDArray[np.float64]:
    """Log odds of agreement g: (N,) nats, from -log(C - 1) (uniform) upwards; infinite without a rival."""
    scores = np.empty(len(outputs.logits))
    for rows, behind, log_rest in rivals(outputs.scored_logits):
        weights, finite = np.exp(behind), np.where(np.isneginf(log_rest), 0.0, log_rest)
        mean_weight = (np.exp(behind - finite[:, None]) * weights).sum(axis=1)  # Q / R
        rest = weights.sum(axis=1)
        scores[rows] = np.log1p(rest * mean_weight) - log_rest - np.log(2 + rest - mean_weight)
    return scores


DETECTOR = Detector(name="doctor", title="DOCTOR", of_outputs=score, for_mean=probability, default=False)
