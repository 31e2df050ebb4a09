"""Relative Mahalanobis distance: to the nearest class mean, less the distance to the mean of all.

    score = -(min_c d_c(f) - d_0(f))

What all classes share, and what a strange input merely has more of, cancels.

Source: Ren et al., "A simple fix to Mahalanobis distance for improving near-OOD detection" (2021), arXiv:2106.09022,
equation 1.
"""

from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Probe
from common.features.class_distances import background, learned, nearest
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class RelativeMahalanobis(Probe):
    """Distance in the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn class means and both covariances."""
        return learned(train.moments())

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the difference of squared distances."""
        return background(view.features, fitted) - nearest(view.features, fitted, shared=view.shared)


DETECTOR = Detector(
    name="relative_mahalanobis", title="Relative Mahalanobis", probe=RelativeMahalanobis(), default=False
)
