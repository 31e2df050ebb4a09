"""Principal components of the features: how badly a few of them reconstruct a row.

    score = -|(I - P P^T)(f - mean)|

P are the directions of largest variance of the training rows.

Source: Shyu, Chen, Sarinnapakorn & Chang (2003), "A novel anomaly detection scheme based on principal component
classifier".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.subspace import distance_from, largest_variance, part_of
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class FeaturePca(Probe):
    """Options.

    Attributes:
        dimension: how many components, as a fraction of the features.
    """

    dimension: float = 0.25

    def settings(self) -> Sequence["FeaturePca"]:
        """Return dimensions to choose from."""
        return [FeaturePca(dimension) for dimension in (0.25, 0.5, 0.1, 0.05)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn mean and directions."""
        moments = train.moments()
        directions = largest_variance(moments.whole_axes, part_of(len(moments.whole), self.dimension))
        return {"mean": moments.mean.float(), "directions": directions.float()}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the distance, in units of the features."""
        return -distance_from(view.features, fitted["mean"], fitted["directions"])


DETECTOR = Detector(name="pca", title="PCA of the features", probe=FeaturePca(), default=False, family="unsupervised")
