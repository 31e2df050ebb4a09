"""What training gets to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from common.base.errors import UserError
from common.base.progress import Progress
from common.data.examples import Batch, TensorDataset
from common.model import Classifier
from common.task import Budget, Task

Criterion = Callable[[Classifier, Tensor, Batch], Tensor]
"""From a model, the logits that it gave a batch, and the batch, to the mean loss: what a task's labels mean."""


@dataclass(frozen=True)
class Setup:
    """All that training may use: never a test example.

    Attributes:
        task: the declaration; an objective reads its ``distortions``, ``augment`` and ``options``.
        budget: of the chosen profile.
        train: training examples, less the ``validation`` ones.
        criterion: loss of the task's own objective (cross-entropy, CTC), for objectives that add to it.
        validation: examples that choose the best epoch, or None.
        outliers: the task's auxiliary outliers, or None.
        labelled: the task's auxiliary labelled examples, or None.
        distorted: the task's distorted training examples, or None; made when an objective asks for them.
        seed: fixes everything random.
        device: where the model is trained.
        progress: told of each epoch.
        checkpoints: folder for what a killed run continues from, or None.
    """

    task: Task
    budget: Budget
    train: TensorDataset
    seed: int
    device: torch.device
    criterion: Criterion | None = None
    validation: TensorDataset | None = None
    outliers: TensorDataset | None = None
    labelled: TensorDataset | None = None
    distorted: Callable[[], TensorDataset] | None = None
    progress: Progress = field(default_factory=Progress)
    checkpoints: Path | None = None

    def options(self, objective: str) -> Mapping[str, Any]:
        """Return what the task sets of an objective by name."""
        return self.task.options.get(objective, {})

    def own_criterion(self, objective: str) -> Criterion:
        """Return the loss of the task's own objective, for the objective of that name, which adds to it.

        Raises:
            UserError: the task's own objective is not one loss.
        """
        if self.criterion is None:
            raise UserError(
                f"objective {objective} adds to the loss of the task's own objective, and that of {self.task.title} "
                "is more than one loss; choose another objective"
            )
        return self.criterion


@dataclass(frozen=True)
class Stream:
    """Examples that training sees beside the training set: so many in each step, in random order, again and again.

    Attributes:
        examples: outliers, or further training examples.
        batch_size: examples a step.
        augmented: whether the task's augmentation bends them as it does the training examples.
    """

    examples: TensorDataset
    batch_size: int
    augmented: bool = True
