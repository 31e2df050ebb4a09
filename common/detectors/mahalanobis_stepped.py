"""Mahalanobis distance after a small step of the input that lessens it.

    x' = x + epsilon s sign(d score(x) / dx),   score(x') with score = -min_c d_c

s is the standard deviation of the embedded training inputs. The step is at most 0.05 s: larger ones, chosen freely, run
away from the data.

Source: Lee, Lee, Lee & Shin (NeurIPS 2018), arXiv:1807.03888, equation 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from common.detector import Detector
from common.detectors.mahalanobis import Mahalanobis
from common.features.class_distances import nearest
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class SteppedMahalanobis(Mahalanobis):
    """Options.

    Attributes:
        epsilon: size of the step, in standard deviations of the embedded input; 0 to 0.05.
    """

    gradient: ClassVar[bool] = True
    epsilon: float = 0.005

    @property
    def steps(self) -> bool:
        """Whether there is a step."""
        return self.epsilon > 0

    def settings(self) -> Sequence["SteppedMahalanobis"]:
        """Return sizes of the step to choose from; none at all is one."""
        return [SteppedMahalanobis(epsilon) for epsilon in (0.0, 0.002, 0.005, 0.02, 0.05)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn class means, covariance and the size of the step."""
        return {**super().fit(train), "step": torch.tensor(self.epsilon * train.input_std)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the squared distance to the nearest mean, after the step."""
        before = -nearest(view.features, fitted, shared=view.shared)
        if not self.epsilon:
            return before
        name = "mahalanobis", id(fitted["tied"])  # the same tensor in all settings
        return -nearest(view.stepped(before, fitted["step"], name).features, fitted)


DETECTOR = Detector(
    name="mahalanobis_stepped", title="Mahalanobis with input step", probe=SteppedMahalanobis(), default=False
)
