"""Mahalanobis distances summed over the hidden layers.

    score = -sum_l min_c d_c(h_l)

with means and covariance of each layer of its own. The published weights of the layers come from a logistic regression
on out-of-distribution data; here every layer counts alike.

Source: Lee, Lee, Lee & Shin (NeurIPS 2018), arXiv:1807.03888, section 2.2.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.class_distances import learned, nearest
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class LayeredMahalanobis(Probe):
    """Distances in all hidden layers that the model offers."""

    all_layers: ClassVar[bool] = True

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn class means and covariance of each layer."""
        each = [learned(train.moments(layer), f"{layer}.") for layer in range(len(train.layers))]
        return {name: value for one in each for name, value in one.items()}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the sum of the squared distances; at most 0."""
        each = [nearest(layer, fitted, f"{number}.", view.shared) for number, layer in enumerate(view.layers)]
        return -torch.stack(each).sum(0)


DETECTOR = Detector(
    name="mahalanobis_layers", title="Mahalanobis, all layers", probe=LayeredMahalanobis(), default=False
)
