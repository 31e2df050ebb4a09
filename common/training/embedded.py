"""The vectors that an embedded batch is made of: one an example, or one a step of each sequence."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from common.base.errors import UserError
from common.data.examples import Batch


@dataclass(frozen=True)
class Vectors:
    """How an embedded batch divides into vectors.

    Attributes:
        shape: of the embedded batch, (B, ...) or (B, T, ...).
        inside: (B, T) which steps are no padding, or None where each example is one vector.
    """

    shape: torch.Size
    inside: Tensor | None

    @classmethod
    def of(cls, embedded: Tensor, batch: Batch, objective: str) -> "Vectors":
        """Return the layout of an embedded batch.

        Raises:
            UserError: its steps are not those of the inputs (a model that divides words into pieces).
        """
        mask = batch.mask
        if mask is not None and embedded.shape[:2] == mask.shape:
            return cls(embedded.shape, mask)
        if mask is not None and embedded.ndim > 2:
            raise UserError(
                f"objective {objective} needs a model that embeds each step of its input, and this one has "
                f"{embedded.shape[1]} steps for {mask.shape[1]}; choose another model or objective"
            )
        return cls(embedded.shape, None)

    @property
    def example(self) -> Tensor:
        """(R,) int64 position in the batch of the example that each vector is part of."""
        if self.inside is None:
            return torch.arange(self.shape[0])
        return self.inside.nonzero()[:, 0]

    def split(self, embedded: Tensor) -> Tensor:
        """Return (R, I) vectors, padding left out."""
        if self.inside is None:
            return embedded.flatten(1)
        return embedded[self.inside].flatten(1)

    def joined(self, vectors: Tensor) -> Tensor:
        """Return (R, I) vectors as an embedded batch, 0 in the padding."""
        if self.inside is None:
            return vectors.view(self.shape)
        embedded = vectors.new_zeros(*self.shape[:2], vectors.shape[1])
        embedded[self.inside] = vectors
        return embedded.view(self.shape)


def shortened(batch: Batch, steps: int, most: int) -> Batch:
    """Return the first sequences of a batch, the first ``steps`` steps of each at most; of fixed sizes all as it is.

    A shortened batch has no labels, at most ``most`` steps in all, and one sequence at least.
    """
    if batch.lengths is None:
        return batch
    lengths = batch.lengths.clamp_max(steps)
    cut = replace(batch, inputs=batch.inputs[:, :steps], lengths=lengths, labels=None, label_lengths=None)
    return cut.part(slice(max(int((lengths.cumsum(0) <= most).sum()), 1)))
