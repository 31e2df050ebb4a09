"""The one training loop."""

import math
from collections.abc import Callable, Iterable
from functools import cache

import torch
from torch import Tensor, nn

from common.base import workers
from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.examples import IGNORE, Batch, TensorDataset, batches
from common.model import Classifier
from common.task import Budget
from common.training.checkpoint import BestEpoch, Checkpoint
from common.training.setup import Setup

Loss = Callable[[Classifier, Batch], Tensor]


def fit(
    model: Classifier,
    loss: Loss,
    setup: Setup,
    *,
    phase: str = "train",
    budget: Budget | None = None,
    parameters: Iterable[nn.Parameter] | None = None,
) -> None:
    """Minimise ``loss`` over the training examples, in place.

    Every epoch begins with a seed made of the run's seed, the phase and the epoch's number, so that a run continued
    from a checkpoint gives what an unbroken one gives. With ``setup.validation`` the weights of the epoch with the smallest
    error there are kept; the first of equals.

    Args:
        model: on ``setup.device`` when this returns.
        loss: mean loss of a batch.
        setup: data, seed, device, progress.
        phase: name of this training where an objective has several; names its checkpoint.
        budget: another budget than the setup's, for a later phase.
        parameters: what to train, if not all of the model.

    Raises:
        UserError: the loss is no longer finite.
    """
    budget = budget or setup.budget
    workers.init_process_group(setup.device.type)
    model.to(setup.device)
    workers.broadcast_state(model)
    optimizer = make_optimizer(model, budget, list(parameters) if parameters is not None else None)
    best = BestEpoch()
    checkpoint = Checkpoint(setup.checkpoints, phase, model, optimizer, best)
    for epoch in range(checkpoint.load(), budget.epochs):
        mean_loss = _train_epoch(model, loss, setup, budget, optimizer, seed_of(setup.seed, phase, epoch), epoch)
        if not math.isfinite(mean_loss):
            where = f"{setup.task.title}, {phase} epoch {epoch + 1}"
            raise UserError(f"training diverged: loss {mean_loss} ({where}); lower the learning rate")
        if setup.validation is not None:
            best.offer(model, error_rate(model, setup.validation))
        setup.progress.epoch(phase, epoch + 1, budget.epochs, mean_loss)
        checkpoint.save(epoch + 1)
    best.restore(model)
    model.eval()


def _train_epoch(
    model: Classifier, loss: Loss, setup: Setup, budget: Budget, optimizer: torch.optim.Optimizer, seed: int, epoch: int
) -> float:
    torch.manual_seed(seed + workers.RANK)
    generator = torch.Generator().manual_seed(seed)
    model.train()
    steps = list(batches(setup.train, budget.batch_size, generator, model.by_length))
    if workers.RANK:  # one order for all processes, but dropout and augmentation of its own for each
        generator.manual_seed(seed + workers.RANK)
    total = torch.zeros((), device=setup.device)
    for step, whole in enumerate(steps):
        index, weight = workers.shard(whole)
        set_rate(optimizer, budget.learning_rate * rate_factor(budget, epoch, step / len(steps)))
        batch = setup.train.batch(index).to(setup.device)
        if setup.task.augment is not None:
            batch = batch.with_inputs(setup.task.augment(batch.inputs, generator))
        total += weight * _step(model, loss, batch, optimizer, budget, weight).detach()
    workers.broadcast_state(model)
    return float(workers.all_reduce_sum(total)) / max(len(steps), 1)


def _step(
    model: Classifier, loss: Loss, batch: Batch, optimizer: torch.optim.Optimizer, budget: Budget, weight: float
) -> Tensor:
    optimizer.zero_grad(set_to_none=True)
    device = batch.inputs.device.type
    with torch.autocast(device, torch.bfloat16, enabled=budget.mixed_precision and has_bfloat16(device)):
        value = loss(model, batch)
    value.backward()  # type: ignore[no-untyped-call]
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    workers.sum_gradients(parameters, weight)
    if budget.gradient_norm is not None:
        nn.utils.clip_grad_norm_(parameters, budget.gradient_norm)
    optimizer.step()
    return value


@cache
def has_bfloat16(device: str) -> bool:
    """Whether a kind of device multiplies bfloat16 in hardware; where it is emulated it is slower than float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def make_optimizer(model: Classifier, budget: Budget, parameters: list[nn.Parameter] | None) -> torch.optim.Optimizer:
    """Return the budget's optimiser over ``parameters`` (all of the model's if None), weight decay on ``decayed``."""
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


def rate_factor(budget: Budget, epoch: int, share: float) -> float:
    """Return what the learning rate is multiplied by, ``share`` (0 to 1) of the way through a 0-based epoch.

    >>> rate_factor(Budget(30, 128, 1e-3, schedule="steps", decay_at=(20,)), epoch=20, share=0.5)
    0.1
    """
    done = (epoch + share) / budget.epochs
    match budget.schedule:
        case "constant":
            return 1.0
        case "steps":
            return budget.decay ** sum(epoch >= start for start in budget.decay_at)
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * done))
        case "one_cycle":  # a quarter of the run up from a tenth, then down to nothing
            return 0.1 + 3.6 * done if done < 0.25 else 0.5 * (1 + math.cos(math.pi * (done - 0.25) / 0.75))


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every parameter."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def error_rate(model: Classifier, examples: TensorDataset) -> float:
    """Return the share of labelled rows that the model gets wrong."""
    wrong = rows = 0
    model.eval()
    with torch.inference_mode():
        for index in batches(examples, 512):
            batch = examples.batch(index).to(model.device)
            assert batch.labels is not None, "an error rate needs labels"
            counted = batch.labels != IGNORE
            wrong += int(((model(batch).argmax(-1) != batch.labels) & counted).sum())
            rows += int(counted.sum())
    return wrong / max(rows, 1)
