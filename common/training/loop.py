"""The training loop of all objectives."""

import math
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn

from common.base import workers
from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.examples import IGNORE, Batch, TensorDataset, batches
from common.model import Classifier
from common.task import Budget
from common.training.checkpoint import BestEpoch, Checkpoint
from common.training.setup import Setup, Stream
from common.training.steps import GradientStep, Loss, Step, make_optimizer

NO_STREAMS: Mapping[str, Stream] = {}


def fit(
    model: Classifier,
    loss: Loss,
    setup: Setup,
    *,
    beside: Mapping[str, Stream] = NO_STREAMS,
    phase: str = "train",
    budget: Budget | None = None,
    parameters: Iterable[nn.Parameter] | None = None,
) -> None:
    """Minimise ``loss`` over the training examples in place: ``fit_steps`` with a ``GradientStep``.

    Args:
        model: on ``setup.device`` when this returns.
        loss: mean loss of a training batch and of the batches of the ``beside`` streams.
        setup: data, seed, device, progress.
        beside: additional streams of examples, by name.
        phase: name of this training phase and of its checkpoint.
        budget: replaces the budget of ``setup``, for a later phase.
        parameters: the parameters to train; None: all.

    Raises:
        UserError: the loss is no longer finite.
    """
    budget = budget or setup.budget
    place(model, setup)
    optimizer = make_optimizer(model, budget, list(parameters) if parameters is not None else None)
    step = GradientStep(model, loss, optimizer, budget)
    fit_steps(model, step, setup, beside=beside, phase=phase, budget=budget)


def fit_steps(
    model: Classifier,
    step: Step,
    setup: Setup,
    *,
    beside: Mapping[str, Stream] = NO_STREAMS,
    phase: str = "train",
    budget: Budget | None = None,
) -> None:
    """Repeat ``step`` over the training examples, epoch by epoch.

    Every epoch is seeded with the run's seed, the phase and the number of the epoch, so a run resumed from a checkpoint
    gives the same weights as an uninterrupted one. With ``setup.validation``, the weights of the epoch with the
    smallest validation error are kept; of equal errors, the first.

    Args:
        model: evaluated after each epoch; one of ``step.parts()``. ``place`` has moved all parts to the device.
        step: one update.
        setup: data, seed, device, progress.
        beside: additional streams of examples, by name.
        phase: name of this training phase and of its checkpoint.
        budget: replaces the budget of ``setup``, for a later phase.

    Raises:
        UserError: the loss is no longer finite.
    """
    budget = budget or setup.budget
    best = BestEpoch()
    parts = step.parts()
    checkpoint = Checkpoint(setup.checkpoints, phase, parts, best)
    for epoch in range(checkpoint.load(), budget.epochs):
        seed = seed_of(setup.seed, phase, epoch)
        mean_loss = _train_epoch(model, step, setup, beside, budget, seed, epoch)
        if not math.isfinite(mean_loss):
            where = f"{setup.task.title}, {phase} epoch {epoch + 1}"
            raise UserError(f"training diverged: loss {mean_loss} ({where}); lower the learning rate")
        if setup.validation is not None:
            best.offer(model, error_rate(model, setup.validation))
        setup.progress.epoch(phase, epoch + 1, budget.epochs, mean_loss)
        checkpoint.save(epoch + 1)
    best.restore(model)
    model.eval()


def place(model: nn.Module, setup: Setup) -> None:
    """Move a network to ``setup.device`` and give every process the same weights."""
    workers.init_process_group(setup.device.type)
    model.to(setup.device)
    workers.broadcast_state(model)


def _train_epoch(
    model: Classifier,
    step: Step,
    setup: Setup,
    beside: Mapping[str, Stream],
    budget: Budget,
    seed: int,
    epoch: int,
) -> float:
    torch.manual_seed(seed + workers.RANK)
    generator = torch.Generator().manual_seed(seed)
    networks = [part for part in step.parts().values() if isinstance(part, nn.Module)]
    for network in networks:
        network.train()
    order = list(batches(setup.train, budget.batch_size, generator, model.by_length))
    streams = {name: _endless(stream, seed_of(seed, "stream", name)) for name, stream in beside.items()}
    if workers.RANK:  # the same order in all processes, but different dropout and augmentation
        generator.manual_seed(seed + workers.RANK)
    total = torch.zeros((), device=setup.device)
    for number, full_batch in enumerate(order):
        index, weight = workers.shard(full_batch)
        batch = _load(setup, setup.train, index, True, generator)
        others = {
            name: _load(setup, beside[name].examples, workers.shard(next(one))[0], beside[name].augmented, generator)
            for name, one in streams.items()
        }
        total += weight * step(batch, others, rate_factor(budget, epoch, number / len(order)), weight)
    for network in networks:
        workers.broadcast_state(network)
    return float(workers.all_reduce_sum(total)) / max(len(order), 1)


def _load(setup: Setup, examples: TensorDataset, index: Tensor, augmented: bool, generator: torch.Generator) -> Batch:
    batch = examples.batch(index).to(setup.device)
    if augmented and setup.task.augment is not None:
        return batch.with_inputs(setup.task.augment(batch.inputs, generator))
    return batch


def _endless(stream: Stream, seed: int) -> Iterator[Tensor]:
    """Yield the indices of a stream's batches without end: one random permutation after another."""
    generator = torch.Generator().manual_seed(seed)
    count = len(stream.examples)
    waiting = torch.empty(0, dtype=torch.int64)
    while True:
        while len(waiting) < stream.batch_size:
            waiting = torch.cat([waiting, torch.randperm(count, generator=generator)])
        yield waiting[: stream.batch_size]
        waiting = waiting[stream.batch_size :]


def rate_factor(budget: Budget, epoch: int, fraction: float) -> float:
    """Return the factor of the learning rate after ``fraction`` (0 to 1) of the 0-based ``epoch``.

    >>> rate_factor(Budget(30, 128, 1e-3, schedule="steps", decay_at=(20,)), epoch=20, fraction=0.5)
    0.1
    """
    done = (epoch + fraction) / budget.epochs
    match budget.schedule:
        case "constant":
            return 1.0
        case "steps":
            return budget.decay ** sum(epoch >= start for start in budget.decay_at)
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * done))
        case "one_cycle":  # rises from 0.1 to 1 in the first quarter of the run, then falls to 0
            return 0.1 + 3.6 * done if done < 0.25 else 0.5 * (1 + math.cos(math.pi * (done - 0.25) / 0.75))


def error_rate(model: Classifier, examples: TensorDataset) -> float:
    """Return the fraction of labelled rows that the model misclassifies."""
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
