"""Outlier Exposure: fine-tune so that auxiliary outliers get uniform predictions.

    loss = criterion(in-distribution batch) + lambda * mean over outlier rows of (logsumexp(z) - mean_c z_c)

The second term is the cross-entropy of softmax(z) to the uniform distribution over the scored classes (a CTC blank is
not one), less the constant log C. Both batches go through the network in one forward pass, so that batch normalisation
sees them together. The weights that the task's own objective trained are fine-tuned.

Source: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, equation 1 and section 4.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from torch import Tensor

from common.base.errors import UserError
from common.data.examples import Batch, TensorDataset
from common.model import Classifier, inside_rows
from common.objective import Need
from common.task import Budget
from common.training.loop import fit
from common.training.setup import Setup, Stream

WEIGHT = 0.5
"""lambda: 0.5 in vision, 1.0 in language as published; a task may say another (``weight``)."""

EPOCHS_FRACTION, RATE_FRACTION = 1 / 3, 1 / 10
"""Of the budget's epochs and learning rate; a task may say others (``epochs_fraction``, ``rate_fraction``)."""

OUTLIERS_PER_EXAMPLE = 1
"""Outliers in a step for each training example; 2 on CIFAR as published (``outliers_per_example``)."""


def uniform_cross_entropy(model: Classifier, logits: Tensor, batch: Batch) -> Tensor:
    """Return the mean over rows of logsumexp(z) - mean_c z_c, the cross-entropy to uniform less log C.

    Args:
        model: says which rows are no padding and which classes are scored.
        logits: (B, C) or (B, T, C).
        batch: what they were made of.
    """
    inside = inside_rows(model, batch, logits)
    rows = (logits if inside is None else logits[inside])[:, : model.scored_classes].float()
    return (rows.logsumexp(1) - rows.mean(1)).mean()


def joint_logits(model: Classifier, batch: Batch, outliers: Batch) -> tuple[Tensor, Tensor]:
    """Return the logits of both batches from one forward pass, each as long as it would be alone."""
    both = batch.joined(outliers)
    logits = model(both)
    steps = model.row_lengths(both)
    if logits.ndim == 2 or steps is None:
        return logits[: len(batch)], logits[len(batch) :]
    first, second = steps[: len(batch)], steps[len(batch) :]
    return logits[: len(batch), : int(first.max())], logits[len(batch) :, : int(second.max())]


@dataclass(frozen=True)
class OutlierExposure:
    """Fine-tuning with outliers beside the training set."""

    needs: frozenset[Need] = frozenset({"outliers"})
    continues: bool = True

    def wrap(self, build: Callable[[], Classifier], train: TensorDataset) -> Classifier:
        """Return the network as it is."""
        return build()

    def train(self, model: Classifier, setup: Setup) -> None:
        """Fine-tune in place, the learning rate falling along a cosine."""
        if setup.outliers is None or setup.criterion is None:
            raise UserError(f"{setup.task.title} has no outliers or no loss of its own, which outlier_exposure needs")
        options = setup.options("outlier_exposure")
        count = round(setup.budget.batch_size * options.get("outliers_per_example", OUTLIERS_PER_EXAMPLE))
        loss = _Loss(setup, options.get("weight", WEIGHT))
        beside = {"outliers": Stream(setup.outliers, count)}
        fit(model, loss, setup, beside=beside, phase="outlier exposure", budget=fine_tuning(setup, options))


def fine_tuning(setup: Setup, options: Mapping[str, float]) -> Budget:
    """Return the budget of a fine-tuning: fewer epochs at a smaller rate, which falls along a cosine."""
    epochs = max(round(setup.budget.epochs * options.get("epochs_fraction", EPOCHS_FRACTION)), 1)
    rate = setup.budget.learning_rate * options.get("rate_fraction", RATE_FRACTION)
    return replace(setup.budget, epochs=epochs, learning_rate=rate, schedule="cosine")


@dataclass(frozen=True)
class _Loss:
    setup: Setup
    weight: float

    def __call__(self, model: Classifier, batch: Batch, beside: Mapping[str, Batch]) -> Tensor:
        assert self.setup.criterion is not None, "checked before training"
        outliers = beside["outliers"]
        known, unknown = joint_logits(model, batch, outliers)
        return self.setup.criterion(model, known, batch) + self.weight * uniform_cross_entropy(model, unknown, outliers)


OBJECTIVE = OutlierExposure()
