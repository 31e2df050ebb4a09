"""Tensor data sets and their batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

IGNORE = -100
"""Label of padding: the ``ignore_index`` of PyTorch's losses."""


@dataclass(frozen=True)
class Batch:
    """B examples that a model processes together; sequences are padded with zeros to the longest length, T.

    Attributes:
        inputs: (B, ...) for fixed sizes, (B, T, ...) for sequences.
        lengths: (B,) int64 length of each sequence, or None.
        labels: (B,) int64, (B, L) for sequences of labels, padded with ``IGNORE``; or None.
        label_lengths: (B,) int64 length of each sequence of labels, or None.
        index: (B,) int64 position of each example in its data set.
        row_labels: whether each classified row has a label; False for transcripts.
    """

    inputs: Tensor
    lengths: Tensor | None
    labels: Tensor | None
    label_lengths: Tensor | None
    index: Tensor
    row_labels: bool = True

    @property
    def mask(self) -> Tensor | None:
        """(B, T) True where a step is not padding, or None for fixed sizes."""
        if self.lengths is None:
            return None
        return torch.arange(self.inputs.shape[1], device=self.lengths.device) < self.lengths[:, None]

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on ``device``."""
        moved = {name: value.to(device, non_blocking=True) for name, value in self._tensors().items()}
        return replace(self, **moved)

    def with_inputs(self, inputs: Tensor) -> "Batch":
        """Return the batch with its inputs replaced by others of the same lengths."""
        return replace(self, inputs=inputs)

    def part(self, rows: slice) -> "Batch":
        """Return the batch of the examples in the slice ``rows``, with unchanged padding."""
        return replace(self, **{name: value[rows] for name, value in self._tensors().items()})

    def joined(self, other: "Batch") -> "Batch":
        """Return the concatenation of this batch and ``other``, without labels.

        The model then processes both in one forward pass, with common batch-normalisation statistics.
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
    """A data set as tensors, in the form that a model takes.

    Attributes:
        inputs: (N, ...); for sequences the steps of all sequences concatenated, (S, ...).
        offsets: (N + 1,) int64: sequence i is ``inputs[offsets[i]:offsets[i + 1]]``; None for fixed sizes.
        labels: (N,) int64; for sequences of labels their concatenation; None if there are none.
        label_offsets: (N + 1,) int64 for sequences of labels, else None. A tagger's are equal to ``offsets``.
        groups: (N,) int64, the same number for examples that are not independent, such as one speaker's; or None.
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
        """Whether each classified row has a label, if there are labels; False for transcripts."""
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
    """Return the concatenation of data sets of the same form; labels and groups are dropped if there are several."""
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
    starts, ends = offsets[index], offsets[index + 1]
    rows = [values[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    if not rows:
        return values.new_empty(0, 0, *values.shape[1:]), ends - starts
    return pad_sequence(rows, batch_first=True, padding_value=padding), ends - starts


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

    Sequences of similar length are batched together to reduce padding. In a random order, examples are shuffled, sorted
    by length within pools of 50 batches, and the batches are shuffled; otherwise see ``little_padding``.

    Args:
        examples: to iterate over.
        batch_size: examples per batch; without a generator the most that a batch has.
        generator: for a random order; None: the order of the data set, sequences sorted by length.
        by_length: False: batches are random, so that the gradient of a step does not depend on the length.
    """
    count, lengths = len(examples), examples.lengths
    order = torch.arange(count) if generator is None else torch.randperm(count, generator=generator)
    if lengths is None or not by_length:
        yield from torch.split(order, batch_size)
        return
    if generator is None:
        yield from little_padding(examples, order, batch_size)
        return
    sorted_pools = [part[lengths[part].argsort(stable=True)] for part in torch.split(order, 50 * batch_size)]
    groups = [group for part in sorted_pools for group in torch.split(part, batch_size)]
    for i in torch.randperm(len(groups), generator=generator).tolist():
        yield groups[i]


PADDING, FEW_STEPS = 0.1, 256
"""Most padding in a batch of ``little_padding``: in steps, as a fraction of those that are none, or so many if more."""


def little_padding(examples: TensorDataset, index: Tensor, batch_size: int) -> Iterator[Tensor]:
    """Yield the examples ``index`` in batches of at most ``batch_size`` with little padding, the shortest first.

    For passes whose outcome does not depend on the batch. Examples of a fixed size stay in their order.
    """
    if examples.lengths is None:
        yield from torch.split(index, batch_size)
        return
    ascending = index[examples.lengths[index].argsort(stable=True)]
    start = steps = 0
    for place, length in enumerate(examples.lengths[ascending].tolist()):
        steps += length
        count = place - start + 1
        if count > batch_size or count * length - steps > max(PADDING * steps, FEW_STEPS):
            yield ascending[start:place]
            start, steps = place, length
    yield ascending[start:]
