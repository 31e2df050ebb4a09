"""What a way of training is, and what it gets to work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

from common.data.examples import Batch, TensorDataset
from common.model import Classifier
from common.training.setup import Setup


class Objective(Protocol):
    """What a file in ``common/objectives`` defines as ``OBJECTIVE``."""

    needs_outliers: bool

    def wrap(self, model: Classifier, train: TensorDataset) -> Classifier:
        """Return the model with what this way of training adds to it (a decoder, a head), untrained."""

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train what ``wrap`` returned, in place."""


@dataclass(frozen=True)
class LossObjective:
    """A way of training that adds nothing to the network: one loss, one call of the training loop."""

    loss: Callable[[Classifier, Batch], torch.Tensor]
    needs_outliers: bool = False

    def wrap(self, model: Classifier, train: TensorDataset) -> Classifier:
        """Return the model as it is."""
        return model

    def train(self, model: Classifier, setup: Setup) -> None:
        """Minimise the loss over the training examples."""
        from common.training.loop import fit

        fit(model, self.loss, setup)
