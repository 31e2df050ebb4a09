"""A small training: three clouds of points, a linear classifier with dropout, and the set-up."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.data.sources import Derived
from common.model import Classifier
from common.objectives.cross_entropy import OBJECTIVE
from common.task import Budget, Model, Task
from common.training.setup import Setup


class Linear(Classifier):
    """A linear classifier with dropout, so that chance plays a part in training."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.dropout, self.last = nn.Dropout(0.2), nn.Linear(width, classes)

    def embed(self, batch: Batch) -> Tensor:
        return batch.inputs

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        return [self.dropout(embedded)]

    def classify(self, features: Tensor) -> Tensor:
        return self.last(features)


NOTHING = Derived("nothing", lambda test, rng: RawDataset([]))
BUDGET = Budget(epochs=6, batch_size=16, learning_rate=0.05)
TASK = Task("blobs", "blobs", NOTHING, NOTHING, (), Model("linear"), BUDGET, BUDGET)


def blobs(seed: int = 0) -> TensorDataset:
    """Three well separated clouds in four dimensions."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(150) % 3
    centres = 3 * torch.eye(3, 4)
    return TensorDataset(centres[labels] + torch.randn(150, 4, generator=generator), labels=labels)


def setup(**changes: object) -> Setup:
    return replace(Setup(TASK, BUDGET, blobs(), seed=1, device=torch.device("cpu")), **changes)


def trained(**changes: object) -> Linear:
    torch.manual_seed(0)
    model = Linear(4, 3)
    OBJECTIVE.train(model, setup(**changes))
    return model


def weights(model: nn.Module) -> np.ndarray:
    return torch.cat([value.flatten() for value in model.state_dict().values()]).numpy()
