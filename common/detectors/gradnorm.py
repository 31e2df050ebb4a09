"""GradNorm: size of the gradient of the last layer's weights towards the uniform distribution.

    score = |d KL(uniform || p) / dW|_1 = |f|_1 |p - 1/C|_1

The gradient is the outer product of p - 1/C and the features f, and the norm of an outer product is the product of the
norms: nothing has to be differentiated. The published code repeats a backward pass for every example.

Source: Huang, Geng & Li (NeurIPS 2021), arXiv:2110.00218, the norm of the last layer's gradient.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class GradNorm(Probe):
    """No options; the temperature is 1, as published."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn nothing, but refuse a last layer that is not linear: the closed form is of a matrix."""
        train.linear_head("gradnorm")
        return {}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the norm, in units of the features; at least 0."""
        away = view.logits.double().softmax(1) - 1 / view.logits.shape[1]
        return view.features.abs().sum(1, dtype=torch.float64) * away.abs().sum(1)


DETECTOR = Detector(name="gradnorm", title="GradNorm", probe=GradNorm(), default=False)
