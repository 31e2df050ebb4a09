"""Training with auxiliary outliers beside the training set, for all objectives that learn from some.

    loss = criterion(in-distribution batch) + weight * penalty(in-distribution rows, outlier rows)

Outliers come in random order, again and again. (The published code reads them in order from a random place.) Both
batches go through the network in one forward pass, so that batch normalisation sees them together. Sequences have a
pass each where there is none, so that neither is padded to the length of the other.

Source: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, equation 1 and section 4, and their code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from common.base.errors import UserError
from common.data.examples import Batch
from common.model import Classifier
from common.task import Budget
from common.training.loop import fit
from common.training.setup import Criterion, Setup, Stream
from common.training.uniform import scored_rows

EPOCHS_FRACTION, RATE_FRACTION = 4 / 30, 1.0
"""Of the recipe's epochs and learning rate: 4 epochs of MNIST's 30, from its 1e-3.

A recipe whose rate is not one of Adam's needs others: on CIFAR as published a tenth of the epochs and a hundredth of
the rate.
"""

OUTLIERS_PER_EXAMPLE = 1
"""Outliers in a step for each training example; 2 on CIFAR as published."""

Penalty = Callable[[Tensor, Tensor], Tensor]
"""From the (R, C) scored logits of in-distribution rows and those of outlier rows to what is added to the loss."""


def fine_tuning(setup: Setup, objective: str) -> Budget:
    """Return the budget of a fine-tuning: few epochs, the learning rate falling along a cosine to 0.

    The task's options ``epochs_fraction`` and ``rate_fraction`` of ``outlier_exposure`` hold for every objective that
    fine-tunes, so that they can be compared, unless the objective has options of its own.
    """
    options = {**setup.options("outlier_exposure"), **setup.options(objective)}
    epochs = max(round(setup.budget.epochs * options.get("epochs_fraction", EPOCHS_FRACTION)), 1)
    rate = setup.budget.learning_rate * options.get("rate_fraction", RATE_FRACTION)
    return replace(setup.budget, epochs=epochs, learning_rate=rate, schedule="cosine")


def apart(model: Classifier, batch: Batch) -> bool:
    """Whether a batch and others beside it have a forward pass each: sequences, where nothing normalises batches."""
    return batch.lengths is not None and not normalises_batches(model)


def normalises_batches(model: Classifier) -> bool:
    """Whether what a model says of an example in training depends on the others of its batch."""
    return any(isinstance(module, _BatchNorm) for module in model.modules())


def joint_logits(model: Classifier, batch: Batch, outliers: Batch) -> tuple[Tensor, Tensor]:
    """Return the logits of both batches, each as long as it would be alone, from one forward pass or from ``apart``."""
    if apart(model, batch):
        return model(batch), model(outliers)
    both = batch.joined(outliers)
    logits = model(both)
    steps = model.row_lengths(both)
    if logits.ndim == 2 or steps is None:
        return logits[: len(batch)], logits[len(batch) :]
    first, second = steps[: len(batch)], steps[len(batch) :]
    return logits[: len(batch), : int(first.max())], logits[len(batch) :, : int(second.max())]


@dataclass(frozen=True)
class ExposedLoss:
    """The loss above; ``beside`` has the stream ``outliers``."""

    criterion: Criterion
    penalty: Penalty
    weight: float

    def __call__(self, model: Classifier, batch: Batch, beside: Mapping[str, Batch]) -> Tensor:
        """Return the loss of a batch and of the outliers beside it."""
        outliers = beside["outliers"]
        known, unknown = joint_logits(model, batch, outliers)
        rows = scored_rows(model, known, batch), scored_rows(model, unknown, outliers)
        return self.criterion(model, known, batch) + self.weight * self.penalty(*rows)


def fit_with_outliers(
    model: Classifier, setup: Setup, objective: str, penalty: Penalty, weight: float, budget: Budget
) -> None:
    """Train in place on the training set and the task's outliers.

    Args:
        model: untrained, or trained and to be fine-tuned.
        setup: with outliers.
        objective: names the training and its options: ``weight`` in place of the argument, ``outliers_per_example``.
        penalty: what outliers add to the loss.
        weight: of the penalty.
        budget: see ``fine_tuning``, or the set-up's own.

    Raises:
        UserError: there are no outliers, or the task's own objective is not one loss.
    """
    if setup.outliers is None:
        raise UserError(f"{setup.task.title} has no auxiliary outliers, which objective {objective} needs")
    options = setup.options(objective)
    count = round(budget.batch_size * options.get("outliers_per_example", OUTLIERS_PER_EXAMPLE))
    loss = ExposedLoss(setup.own_criterion(objective), penalty, options.get("weight", weight))
    beside = {"outliers": Stream(setup.outliers, count)}
    fit(model, loss, setup, beside=beside, phase=objective.replace("_", " "), budget=budget)
