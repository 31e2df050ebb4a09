"""DICE: energy with the weights that contribute least removed.

    score = logsumexp((M * W) f + b),   M_cd = [W_cd mean_d is among the largest (1 - p) C D of all]

mean_d is the mean of feature d over the training set, so W_cd mean_d is what it contributes to class c on average.
Signed features are taken as they are.

Source: Sun & Li (ECCV 2022), arXiv:2111.09805, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from common.detector import Detector
from common.detectors.shared.changed_energy import ChangedEnergy
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews


@dataclass(frozen=True)
class Dice(ChangedEnergy):
    """Options.

    Attributes:
        pruned: fraction p of the weights that are removed; 0.9 as published for CIFAR, 0.7 for ImageNet.
    """

    precision: ClassVar[torch.dtype] = torch.float32  # that of the network's own logits
    pruned: float = 0.9

    @property
    def name(self) -> str:
        """The detector's name."""
        return "dice"

    def settings(self) -> Sequence["Dice"]:
        """Return fractions to choose from."""
        return [Dice(pruned) for pruned in (0.9, 0.3, 0.5, 0.7)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn which weights stay."""
        head = train.linear_head(self.name)
        contribution = head.weight.double() * train.mean
        kept = max(contribution.numel() - round(self.pruned * contribution.numel()), 1)
        least = contribution.flatten().topk(kept).values[-1]
        return {"weight": torch.where(contribution >= least, head.weight, 0.0), "bias": head.bias}


DETECTOR = Detector(name="dice", title="DICE", probe=Dice(), default=False)
