"""From a CTC network's outputs to phones, and how far those are from what was said."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Sequences = list[list[int]]


def best_path(classes: Tensor, lengths: Tensor, blank: int) -> Sequences:
    """Return what each utterance's most likely classes spell: repetitions become one, then blanks go.

    Args:
        classes: (B, T) most likely class of each frame.
        lengths: (B,) frames of each utterance.
        blank: the class that stands for no phone.

    >>> best_path(torch.tensor([[1, 1, 9, 1, 2]]), torch.tensor([5]), blank=9)
    [[1, 1, 2]]
    """
    inside = torch.arange(classes.shape[1]) < lengths[:, None]
    changed = torch.ones_like(inside)
    changed[:, 1:] = classes[:, 1:] != classes[:, :-1]
    kept = inside & changed & (classes != blank)
    return [part.tolist() for part in classes[kept].split(kept.sum(1).tolist())]


def unpadded(labels: Tensor, lengths: Tensor) -> Sequences:
    """Return (B, L) padded labels as lists of their own lengths."""
    return [row[:length].tolist() for row, length in zip(labels, lengths.tolist(), strict=True)]


def edit_distance(said: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]]) -> Tensor:
    """Return for each pair the fewest insertions, deletions and substitutions that make one the other: (B,) int64.

    All pairs are worked on together, a row of the table at a time. Within a row, insertions from the left are a
    running minimum: d[j] = min over i <= j of (c[i] + j - i).

    Source: Wagner & Fischer, "The string-to-string correction problem", Journal of the ACM 21 (1974).

    >>> edit_distance([[1, 2, 3]], [[1, 3, 3, 4]])
    tensor([2])
    """
    if not said:
        return torch.zeros(0, dtype=torch.int64)
    hypothesis, reference = _padded(said, -1), _padded(wanted, -2)
    columns = np.arange(reference.shape[1] + 1)
    row = np.tile(columns, (len(said), 1))
    rows = [row]
    for step, symbols in enumerate(hypothesis.T, start=1):
        change = np.minimum(row[:, 1:] + 1, row[:, :-1] + (reference != symbols[:, None]))
        entry = np.concatenate([np.full((len(said), 1), step), change], axis=1)
        row = np.minimum.accumulate(entry - columns, axis=1) + columns
        rows.append(row)
    ends = [len(one) for one in said], np.arange(len(said)), [len(one) for one in wanted]
    return torch.from_numpy(np.stack(rows)[ends])


def _padded(sequences: Sequence[Sequence[int]], padding: int) -> NDArray[np.int64]:
    table = np.full((len(sequences), max(map(len, sequences))), padding)
    for row, sequence in zip(table, sequences, strict=True):
        row[: len(sequence)] = sequence
    return table
