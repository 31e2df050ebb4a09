"""What every classifier of the suite is: embed, encode, classify."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset

Preprocessor = Callable[[RawDataset], TensorDataset]
"""Turns samples into a model's inputs; made from the training samples alone (a vocabulary, a mean)."""


class Classifier(nn.Module):
    """A network in three steps, so that a method can enter between them.

    Subclasses define ``embed``, ``encode`` and ``classify``. ``embed`` gives floats (pixels, word vectors, MFCCs): the
    place where a method that needs the gradient of the input takes its step. Rows of padding may hold anything; what
    they get is left out by ``batch.mask``.

    Attributes:
        scored: the logits that are scored; a CTC model leaves its blank out.
        by_length: whether sequences of like length share a training batch; False where the recipe's batches are random.
    """

    scored: slice = slice(None)
    by_length: bool = True

    def embed(self, batch: Batch) -> Tensor:
        """Return the input as floats: (B, ...) or (B, T, ...)."""
        raise NotImplementedError

    def encode(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Return features: (B, D), or (B, T, D) where every step is classified."""
        raise NotImplementedError

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return what each hidden layer gives, first to last, shaped like the features; the last is the features.

        What methods see that look into a network (the abnormality module, Mahalanobis distances). A model that
        offers its layers defines this and has ``encode`` return the last; convolutional maps are averaged first.
        """
        return [self.encode(embedded, batch)]

    def classify(self, features: Tensor) -> Tensor:
        """Return logits, (B, C) or (B, T, C), of features."""
        raise NotImplementedError

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits of a batch."""
        return self.classify(self.encode(self.embed(batch), batch))

    def extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return further outputs by name, (B,) one value an example or (B, T) one a step; none by default."""
        return {}

    def row_lengths(self, batch: Batch) -> Tensor | None:
        """Return how many of the T rows of each example count; the inputs' lengths unless a model shortens time."""
        return batch.lengths

    def decayed(self) -> list[nn.Parameter]:
        """Return the weights that weight decay applies to; all of them unless a recipe says otherwise."""
        return list(self.parameters())

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


class Architecture(Protocol):
    """What a file in a ``models`` folder defines as ``ARCHITECTURE``: a class whose fields are the options.

    Three things more it may have. ``budget(task: Budget) -> Budget`` gives the budget that it needs in place of the
    task's, for instance a smaller learning rate for a pretrained network. One that reads files of its own, such as word
    vectors or a checkpoint, has a field ``folders: Folders``, which is filled in, and ``fingerprint() -> str``, which
    identifies the content of the files.
    """

    def preprocessor(self, train: RawDataset) -> Preprocessor:
        """Return what turns samples into examples, made from the training samples alone."""

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> Classifier:
        """Return an untrained network for what ``preprocessor`` gives and for the classes ``train.label_names``."""
