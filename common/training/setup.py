"""What training gets to work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from common.base.progress import Progress
from common.data.examples import TensorDataset
from common.task import Budget, Task


@dataclass(frozen=True)
class Setup:
    """All that training may use: never a test example.

    Attributes:
        task: the declaration; an objective reads its ``distortions`` and ``augment``.
        budget: of the chosen profile.
        train: training examples, less the ``validation`` ones.
        validation: examples that choose the best epoch, or None.
        outliers: the task's auxiliary outliers, or None.
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
    validation: TensorDataset | None = None
    outliers: TensorDataset | None = None
    distorted: Callable[[], TensorDataset] | None = None
    progress: Progress = field(default_factory=Progress)
    checkpoints: Path | None = None
