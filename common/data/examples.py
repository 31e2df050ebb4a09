"""Examples as tensors: whole data sets, and batches of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

IGNORE = -100
"""Label of padding: what PyTorch's losses leave out."""


@dataclass(frozen=True)
class Batch:
    """Examples that go through a model together; B of them, padded with zeros to the longest, T.

    Attributes:
        inputs: (B, ...) for fixed sizes, (B, T, ...) for sequences.
        lengths: (B,) int64 length of each sequence, or None.
        labels: (B,) int64, (B, L) for sequences of labels, padded with ``IGNORE``; or None.
        label_lengths: (B,) int64 length of each sequence of labels, or None.
        index: (B,) int64 position of each example in its data set.
        row_labels: whether labels belong to the rows that a model classifies; a transcript's do not.
    """

    inputs: Tensor
    lengths: Tensor | None
    labels: Tensor | None
    label_lengths: Tensor | None
    index: Tensor
    row_labels: bool = True

    @property
    def mask(self) -> Tensor | None:
        """(B, T) True where an input is no padding, or None for fixed sizes."""
        if self.lengths is None:
            return None
        return torch.arange(self.inputs.shape[1], device=self.lengths.device) < self.lengths[:, None]

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on ``device``."""
        moved = {name: value.to(device, non_blocking=True) for name, value in self._tensors().items()}
        return replace(self, **moved)

    def with_inputs(self, inputs: Tensor) -> "Batch":
        """Return the batch with other inputs of the same lengths."""
        return replace(self, inputs=inputs)

    def part(self, rows: slice) -> "Batch":
        """Return the batch of some of the examples, padded as before."""
        return replace(self, **{name: value[rows] for name, value in self._tensors().items()})

    def joined(self, other: "Batch") -> "Batch":
        """Return a batch of this one's examples and then the other's, all without labels.

        So that both go through the model in one forward pass and share what it computes over a batch (the statistics
        of batch normalisation).
        """
        longest = None if self.lengths is None else max(self.inputs.shape[1], other.inputs.shape[1])
        inputs = torch.cat([_lengthened(self.inputs, longest), _lengthened(other.inputs, longest)])
        both = self.lengths is not None and other.lengths is not None
        lengths = torch.cat([self.lengths, other.lengths]) if both else None  # type: ignore[list-item]
        return Batch(inputs, lengths, None, None, torch.cat([self.index, other.index]), self.row_labels)

    def _tensors(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True)
class TensorDataset:
    """A data set as a model takes it.

    Attributes:
        inputs: (N, ...), or for sequences all steps one after another, (S, ...).
        offsets: (N + 1,) int64: sequence i is ``inputs[offsets[i]:offsets[i + 1]]``; None for fixed sizes.
        labels: (N,) int64, or for sequences of labels all of them one after another; None where there are none.
        label_offsets: (N + 1,) int64 for sequences of labels, else None. A tagger's equal ``offsets``.
        groups: (N,) int64, the same number for what is not independent, such as all that one speaker says; or None.
    """

    inputs: Tensor
    offsets: Tensor | None = None
    labels: Tensor | None = None
    label_offsets: Tensor | None = None
    groups: Tensor | None = None

    def __len__(self) -> int:
        return len(self.inputs) if self.offsets is None else len(self.offsets) - 1

    @property
    def nbytes(self) -> int:
        """Size in memory."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, Tensor))

    @cached_property
    def row_labels(self) -> bool:
        """Whether labels, where there are any, belong to the rows that a model classifies; a transcript's do not."""
        if self.label_offsets is None:
            return True
        return self.offsets is not None and torch.equal(self.offsets, self.label_offsets)

    @property
    def lengths(self) -> Tensor | None:
        """(N,) int64 length of each sequence, or None for fixed sizes."""
        return None if self.offsets is None else self.offsets.diff()

    def batch(self, index: Tensor) -> Batch:
        """Return the examples at ``index`` ((B,) int64), sequences padded to the longest among them."""
        inputs, lengths = _rows(self.inputs, self.offsets, index, 0)
        labels, label_lengths = None, None
        if self.labels is not None:
            labels, label_lengths = _rows(self.labels, self.label_offsets, index, IGNORE)
        return Batch(inputs, lengths, labels, label_lengths, index, self.row_labels)

    def take(self, index: Tensor) -> "TensorDataset":
        """Return a data set of the examples at ``index``."""
        inputs, offsets = _select(self.inputs, self.offsets, index)
        labels, label_offsets = None, None
        if self.labels is not None:
            labels, label_offsets = _select(self.labels, self.label_offsets, index)
        groups = self.groups[index] if self.groups is not None else None
        return TensorDataset(inputs, offsets, labels, label_offsets, groups)


def concatenated(parts: Sequence[TensorDataset]) -> TensorDataset:
    """Return one data set of several that are alike; labels and groups stay only if there is but one part."""
    if len(parts) == 1:
        return parts[0]
    inputs = torch.cat([part.inputs for part in parts])
    lengths = [part.lengths for part in parts if part.lengths is not None]
    if not lengths:
        return TensorDataset(inputs)
    ends = torch.cat(lengths).cumsum(0)
    return TensorDataset(inputs, torch.cat([ends.new_zeros(1), ends]))


def _rows(values: Tensor, offsets: Tensor | None, index: Tensor, padding: int) -> tuple[Tensor, Tensor | None]:
    if offsets is None:
        return values[index], None
    starts, lengths = offsets[index], offsets[index + 1] - offsets[index]
    steps = torch.arange(int(lengths.max()) if len(index) else 0)
    inside = steps < lengths[:, None]
    rows = values[torch.where(inside, starts[:, None] + steps, 0)]
    rows[~inside] = padding
    return rows, lengths


def _lengthened(values: Tensor, longest: int | None) -> Tensor:
    """Return (B, T, ...) values padded with zeros to ``longest`` steps; None leaves them as they are."""
    if longest is None or values.shape[1] == longest:
        return values
    return torch.cat([values, values.new_zeros(len(values), longest - values.shape[1], *values.shape[2:])], 1)


def _select(values: Tensor, offsets: Tensor | None, index: Tensor) -> tuple[Tensor, Tensor | None]:
    if offsets is None:
        return values[index], None
    lengths = offsets[index + 1] - offsets[index]
    ends = lengths.cumsum(0)
    shift = torch.repeat_interleave(offsets[index] - (ends - lengths), lengths)
    return values[shift + torch.arange(len(shift))], torch.cat([ends.new_zeros(1), ends])


def batches(
    examples: TensorDataset, batch_size: int, generator: torch.Generator | None = None, by_length: bool = True
) -> Iterator[Tensor]:
    """Yield the indices of one pass over ``examples``, batch by batch.

    With a generator the order is random, without one it is the data set's. Sequences of like length share a batch, so
    that padding is a small part of the work: random order is kept among pools of 50 batches and among the batches.
    Without ``by_length`` a batch is any of the examples: what a recipe wants whose gradient must not follow the length.
    """
    count, lengths = len(examples), examples.lengths
    order = torch.arange(count) if generator is None else torch.randperm(count, generator=generator)
    if lengths is None or not by_length:
        yield from torch.split(order, batch_size)
        return
    pool = count if generator is None else 50 * batch_size
    sorted_pools = [part[lengths[part].argsort(stable=True)] for part in torch.split(order, max(pool, 1))]
    groups = [group for part in sorted_pools for group in torch.split(part, batch_size)]
    turn = range(len(groups)) if generator is None else torch.randperm(len(groups), generator=generator).tolist()
    for i in turn:
        yield groups[i]
