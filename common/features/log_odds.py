"""Odds of the winning class, which rounding does not bound."""

import torch
from torch import Tensor


def log_odds(logits: Tensor) -> Tensor:
    """Return (R,) float64 log p / (1 - p) of the most likely class: its logit less the logsumexp of the others.

    It ranks as the maximum softmax probability p, and keeps apart rows whose p rounds to 1; infinite where (R, S)
    logits have one class.
    """
    rows = logits.double()
    winner, place = rows.max(1, keepdim=True)
    return winner[:, 0] - rows.scatter(1, place, -torch.inf).logsumexp(1)
