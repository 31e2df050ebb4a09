"""Distance to the k-th nearest training example.

    score = -|x - x_(k)|,   x = f / |f| where ``normalised``, else f

Source: Sun, Ming, Zhu & Li (ICML 2022), arXiv:2204.06507, equation 3. Published k: 50 for 50,000 examples of CIFAR,
1,000 for ImageNet; it should grow with the number of examples. As there with 1 % of ImageNet, a sample of many rows is
searched where rows are steps of sequences (``TrainingViews.searched``); the ks to choose from are the same there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from common.detector import Detector, Probe
from common.features.fitted import Fitted
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
        if self.normalised:
            return {"bank": train.bank_directions}
        return {"bank": train.bank, "half_squares": train.bank.square().sum(1) / 2}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the distance; at most 0."""
        rows = functional.normalize(view.features) if self.normalised else view.features
        return -kth_distance(view, rows, fitted, self.k)


DETECTOR = Detector(
    name="knn", title="k nearest neighbours", probe=NearestNeighbours(), default=False, family="one-class"
)
