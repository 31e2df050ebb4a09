"""SHE: product of the features with the stored pattern of the predicted class.

    score = f.m_c / D,   m_c = mean features of the training rows of class c that are classified right, c the prediction

A class none of whose rows is classified right has the mean of all its rows as its pattern; one without rows, zeros.
Rows without labels count as right.

Source: Zhang et al. (ICLR 2023), "Out-of-distribution detection based on in-distribution data patterns memorization
with modern Hopfield energy".
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector, Fitted, Probe
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class StoredPatterns(Probe):
    """Patterns in the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the pattern of each class."""
        right = train.predicted == train.classes
        patterns, every = _means(train, right), _means(train, torch.ones_like(right))
        none_right = torch.bincount(train.classes[right], minlength=train.class_count) == 0
        return {"patterns": torch.where(none_right[:, None], every, patterns)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the mean over features of the product."""
        return (view.features * fitted["patterns"][view.predicted]).mean(1)


def _means(train: TrainingViews, chosen: Tensor) -> Tensor:
    """Return (S, D) mean features of the chosen rows of each class; zeros where there are none."""
    kinds, rows = train.classes[chosen], train.features[chosen].double()
    sums = torch.zeros(train.class_count, rows.shape[1], dtype=torch.float64).index_add_(0, kinds, rows)
    return (sums / torch.bincount(kinds, minlength=train.class_count).clamp_min(1)[:, None]).float()


DETECTOR = Detector(name="she", title="SHE", probe=StoredPatterns(), default=False)
