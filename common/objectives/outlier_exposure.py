"""Outlier Exposure: fine-tune so that auxiliary outliers get uniform predictions.

    loss = criterion(in-distribution batch) + lambda * mean over outlier rows of (logsumexp(z) - mean_c z_c)

The second term is the cross-entropy of softmax(z) to the uniform distribution over the scored classes (a CTC blank is
not one). The weights that the task's own objective trained are fine-tuned; ``common.training.exposure`` says how long,
and which options a task may set.

Source: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, equation 1 and section 4.
"""

from torch import Tensor

from common.model import Classifier
from common.objective import Need, SameNetwork
from common.training.exposure import fine_tuning, fit_with_outliers
from common.training.setup import Setup
from common.training.uniform import cross_entropy_to_uniform

WEIGHT = 0.5
"""lambda: 0.5 in vision, 1.0 in language as published; a task may say another (``weight``)."""


def of_outliers(known: Tensor, unknown: Tensor) -> Tensor:
    """Return the mean cross-entropy to uniform of the outliers' rows."""
    return cross_entropy_to_uniform(unknown)


class OutlierExposure(SameNetwork):
    """Fine-tuning with outliers beside the training set."""

    needs: frozenset[Need] = frozenset({"outliers"})
    continues: bool | str = True

    def train(self, model: Classifier, setup: Setup) -> None:
        """Fine-tune in place."""
        budget = fine_tuning(setup, "outlier_exposure")
        fit_with_outliers(model, setup, "outlier_exposure", of_outliers, WEIGHT, budget)


OBJECTIVE = OutlierExposure()
