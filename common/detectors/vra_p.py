"""VRA-P: energy after small activations are removed and large ones cut off.

    score = logsumexp(W v(f) + b),   v(f) = 0 if f < low,  f if low <= f <= high,  high if f > high

low and high are quantiles of all activations of the training set, one pair for all units. Signed features that are
below low become 0, as the others do. pytorch-ood's ``VRA`` is another thing: there every unit has quantiles of its own,
and what is below the lower one is raised to it.

Source: Xu, Lian, Liu & Tao (NeurIPS 2023), arXiv:2302.11716, the piecewise form VRA-P.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from common.detector import Detector
from common.detectors.shared.changed_energy import ChangedEnergy
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews


@dataclass(frozen=True)
class VraP(ChangedEnergy):
    """Options.

    Attributes:
        low: fraction of the training activations that are removed.
        high: fraction that is not cut off; above ``low``.
    """

    low: float = 0.6
    high: float = 0.95

    @property
    def name(self) -> str:
        """The detector's name."""
        return "vra_p"

    def settings(self) -> Sequence["VraP"]:
        """Return pairs of percentiles to choose from."""
        return [VraP(low, high) for low, high in product((0.6, 0.1, 0.3), (0.95, 0.85, 0.9))]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn both bounds."""
        bounds = {"low": train.quantile(self.low), "high": train.quantile(self.high)}
        return {**super().fit(train), **bounds}

    def change(self, features: Tensor, fitted: Fitted) -> Tensor:
        """Return the features between the bounds."""
        return torch.where(features < fitted["low"], 0.0, features.minimum(fitted["high"]))


DETECTOR = Detector(name="vra_p", title="VRA-P", probe=VraP(), default=False)
