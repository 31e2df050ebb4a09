"""The inputs of a training: data, budget, criterion, seed, device."""

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
"""``(model, logits, batch) -> loss``: the mean loss of a batch under the task's labels."""


@dataclass(frozen=True)
class Setup:
    """Everything that training may use; it holds no test examples.

    Attributes:
        task: the declaration; an objective reads its ``distortions``, ``augment`` and ``options``.
        budget: of the chosen profile.
        train: training examples, without the ``validation`` examples.
        criterion: the task's default loss (cross-entropy, CTC), for objectives that add a term to it.
        validation: examples whose error selects the best epoch, or None.
        outliers: the task's auxiliary outliers, or None.
        labelled: the task's auxiliary labelled examples, or None.
        distorted: the task's distorted training examples, or None; made when called.
        seed: of every random draw.
        device: where the model is trained.
        own_network: what the task's own objective trains with the same seed, trained when called unless it is stored;
            or None.
        progress: prints each epoch.
        checkpoints: folder of the checkpoints that an interrupted run resumes from, or None.
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
    own_network: Callable[[], Classifier] | None = None
    progress: Progress = field(default_factory=Progress)
    checkpoints: Path | None = None

    def options(self, objective: str) -> Mapping[str, Any]:
        """Return the task's options of an objective, by the objective's name."""
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
    """Additional examples for training: each step gets a batch of them, in random order, without end.

    Attributes:
        examples: outliers, or additional training examples.
        batch_size: examples per step.
        augmented: whether the task's augmentation applies to them too.
    """

    examples: TensorDataset
    batch_size: int
    augmented: bool = True
