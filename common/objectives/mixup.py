"""Mixup: the network learns what lies between two training examples.

    x = w x_i + (1 - w) x_j,    loss = w CE(x, y_i) + (1 - w) CE(x, y_j),    w ~ Beta(a, a)

One w a batch and j a permutation of it, as in the published code. What is mixed is ``Classifier.embed``'s output:
pixels, word vectors, filter banks. A sequence is mixed step by step with the one beside it for as long as that lasts,
and stays what it is after that (w = 1); a label of the whole sequence counts by the mean w of its steps.
A task may set ``alpha``, a. Transcripts (CTC) cannot be mixed: which frame spells which label is not known.

Source: Zhang, Cisse, Dauphin & Lopez-Paz (ICLR 2018), arXiv:1710.09412, equation 1; calibration with a = 0.2 to 0.4:
Thulasidasan, Chennupati, Bilmes, Bhattacharya & Michalak (NeurIPS 2019), arXiv:1905.11001.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional

from common.base.errors import UserError
from common.data.examples import IGNORE, Batch
from common.model import Classifier
from common.objective import SameNetwork
from common.training.embedded import Vectors
from common.training.loop import fit
from common.training.setup import Setup

ALPHA = 0.2


@runtime_checkable
class MixesWords(Protocol):
    """A model that mixes word vectors in sums of them, without a vector for every step."""

    def mixed_features(self, batch: Batch, partner: Tensor, weights: Tensor) -> Tensor:
        """Return the (B, D) features of w x_i + (1 - w) x_j, step by step.

        Args:
            batch: B sequences.
            partner: (B,) j, of each of them.
            weights: (B, T) w of each step.
        """


def mixed_loss(model: Classifier, batch: Batch, weight: float, partner: Tensor) -> Tensor:
    """Return the mean loss over the labelled rows of a batch.

    Args:
        model: classifies rows that have a label each.
        batch: B examples with labels.
        weight: w, of the examples themselves.
        partner: (B,) position of the example that each is mixed with.
    """
    assert batch.labels is not None
    features, weights = _mixed_features(model, batch, weight, partner)
    logits = model.classify(features)
    own, other = batch.labels, batch.labels[partner]
    if own.ndim < weights.ndim:
        weights = _mean_inside(weights, batch)
    weights = torch.where(other == IGNORE, 1.0, weights)
    losses = weights * _by_row(logits, own) + (1 - weights) * _by_row(logits, other)
    return losses[own != IGNORE].mean()


def _mixed_features(model: Classifier, batch: Batch, weight: float, partner: Tensor) -> tuple[Tensor, Tensor]:
    """Return the features of mixed examples, and the weights that they were mixed with: see ``_weights``."""
    if isinstance(model, MixesWords) and batch.mask is not None:
        weights = _weights(batch.mask, batch, weight, partner)
        return model.mixed_features(batch, partner, weights), weights
    embedded = model.embed(batch)
    weights = _weights(Vectors.of(embedded, batch, "mixup").inside, batch, weight, partner)
    spread = weights.reshape(*weights.shape, *(1,) * (embedded.ndim - weights.ndim))
    mixed = spread * embedded + (1 - spread) * embedded.index_select(0, partner)
    return model.encode(mixed, batch), weights


def _weights(inside: Tensor | None, batch: Batch, weight: float, partner: Tensor) -> Tensor:
    """(B,) the weight of each example; or (B, T) of each step of a sequence, 1 where its partner has ended."""
    if inside is None:
        return torch.full((len(batch),), weight, device=batch.inputs.device)
    return torch.where(inside[partner], weight, 1.0)


def _mean_inside(weights: Tensor, batch: Batch) -> Tensor:
    assert batch.mask is not None
    return (weights * batch.mask).sum(1) / batch.mask.sum(1).clamp_min(1)


def _by_row(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each row, 0 where it has no label."""
    losses = functional.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORE, reduction="none")
    return losses.view_as(labels)


@dataclass(frozen=True)
class MixupLoss:
    """The loss of a weight and partners that are drawn from torch's global seed."""

    alpha: float = ALPHA

    def __call__(self, model: Classifier, batch: Batch, beside: Mapping[str, Batch]) -> Tensor:
        """Return the mean loss of a batch."""
        weight = float(torch.distributions.Beta(self.alpha, self.alpha).sample())
        partner = torch.randperm(len(batch)).to(batch.inputs.device)
        return mixed_loss(model, batch, weight, partner)


class Mixup(SameNetwork):
    """The task's recipe on mixed examples."""

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place.

        Raises:
            UserError: labels are no labels of rows.
        """
        if setup.train.labels is None or not setup.train.row_labels:
            raise UserError(
                f"objective mixup needs a label a row, and {setup.task.title} has transcripts; choose label_smoothing"
            )
        fit(model, MixupLoss(setup.options("mixup").get("alpha", ALPHA)), setup)


OBJECTIVE = Mixup()
