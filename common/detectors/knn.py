"""Distance to the k-th nearest training example.

    score = -|x - x_(k)|,   x = f / |f| where ``normalised``, else f

Source: Sun, Ming, Zhu & Li (ICML 2022), arXiv:2204.06507, equation 3. Published k: 50 for 50,000 examples of CIFAR,
1,000 for ImageNet; it should grow with the number of examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from common.detector import Detector, Fitted, Probe
from common.features.neighbours import kth_distance
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class NearestNeighbours(Probe):
    """Options.

    Attributes:
        k: which neighbour, from 1.
        normalised: whether rows are scaled to length 1 first.
    """

    k: int = 50
    normalised: bool = True

    def settings(self) -> Sequence["NearestNeighbours"]:
        """Return options to choose from."""
        return [NearestNeighbours(k, normalised) for normalised in (True, False) for k in (50, 10, 1)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Keep the training rows."""
        return {"bank": self._rows(train.features)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the distance; at most 0."""
        return -kth_distance(self._rows(view.features), fitted["bank"], self.k)

    def _rows(self, features: Tensor) -> Tensor:
        return functional.normalize(features) if self.normalised else features


DETECTOR = Detector(
    name="knn", title="k nearest neighbours", probe=NearestNeighbours(), default=False, family="one-class"
)
