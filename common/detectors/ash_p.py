"""ASH-P: energy after all but the largest activations of a row are removed.

    score = logsumexp(W prune(f) + b),   prune: the smallest fraction of a row's values becomes 0

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
class AshP(ChangedEnergy):
    """Options.

    Attributes:
        pruned: fraction of the values of a row that become 0.
    """

    pruned: float = 0.9

    @property
    def name(self) -> str:
        """The detector's name."""
        return "ash_p"

    def settings(self) -> Sequence["AshP"]:
        """Return fractions to choose from."""
        return [AshP(pruned) for pruned in (0.9, 0.65, 0.75, 0.85, 0.95)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Keep the last layer, if the features are not signed."""
        require_non_negative(train, self.name)
        return super().fit(train)

    def change(self, features: Tensor, fitted: Fitted) -> Tensor:
        """Return the largest features, the others 0."""
        positive = features.clamp_min(0)
        return largest(positive, self.pruned)


DETECTOR = Detector(name="ash_p", title="ASH-P", probe=AshP(), default=False)
