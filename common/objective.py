"""What a way of training is, and what it gets to work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from common.examples import Batch, Examples
from common.model import Classifier
from common.progress import Progress
from common.task import Budget, Task


@dataclass(frozen=True)
class Setup:
    """All that training may use: never a test example.

    Attributes:
        task: the declaration; an objective reads its ``distortions`` and ``augment``.
        budget: of the chosen profile.
        train: training examples, less the ``dev`` ones.
        dev: examples that choose the best epoch, or None.
        outliers: the task's auxiliary outliers, or None.
        distorted: the task's distorted training examples, or None; made when an objective asks for them.
        seed: fixes everything random.
        device: where the model is trained.
        progress: told of each epoch.
        checkpoints: folder for what a killed run continues from, or None.
    """

    task: Task
    budget: Budget
    train: Examples
    seed: int
    device: torch.device
    dev: Examples | None = None
    outliers: Examples | None = None
    distorted: Callable[[], Examples] | None = None
    progress: Progress = field(default_factory=Progress)
    checkpoints: Path | None = None


class Objective(Protocol):
    """What a file in ``common/objectives`` defines as ``OBJECTIVE``."""

    needs_outliers: bool

    def wrap(self, model: Classifier, train: Examples) -> Classifier:
        """Return the model with what this way of training adds to it (a decoder, a head), untrained."""

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train what ``wrap`` returned, in place."""


@dataclass(frozen=True)
class LossObjective:
    """A way of training that adds nothing to the network: one loss, one call of the training loop."""

    loss: Callable[[Classifier, Batch], torch.Tensor]
    needs_outliers: bool = False

    def wrap(self, model: Classifier, train: Examples) -> Classifier:
        """Return the model as it is."""
        return model

    def train(self, model: Classifier, setup: Setup) -> None:
        """Minimise the loss over the training examples."""
        from common.training import fit

        fit(model, self.loss, setup)
