"""ASH-B: energy after the largest activations of a row all get its mean share.

    score = logsumexp(W h + b),   h = (sum of f) / k for the k largest values of a row, 0 for the others

Of units that are nearly non-negative (GELU) the positive part is used; signed features (tanh, LSTM) are refused. The
publication prunes maps before they are pooled; here they are vectors, so figures differ.

Source: Djurisic, Bozanic, Ashok & Liu (ICLR 2023), arXiv:2209.09858, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Fitted
from common.features.changed_energy import ChangedEnergy, largest, require_non_negative
from common.features.training_views import TrainingViews


@dataclass(frozen=True)
class AshB(ChangedEnergy):
    """Options.

    Attributes:
        pruned: fraction of the values of a row that become 0.
    """

    pruned: float = 0.9

    @property
    def name(self) -> str:
        """The detector's name."""
        return "ash_b"

    def settings(self) -> Sequence["AshB"]:
        """Return fractions to choose from."""
        return [AshB(pruned) for pruned in (0.9, 0.65, 0.75, 0.85, 0.95)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Keep the last layer, if the features are not signed."""
        require_non_negative(train, self.name)
        return super().fit(train)

    def change(self, features: Tensor, fitted: Fitted) -> Tensor:
        """Return one value for the features that are kept, 0 for the others."""
        positive = features.clamp_min(0)
        kept = (largest(positive + 1, self.pruned) > 0).double()  # + 1: a kept value of 0 counts too
        return kept * (positive.sum(1, keepdim=True) / kept.sum(1, keepdim=True))


DETECTOR = Detector(name="ash_b", title="ASH-B", probe=AshB(), default=False)
