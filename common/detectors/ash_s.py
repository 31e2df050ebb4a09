"""ASH-S: energy after a row's largest activations are scaled up and the others removed.

    score = logsumexp(W h + b),   h = prune(f) exp(s1 / s2),   s1 = sum of f,   s2 = sum of prune(f)

Of units that are nearly non-negative (GELU) the positive part is used; signed features (tanh, LSTM) are refused. The
publication prunes maps before they are pooled; here they are vectors, so figures differ.

Source: Djurisic, Bozanic, Ashok & Liu (ICLR 2023), arXiv:2209.09858, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Fitted
from common.features.changed_energy import ChangedEnergy, largest, require_non_negative, sharing
from common.features.training_views import TrainingViews


@dataclass(frozen=True)
class AshS(ChangedEnergy):
    """Options.

    Attributes:
        pruned: fraction of the values of a row that become 0.
    """

    pruned: float = 0.9

    @property
    def name(self) -> str:
        """The detector's name."""
        return "ash_s"

    def settings(self) -> Sequence["AshS"]:
        """Return fractions to choose from."""
        return [AshS(pruned) for pruned in (0.9, 0.65, 0.75, 0.85, 0.95)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Keep the last layer, if the features are not signed."""
        require_non_negative(train, self.name)
        return super().fit(train)

    def change(self, features: Tensor, fitted: Fitted) -> Tensor:
        """Return the largest features, scaled, the others 0."""
        positive = features.clamp_min(0)
        kept = largest(positive, self.pruned)
        return kept * sharing(positive, kept).exp()


DETECTOR = Detector(name="ash_s", title="ASH-S", probe=AshS(), default=False)
