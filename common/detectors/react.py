"""ReAct: energy after large activations are cut off.

    score = logsumexp(W min(f, c) + b)

c is a quantile of all activations of the training set, one for all units. Only the upper side is cut: signed features
stay as they are below c. The published percentile is 90, of a validation set; ``settings`` has lower ones too, which
suit small networks.

Source: Sun, Guo & Li (NeurIPS 2021), arXiv:2111.12797, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector
from common.detectors.shared.changed_energy import ChangedEnergy
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews


@dataclass(frozen=True)
class ReAct(ChangedEnergy):
    """Options.

    Attributes:
        percentile: fraction of the training activations that stay below the cut.
    """

    percentile: float = 0.9

    @property
    def name(self) -> str:
        """The detector's name."""
        return "react"

    def settings(self) -> Sequence["ReAct"]:
        """Return percentiles to choose from."""
        return [ReAct(percentile) for percentile in (0.9, 0.8, 0.85, 0.95, 0.99)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the cut."""
        return {**super().fit(train), "cut": train.quantile(self.percentile)}

    def change(self, features: Tensor, fitted: Fitted) -> Tensor:
        """Return the features cut off from above."""
        return features.minimum(fitted["cut"])


DETECTOR = Detector(name="react", title="ReAct", probe=ReAct(), default=False)
