"""One training step: the update that the training loop repeats."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import torch
from torch import Tensor, nn

from common.base import workers
from common.data.examples import Batch
from common.model import Classifier
from common.task import Budget

Loss = Callable[[Classifier, Batch, Mapping[str, Batch]], Tensor]
"""``(model, batch, beside) -> loss``: the mean loss of a training batch and of the additional streams' batches."""


class Step(Protocol):
    """One update of one or several networks (such as a generator and a discriminator)."""

    def __call__(self, batch: Batch, beside: Mapping[str, Batch], rate: float, weight: float) -> Tensor:
        """Update once and return the loss.

        Args:
            batch: this process's shard of the training batch.
            beside: this process's shard of each additional stream's batch, by name.
            rate: factor of every optimiser's learning rate in this step.
            weight: the shard's fraction of the batch; see ``common.base.workers.shard``.
        """

    def parts(self) -> Mapping[str, nn.Module | torch.optim.Optimizer]:
        """Return the networks and optimisers that a checkpoint stores, by name."""


@dataclass(frozen=True)
class GradientStep:
    """The default step: one loss, one optimiser."""

    model: Classifier
    loss: Loss
    optimizer: torch.optim.Optimizer
    budget: Budget

    def __call__(self, batch: Batch, beside: Mapping[str, Batch], rate: float, weight: float) -> Tensor:
        """Minimise the loss by one step and return it."""
        set_rate(self.optimizer, self.budget.learning_rate * rate)
        with autocast(batch.inputs.device, self.budget):
            loss = self.loss(self.model, batch, beside)
        descend(self.optimizer, loss, weight, self.budget.gradient_norm)
        return loss.detach()

    def parts(self) -> Mapping[str, nn.Module | torch.optim.Optimizer]:
        """Return the model and its optimiser."""
        return {"model": self.model, "optimizer": self.optimizer}


def descend(
    optimizer: torch.optim.Optimizer, loss: Tensor, weight: float = 1.0, gradient_norm: float | None = None
) -> None:
    """Take one step of ``optimizer`` down the gradient of ``loss``, summed over processes and clipped to a norm."""
    optimizer.zero_grad(set_to_none=True)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    loss.backward()  # type: ignore[no-untyped-call]
    workers.sum_gradients(parameters, weight)
    if gradient_norm is not None:
        nn.utils.clip_grad_norm_(parameters, gradient_norm)
    optimizer.step()


def autocast(device: torch.device, budget: Budget) -> torch.autocast:
    """Return a context that computes products in bfloat16 if the budget and the device allow it."""
    return torch.autocast(device.type, torch.bfloat16, enabled=budget.mixed_precision and has_bfloat16(device.type))


@cache
def has_bfloat16(device: str) -> bool:
    """Whether a type of device multiplies bfloat16 in hardware; emulated bfloat16 is slower than float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def make_optimizer(
    model: Classifier, budget: Budget, parameters: list[nn.Parameter] | None = None
) -> torch.optim.Optimizer:
    """Return the budget's optimiser of ``parameters`` (None: all); weight decay applies to ``model.decayed()``."""
    trained = parameters if parameters is not None else [p for p in model.parameters() if p.requires_grad]
    decayed = {id(p) for p in model.decayed()} if budget.weight_decay else set()
    groups = [
        {"params": [p for p in trained if id(p) in decayed], "weight_decay": budget.weight_decay},
        {"params": [p for p in trained if id(p) not in decayed], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    rate = budget.learning_rate
    match budget.optimizer:
        case "adam":
            return torch.optim.Adam(groups, lr=rate, fused=True)
        case "sgd":
            return torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True)
        case "plain_sgd":
            return torch.optim.SGD(groups, lr=rate)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=rate)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every parameter group."""
    for group in optimizer.param_groups:
        group["lr"] = rate
