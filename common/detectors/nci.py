"""NCI: how far the centred features point along the weights of the predicted class, and how long they are.

    score = w_y.(f - mean) / |f - mean| + alpha |f|_1,   y the predicted class

In a network at the end of training the centred features of a class lie along its weights.

Source: Liu & Qin (CVPR 2025), arXiv:2311.01479, algorithm 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class Alignment(Probe):
    """Options.

    Attributes:
        alpha: weight of the length of the features, at least 0.
    """

    alpha: float = 0.0

    def settings(self) -> Sequence["Alignment"]:
        """Return weights to choose from."""
        return [Alignment(alpha) for alpha in (0.0, 1e-4, 1e-3, 1e-2)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Keep the weights and learn the mean of the features."""
        return {"weight": train.linear_head("nci").weight, "mean": train.mean.float()}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the alignment, in units of the weights."""
        centred = view.features - fitted["mean"]
        along = (centred * fitted["weight"][view.predicted]).sum(1)
        length = torch.linalg.vector_norm(centred, dim=1).clamp_min(1e-12)
        aligned: Tensor = along / length + self.alpha * view.features.abs().sum(1)
        return aligned


DETECTOR = Detector(name="nci", title="NCI", probe=Alignment(), default=False)
