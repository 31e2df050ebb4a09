"""Residual: distance of the features from the principal subspace of the training features.

    score = -|(I - P P^T)(f - u)| = -|Q^T (f - u)|,   u = -pinv(W) b

P are the directions of largest second moment around u, which is where all logits come nearest to 0; Q are the others.

Source: Wang, Li, Feng & Zhang (CVPR 2022), arXiv:2203.10807, section 4.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.subspace import distance_along, part_of, smallest_variance
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class Residual(Probe):
    """Options.

    Attributes:
        dimension: of the principal subspace, as a fraction of the features'.
    """

    dimension: float = 0.5

    def settings(self) -> Sequence["Residual"]:
        """Return dimensions to choose from."""
        return [type(self)(dimension) for dimension in (0.5, 0.75, 0.25, 0.05)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the origin and the directions outside the subspace."""
        train.linear_head("residual")  # refused where there is none
        origin, axes = train.around_zero_logits  # not around the mean
        outside = smallest_variance(axes, part_of(len(axes), self.dimension))
        return {"origin": origin.float(), "outside": outside.float()}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the distance, in units of the features."""
        return -distance_along(view.features, fitted["origin"], fitted["outside"])


DETECTOR = Detector(name="residual", title="Residual", probe=Residual(), default=False)
