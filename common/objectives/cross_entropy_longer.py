"""The task's own loss for longer: the fine-tuning of Outlier Exposure without outliers, to compare that with.

    loss = criterion(in-distribution batch)

The criterion is the task's own, cross-entropy or CTC. The weights that its objective trained are fine-tuned for as many
epochs, at the same learning rate, as ``outlier_exposure`` does.

Source: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606: what their fine-tuning is without outliers.
"""

from common.model import Classifier
from common.objective import LossObjective, SameNetwork
from common.training.exposure import fine_tuning
from common.training.loop import fit
from common.training.setup import Setup


class CrossEntropyLonger(SameNetwork):
    """Fine-tuning on the training set alone."""

    continues = True

    def train(self, model: Classifier, setup: Setup) -> None:
        """Fine-tune in place."""
        loss = LossObjective(setup.own_criterion("cross_entropy_longer")).loss
        fit(model, loss, setup, phase="longer", budget=fine_tuning(setup, "cross_entropy_longer"))


OBJECTIVE = CrossEntropyLonger()
