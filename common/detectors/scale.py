"""SCALE: energy after all activations of a row are scaled up, none removed.

    score = logsumexp(W h + b),   h = f exp(s1 / s2),   s1 = sum of f,   s2 = sum of the largest values of f

The sums are of the positive part; the scaled f is whole, since nothing is pruned.
Of units that are nearly non-negative (GELU) the positive part is used; signed features (tanh, LSTM) are refused. The
publication scales maps before they are pooled; here they are vectors, so figures differ.

Source: Xu, Chen, Franchi & Yao (ICLR 2024), arXiv:2310.00227.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Fitted
from common.features.changed_energy import ChangedEnergy, largest, require_non_negative, sharing
from common.features.training_views import TrainingViews


@dataclass(frozen=True)
class Scale(ChangedEnergy):
    """Options.

    Attributes:
        pruned: fraction of the values of a row that are left out of s2.
    """

    pruned: float = 0.85

    @property
    def name(self) -> str:
        """The detector's name."""
        return "scale"

    def settings(self) -> Sequence["Scale"]:
        """Return fractions to choose from."""
        return [Scale(pruned) for pruned in (0.85, 0.65, 0.75, 0.9, 0.95)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Keep the last layer, if the features are not signed."""
        require_non_negative(train, self.name)
        return super().fit(train)

    def change(self, features: Tensor, fitted: Fitted) -> Tensor:
        """Return the features, scaled."""
        positive = features.clamp_min(0)
        return features * sharing(positive, largest(positive, self.pruned)).exp()


DETECTOR = Detector(name="scale", title="SCALE", probe=Scale(), default=False)
