"""Mahalanobis distance to the nearest class mean of the features.

    score = -min_c (f - mean_c)^T tied^-1 (f - mean_c)

with one covariance for all classes (``common.features.moments``). With ``epsilon`` above 0 the input first takes a step
that raises the score (``View.stepped``).

Source: Lee, Lee, Lee & Shin (NeurIPS 2018), arXiv:1807.03888, equations 1 to 3, without their logistic regression on
out-of-distribution data.
"""

from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Fitted, Probe
from common.features.moments import squared_distances, whitener
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class Mahalanobis(Probe):
    """Distance in the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the class means and what whitens the features."""
        moments = train.moments()
        whiten = whitener(moments.tied)
        return {
            "whiten": whiten.float(),
            "centre": moments.mean.float(),
            "means": whitened(moments.means, moments.mean, whiten),
        }

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the squared distance to the nearest mean; at most 0."""
        rows = (view.features - fitted["centre"]) @ fitted["whiten"].T
        return -squared_distances(rows, fitted["means"]).amin(1)


def whitened(rows: Tensor, centre: Tensor, whiten: Tensor) -> Tensor:
    """Return float32 W (x - centre) of float64 rows: distances between such rows are Mahalanobis distances."""
    return ((rows - centre) @ whiten.T).float()


DETECTOR = Detector(name="mahalanobis", title="Mahalanobis", probe=Mahalanobis(), default=False)
