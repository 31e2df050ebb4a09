"""fDBD: mean distance to the decision boundaries, relative to the distance from the training mean.

    score = 1 / (C - 1) sum over c != y of (z_y - z_c) / |w_y - w_c|  /  |f - mean|,   y the predicted class

(z_y - z_c) / |w_y - w_c| is how far f lies from where classes y and c are equally likely.

Source: Liu & Qin (ICML 2024), arXiv:2312.11536, equations 4 and 5.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class BoundaryDistance(Probe):
    """Distances in the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the mean of the features and how far the classes' weights lie apart."""
        weight = train.linear_head("fdbd").weight
        apart = torch.linalg.vector_norm(weight[:, None] - weight, dim=2)  # of the differences: no digit cancels
        return {"mean": train.mean.float(), "apart": apart}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the relative distance, at least 0; 0 where there is one class."""
        logits = view.logits
        ahead = logits.amax(1, keepdim=True) - logits
        distances = ahead / fitted["apart"][view.predicted].clamp_min(1e-12)  # the class itself is 0 ahead of itself
        mean = distances.sum(1) / max(logits.shape[1] - 1, 1)
        spread: Tensor = torch.linalg.vector_norm(view.features - fitted["mean"], dim=1)
        return mean / spread.clamp_min(1e-12)


DETECTOR = Detector(name="fdbd", title="fDBD", probe=BoundaryDistance(), default=False)
