"""Energy of logits that are computed again, from changed features or with changed weights of the last layer."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from common.detector import Probe
from common.features.fitted import Fitted
from common.features.linear_head import LinearHead
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View

NEGATIVE_FRACTION = 0.3
"""Features count as nearly non-negative if at most this fraction of their absolute sum is negative: ReLU 0, GELU of
standard normal inputs 0.15; tanh and the outputs of an LSTM, which are signed, about 0.5."""


@dataclass(frozen=True)
class ChangedEnergy(Probe):
    """score = logsumexp(W change(f) + b). A subclass defines ``name`` and ``change``.

    Attributes:
        precision: of the product with the weights; float64 where features may be scaled up by powers of e.
    """

    precision: ClassVar[torch.dtype] = torch.float64

    @property
    def name(self) -> str:
        """The detector's name, for messages."""
        raise NotImplementedError

    def change(self, features: Tensor, fitted: Fitted) -> Tensor:
        """Return the (R, D) features that the last layer gets."""
        return features

    def fit(self, train: TrainingViews) -> Fitted:
        """Keep the last layer."""
        head = train.linear_head(self.name)
        return {"weight": head.weight, "bias": head.bias}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the energy, in units of the logits."""
        head = LinearHead(fitted["weight"].to(self.precision), fitted["bias"].to(self.precision))
        return head(self.change(view.features.to(self.precision), fitted)).double().logsumexp(1)


def require_non_negative(train: TrainingViews, method: str) -> None:
    """Refuse features that are signed, for a method that reads activations as amounts.

    Raises:
        NotApplicable: more than ``NEGATIVE_FRACTION`` of the absolute sum is negative.
    """
    if train.negative_fraction > NEGATIVE_FRACTION:
        raise NotApplicable(
            f"detector {method} needs features that are not negative (of ReLU or GELU units); "
            f"{train.negative_fraction:.0%} of the absolute sum of this model's are"
        )


def largest(features: Tensor, pruned: float) -> Tensor:
    """Return the features with all but the largest of each row set to 0.

    Args:
        features: (R, D).
        pruned: fraction of the D values that become 0, rounded; one value is kept at least.
    """
    width = features.shape[1]
    values, places = features.topk(max(width - round(pruned * width), 1), dim=1)
    return torch.zeros_like(features).scatter(1, places, values)


def sharing(features: Tensor, kept: Tensor) -> Tensor:
    """Return (R, 1) s1 / s2: the sum of non-negative features over that of the kept ones, from 1 to D; 1 if all are 0.

    The sum of the kept is at least k / D of that of all, so for a pruned fraction of 0.95 the ratio is at most 20,
    and its exponential needs no cap.
    """
    whole, part = features.sum(1, keepdim=True), kept.sum(1, keepdim=True)
    return torch.where(part > 0, whole / part, 1.0)
