"""KL matching: how near the softmax lies to the mean softmax of a class.

    score = -min_k KL(p || d_k),   d_k = mean of p over the rows whose most likely class is k

The templates d_k are made of validation rows where the task's budget holds some back, as published, else of training
rows, whose softmax is sharper. A class that is never predicted has no template. The templates are logarithms, so that
no probability rounds to 0.

Source: Hendrycks et al. (ICML 2022), arXiv:1911.11132.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector, Fitted, Probe
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class KlMatching(Probe):
    """No options."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the logarithm of each predicted class's template, (K, S)."""
        rows = train.held_out or train
        kinds = sorted(set(rows.predicted.tolist()))
        return {"log_templates": torch.stack([_log_mean(rows.logits[rows.predicted == kind]) for kind in kinds])}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the divergence from the nearest template; nats, at most 0 but for rounding."""
        log_p = view.logits.double().log_softmax(1)
        p = log_p.exp()
        cross_entropy = -p @ fitted["log_templates"].T
        return -(torch.xlogy(p, p).sum(1) + cross_entropy.amin(1))


def _log_mean(logits: Tensor) -> Tensor:
    """Return (S,) log of the mean softmax; a class that is masked out everywhere gets a finite log near -infinity."""
    mean = logits.double().log_softmax(1).logsumexp(0) - math.log(len(logits))
    return mean.clamp_min(-1e30)


DETECTOR = Detector(name="kl_matching", title="KL matching", probe=KlMatching(), default=False)
