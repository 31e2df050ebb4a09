"""Mahalanobis distance of features scaled to length 1.

    score = -min_c d_c(f / |f|)

Whatever lies far out because its features are long is not far any more, so direction alone counts.

Source: Müller & Hein, "Mahalanobis++" (ICML 2025), arXiv:2505.18032.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from common.detector import Detector, Fitted, Probe
from common.features.class_distances import learned, nearest
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class NormalisedMahalanobis(Probe):
    """Distance in the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn means and covariance of the normalised features."""
        return learned(train.moments(normalised=True))

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the squared distance to the nearest mean; at most 0."""
        return -nearest(functional.normalize(view.features), fitted)


DETECTOR = Detector(
    name="mahalanobis_normalised", title="Mahalanobis, normalised", probe=NormalisedMahalanobis(), default=False
)
