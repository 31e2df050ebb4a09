"""The abnormality module: a decoder beside the classifier, and a head that learns to know distorted inputs.

Three steps, for any model whose ``Classifier.hidden_layers`` offers its layers (see below):

1. The second hidden layer h2 feeds a decoder with a bottleneck, which reconstructs the input x. Classifier and decoder
   are trained together: 0.9 cross-entropy + 0.1 mean squared reconstruction error, without weight decay.
2. Both are frozen, and a head is trained to tell clean inputs (1) from distorted ones (0) by binary cross-entropy:
   GELU(W_a logits + W_b (x - x_reconstructed)^2 + W_c h2 + b) of width 512, then 128, then one logit.
3. That logit is the score: ``row_extras["abnormality"]``, higher for inputs that look normal.

What a modality provides, pixels and speech frames alike:

- ``Classifier.embed`` gives x as floats: (B, ...), or (B, T, ...) where every step is a row of its own.
- ``Classifier.hidden_layers`` gives the hidden layers, (B, D) or (B, T, D); the second is used, or the only one. The
  decoder has a bottleneck of D / 2 and two layers of D, which is 128, 256, 256 for the digits and 512, 1024, 1024 for
  frames. Widths are read off one example, so nothing is declared.
- Labels are one a row, as for cross-entropy. Padding (``Classifier.row_lengths``) is left out of every loss.
- ``Task.distortions``, ``(batch, generator) -> inputs``: distorts every example of a batch, in whatever mixture; or
  ``Task.distorted``, ``(train, rng) -> RawDataset``: distorts the training samples before they are encoded.
- ``TensorDataset.groups`` where examples are not independent: what is held out is then whole groups, such as speakers.

Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 4 and their code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.examples import IGNORE, Batch, TensorDataset
from common.model import Classifier
from common.objective import Need
from common.task import Budget
from common.training.layers import gelu, unit_norm_linear
from common.training.loop import fit
from common.training.setup import Setup, Stream
from common.wrapped import Wrapped

CLASSIFICATION, RECONSTRUCTION = 0.9, 0.1
HEAD_WIDTHS = 512, 128
HEAD_TRAINING: dict[str, Any] = {"optimizer": "adam", "learning_rate": 1e-3}
HELD_OUT = 12
"""One training example (or group of them) in so many is kept from phase 1: 5,000 of MNIST's 60,000."""

LEAST_GROUPS = 3
"""But so many groups at least, where there are groups: one speaker says little of what unseen speakers are like."""

EPOCHS_FRACTION = 0.5
"""Epochs of the head, as a fraction of the classifier's; a task may say another (``epochs_fraction``)."""

Distort = Callable[[Batch, torch.Generator], Tensor]


@dataclass(frozen=True)
class Reconstruction:
    """What the classifier and the decoder make of a batch, by row: (B, ...) or (B, T, ...).

    ``residual`` is (x - x_reconstructed)^2; ``second`` is the second hidden layer.
    """

    logits: Tensor
    residual: Tensor
    second: Tensor


class Head(nn.Module):
    """From logits, squared residual and hidden layer to one logit a row."""

    def __init__(self, logits: int, inputs: int, second: int) -> None:
        super().__init__()
        wide, narrow = HEAD_WIDTHS
        self.of_logits = unit_norm_linear(logits, wide)
        self.of_residual = unit_norm_linear(inputs, wide, bias=False)
        self.of_second = unit_norm_linear(second, wide, bias=False)
        self.rest = nn.Sequential(gelu(), unit_norm_linear(wide, narrow), gelu(), unit_norm_linear(narrow, 1))

    def forward(self, found: Reconstruction) -> Tensor:
        """Return the logit of being normal: (B,) or (B, T)."""
        mixed = self.of_logits(found.logits) + self.of_residual(found.residual) + self.of_second(found.second)
        normality: Tensor = self.rest(mixed).squeeze(-1)
        return normality


class WithAbnormality(Wrapped):
    """A classifier with a decoder and an abnormality head beside it; its logits are the classifier's own."""

    def __init__(self, classifier: Classifier, example: Batch) -> None:
        super().__init__(classifier)
        inputs, second, logits = _widths(classifier, example)
        self.decoder = nn.Sequential(
            *(unit_norm_linear(second, second // 2), gelu()),
            *(unit_norm_linear(second // 2, second), gelu()),
            *(unit_norm_linear(second, second), gelu()),
            unit_norm_linear(second, inputs),
        )
        self.head = Head(logits, inputs, second)

    def reconstruction(self, embedded: Tensor, batch: Batch) -> Reconstruction:
        """Return logits, squared residual and second hidden layer of a batch."""
        layers = self.classifier.hidden_layers(embedded, batch)
        second = _second(layers)
        residual = (_by_row(embedded, second) - self.decoder(second)).square()
        return Reconstruction(self.classifier.classify(layers[-1]), residual, second)

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Add ``abnormality``, the head's logit, to what the classifier gives."""
        further = super().row_extras(batch, embedded, features, logits)
        return {**further, "abnormality": self.head(self.reconstruction(embedded, batch)).float()}


def joint_loss(model: Classifier, batch: Batch, beside: Mapping[str, Batch]) -> Tensor:
    """Return 0.9 mean cross-entropy + 0.1 mean squared reconstruction error over the rows of a batch."""
    assert isinstance(model, WithAbnormality) and batch.labels is not None
    found = model.reconstruction(model.embed(batch), batch)
    labels = batch.labels.flatten()
    classification = functional.cross_entropy(found.logits.flatten(0, -2), labels, ignore_index=IGNORE)
    return CLASSIFICATION * classification + RECONSTRUCTION * _rows(model, batch, found.residual).mean()


@dataclass(frozen=True)
class HeadLoss:
    """Binary cross-entropy of the head: a sixth of each batch clean, a sixth clean and held out, the rest distorted.

    The head must also see clean inputs that classifier and decoder were not fitted to, or it would take every unseen
    input for an abnormal one; hence the stream ``held_out``, as in the authors' code. Distorted inputs are a stream
    too, ``distorted``, unless ``distort`` makes them of a batch.
    """

    distort: Distort | None = None

    def __call__(self, model: Classifier, batch: Batch, beside: Mapping[str, Batch]) -> Tensor:
        """Return the mean loss over the rows; distortions are drawn from torch's global seed."""
        assert isinstance(model, WithAbnormality)
        third = max(len(batch) // 3, 1)
        if self.distort is None:
            changed = beside["distorted"]
        else:
            rest = batch.part(slice(min(third, len(batch) - 1), None))
            generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
            changed = rest.with_inputs(self.distort(rest, generator))
        parts = [batch.part(slice(third - third // 2 or 1)), beside["held_out"]]
        clean = torch.cat([_normality(model, part) for part in parts])
        distorted = _normality(model, changed)
        truth = torch.cat([torch.ones_like(clean), torch.zeros_like(distorted)])
        return functional.binary_cross_entropy_with_logits(torch.cat([clean, distorted]), truth)


class Abnormality:
    """Classifier and decoder first, then the head on what they say of clean and distorted inputs."""

    needs: frozenset[Need] = frozenset({"distorted"})
    continues = False

    def wrap(self, build: Callable[[], Classifier], train: TensorDataset) -> Classifier:
        """Return the network with an untrained decoder and head."""
        return WithAbnormality(build(), train.batch(torch.arange(1)))

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train both phases in place."""
        assert isinstance(model, WithAbnormality)
        train, held_out = _hold_out(setup.train, setup.seed)
        first = replace(setup.budget, weight_decay=0.0)
        fit(model, joint_loss, replace(setup, train=train), phase="classifier and decoder", budget=first)
        self._train_head(model, replace(setup, train=train, validation=None), held_out, first)

    def _train_head(self, model: WithAbnormality, setup: Setup, held_out: TensorDataset, first: Budget) -> None:
        options = setup.options("abnormality")
        epochs = max(int(first.epochs * options.get("epochs_fraction", EPOCHS_FRACTION)), 1)
        second = replace(first, epochs=epochs, schedule=options.get("schedule", "constant"), **HEAD_TRAINING)
        beside = {"held_out": Stream(held_out, max(first.batch_size // 6, 1))}
        if setup.task.distortions is None:
            assert setup.distorted is not None, "the objective needs distorted examples"
            beside["distorted"] = Stream(setup.distorted(), max(2 * first.batch_size // 3, 1))
        # What the head is to know as clean is what it will see in use, so nothing is augmented.
        plain = replace(setup, task=replace(setup.task, augment=None))
        loss, head = HeadLoss(setup.task.distortions), model.head.parameters()
        fit(model, loss, plain, beside=beside, phase="abnormality head", budget=second, parameters=head)


def _normality(model: WithAbnormality, batch: Batch) -> Tensor:
    """Return the head's logit of every row, the rest of the model frozen and as it is in use."""
    model.classifier.eval()
    model.decoder.eval()
    with torch.no_grad():
        found = model.reconstruction(model.embed(batch), batch)
    return _rows(model, batch, model.head(found))


def _rows(model: WithAbnormality, batch: Batch, values: Tensor) -> Tensor:
    """Return the values of the rows that count, one after another, without padding."""
    lengths = model.row_lengths(batch)
    if lengths is None:
        return values
    return values[torch.arange(values.shape[1], device=values.device) < lengths[:, None]]


def _hold_out(train: TensorDataset, seed: int) -> tuple[TensorDataset, TensorDataset]:
    """Divide at random into what phase 1 learns from and the rest; groups stay together, unless there is but one."""
    generator = torch.Generator().manual_seed(seed_of(seed, "held out from the decoder"))
    grouped = train.groups is not None and len(torch.unique(train.groups)) > 1
    groups = train.groups if grouped and train.groups is not None else torch.arange(len(train))
    names = torch.unique(groups)
    least = min(LEAST_GROUPS, len(names) // 2) if grouped else 1
    order = torch.randperm(len(names), generator=generator)
    out = torch.isin(groups, names[order[: max(len(names) // HELD_OUT, least)]])
    return train.take((~out).nonzero()[:, 0]), train.take(out.nonzero()[:, 0])


def _widths(classifier: Classifier, example: Batch) -> tuple[int, int, int]:
    """Return the width of a row of the input, of the second hidden layer and of the logits."""
    classifier.eval()
    with torch.no_grad():
        embedded = classifier.embed(example)
        layers = classifier.hidden_layers(embedded, example)
        second = _second(layers)
        return _by_row(embedded, second).shape[-1], second.shape[-1], classifier.classify(layers[-1]).shape[-1]


def _second(layers: list[Tensor]) -> Tensor:
    return layers[min(1, len(layers) - 1)]


def _by_row(embedded: Tensor, second: Tensor) -> Tensor:
    """Return the input with all of a row's values on one axis: (B, I) or (B, T, I)."""
    steps = second.ndim - 1
    if embedded.shape[:steps] != second.shape[:steps]:
        raise UserError("objective abnormality needs a model with a row for each step of its input; choose another one")
    return embedded.flatten(steps) if embedded.ndim > steps else embedded[..., None]


OBJECTIVE = Abnormality()
