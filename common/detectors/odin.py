"""ODIN: the softmax at a high temperature, after a small step of the input that raises it.

    x' = x + epsilon s sign(d log S(x; T) / dx),   score = log S(x'; T),   S(x; T) = max_c softmax(z(x) / T)_c

s is the standard deviation of the embedded training inputs, so that one ``epsilon`` means the same for pixels, word
vectors and MFCCs; the published step of 0.0014 divides by the standard deviation of a colour channel, so it is 0.0014
pixels in units of [0, 1], about 0.006 of ours. Where the gradient is 0 the published code steps up, ours stays.

Source: Liang, Li & Srikant (ICLR 2018), arXiv:1706.02690, equations 1 and 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class Odin(Probe):
    """Options.

    Attributes:
        temperature: T, above 0; 1,000 as published.
        epsilon: size of the step, in standard deviations of the embedded input.
    """

    gradient: ClassVar[bool] = True
    temperature: float = 1000.0
    epsilon: float = 0.006

    @property
    def steps(self) -> bool:
        """Whether there is a step."""
        return self.epsilon > 0

    def settings(self) -> Sequence["Odin"]:
        """Return temperatures and steps to choose from; the largest step is a tenth of the input's spread."""
        return [Odin(temperature, step) for temperature, step in product((1000.0, 10.0, 1.0), (0.006, 0.0, 0.03, 0.1))]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the size of a step."""
        return {"step": torch.tensor(self.epsilon * train.input_std)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) log of the largest softmax probability at the temperature, after the step."""
        if not self.epsilon:
            return self._confidence(view.logits)
        name = "softmax", self.temperature
        return self._confidence(view.stepped(self._confidence(view.logits), fitted["step"], name).logits)

    def _confidence(self, logits: Tensor) -> Tensor:
        return (logits.double() / self.temperature).log_softmax(1).amax(1)


DETECTOR = Detector(name="odin", title="ODIN", probe=Odin(), for_mean=np.exp, default=False)
