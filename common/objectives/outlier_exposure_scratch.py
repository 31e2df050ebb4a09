"""Outlier Exposure from scratch: uniform predictions for auxiliary outliers, from untrained weights on.

    loss = criterion(in-distribution batch) + lambda * mean over outlier rows of (logsumexp(z) - mean_c z_c)

The loss of ``outlier_exposure``, with a whole recipe in place of a fine-tuning: the task's own, but for what its option
``budget`` replaces. A recipe that suits the training set alone may learn these very outliers and no others.

Source: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, equation 1 and section 4.4.
"""

from dataclasses import replace

from common.model import Classifier
from common.objective import Need, SameNetwork
from common.objectives.outlier_exposure import WEIGHT, of_outliers
from common.training.exposure import fit_with_outliers
from common.training.setup import Setup

NAME = "outlier_exposure_scratch"


class OutlierExposureScratch(SameNetwork):
    """A whole training with outliers beside the training set."""

    needs: frozenset[Need] = frozenset({"outliers"})

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place; the weight is that of ``outlier_exposure`` unless the task says another."""
        weight = setup.options("outlier_exposure").get("weight", WEIGHT)
        budget = replace(setup.budget, **setup.options(NAME).get("budget", {}))
        fit_with_outliers(model, setup, NAME, of_outliers, weight, budget)


OBJECTIVE = OutlierExposureScratch()
