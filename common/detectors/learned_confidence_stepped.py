"""Learned confidence after a small step of the input that raises it.

    x' = x + epsilon s sign(d log c(x) / dx),   score = log c(x'),   c = sigmoid of the confidence head

s is the standard deviation of the embedded training inputs (as for ``odin``). Models without a confidence head, which
the objective ``learned_confidence`` trains, are left out. The publication chooses epsilon on images of the OOD set that
it reports; here it is chosen on pseudo-OOD.

Source: DeVries & Taylor (2018), arXiv:1802.04865, section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View


@dataclass(frozen=True)
class SteppedConfidence(Probe):
    """Options.

    Attributes:
        epsilon: size of the step, in standard deviations of the embedded input.
    """

    gradient: ClassVar[bool] = True
    epsilon: float = 0.006

    @property
    def steps(self) -> bool:
        """Whether there is a step."""
        return self.epsilon > 0

    def settings(self) -> Sequence["SteppedConfidence"]:
        """Return steps to choose from."""
        return [SteppedConfidence(epsilon) for epsilon in (0.006, 0.0, 0.03, 0.1)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the size of a step."""
        if "confidence" not in train.extras:
            raise NotApplicable(
                "detector learned_confidence_stepped needs the confidence head of objective learned_confidence"
            )
        return {"step": torch.tensor(self.epsilon * train.input_std)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) log confidence after the step; at most 0."""
        confidence = view.row_extras()["confidence"]
        if not self.epsilon:
            return confidence
        return view.stepped(confidence, fitted["step"], "confidence").row_extras()["confidence"]


DETECTOR = Detector(
    name="learned_confidence_stepped",
    title="Learned confidence, input step",
    probe=SteppedConfidence(),
    for_mean=np.exp,
    default=False,
)
