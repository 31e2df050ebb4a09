"""Mahalanobis distance to the nearest class mean of the features.

    score = -min_c (f - mean_c)^T tied^-1 (f - mean_c)

with one covariance for all classes (``common.features.moments``).

Source: Lee, Lee, Lee & Shin (NeurIPS 2018), arXiv:1807.03888, equations 1 and 2, last layer, without an input step and
without their logistic regression on out-of-distribution data.
"""

from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Probe
from common.features.class_distances import learned, nearest
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class Mahalanobis(Probe):
    """Distance in the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn class means and covariance."""
        return learned(train.moments())

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the squared distance to the nearest mean; at most 0."""
        return -nearest(view.features, fitted, shared=view.shared)


DETECTOR = Detector(name="mahalanobis", title="Mahalanobis", probe=Mahalanobis(), default=False)
