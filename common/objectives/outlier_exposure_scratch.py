"""Outlier Exposure from scratch: uniform predictions for auxiliary outliers, from untrained weights on.

    loss = criterion(in-distribution batch) + lambda * mean over outlier rows of (logsumexp(z) - mean_c z_c)

The loss of ``outlier_exposure``, with the task's whole recipe in place of a fine-tuning.

Source: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, equation 1 and section 4.4.
"""

from common.model import Classifier
from common.objective import Need, SameNetwork
from common.objectives.outlier_exposure import WEIGHT, of_outliers
from common.training.exposure import fit_with_outliers
from common.training.setup import Setup


class OutlierExposureScratch(SameNetwork):
    """The task's recipe with outliers beside the training set."""

    needs: frozenset[Need] = frozenset({"outliers"})

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place; the weight is that of ``outlier_exposure`` unless the task says another."""
        weight = setup.options("outlier_exposure").get("weight", WEIGHT)
        fit_with_outliers(model, setup, "outlier_exposure_scratch", of_outliers, weight, setup.budget)


OBJECTIVE = OutlierExposureScratch()
