"""CTC decoding (best path, beam search) and edit distance."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Sequences = list[list[int]]


def best_path(classes: Tensor, lengths: Tensor, blank: int) -> Sequences:
    """Return the best path of each utterance: repeated classes are merged, then blanks are removed.

    Args:
        classes: (B, T) most likely class of each frame.
        lengths: (B,) number of frames of each utterance.
        blank: number of the blank.

    >>> best_path(torch.tensor([[1, 1, 9, 1, 2]]), torch.tensor([5]), blank=9)
    [[1, 1, 2]]
    """
    inside = torch.arange(classes.shape[1]) < lengths[:, None]
    changed = torch.ones_like(inside)
    changed[:, 1:] = classes[:, 1:] != classes[:, :-1]
    kept = inside & changed & (classes != blank)
    return [part.tolist() for part in torch.split(classes[kept], kept.sum(1).tolist())]


def beam_search(log_probabilities: Tensor, blank: int, width: int, classes: int = 12) -> list[int]:
    """Return the most likely sequence, summed over its alignments, that a beam search over prefixes finds.

    Each prefix has two log probabilities: of the alignments that end in a blank, and of those that end in its last
    class. A class repeated after a blank is a new symbol; repeated without a blank it continues the last symbol.

    Args:
        log_probabilities: (T, C) of one utterance.
        blank: number of the blank.
        width: prefixes kept after each frame.
        classes: most likely classes of a frame that are tried.

    Source: Hannun, Maas, Jurafsky & Ng, "First-pass large vocabulary continuous speech recognition using
    bi-directional recurrent DNNs", arXiv:1408.2873, without a language model.
    """
    best = log_probabilities.topk(min(classes, log_probabilities.shape[1]))
    beam: Beam = {(): (0.0, -math.inf)}
    for row, values, tried in zip(log_probabilities.tolist(), best.values.tolist(), best.indices.tolist(), strict=True):
        after: Beam = {}
        for prefix, (in_blank, in_class) in beam.items():
            total = _log_add(in_blank, in_class)
            _offer(after, prefix, total + row[blank], in_class + row[prefix[-1]] if prefix else -math.inf)
            for value, symbol in zip(values, tried, strict=True):
                if symbol != blank:
                    before = in_blank if prefix and symbol == prefix[-1] else total
                    _offer(after, (*prefix, symbol), -math.inf, before + value)
        beam = dict(sorted(after.items(), key=lambda item: -_log_add(*item[1]))[:width])
    return list(next(iter(beam)))


Beam = dict[tuple[int, ...], tuple[float, float]]


def _offer(beam: Beam, prefix: tuple[int, ...], in_blank: float, in_class: float) -> None:
    """Add the probabilities of further alignments of a prefix."""
    old = beam.get(prefix, (-math.inf, -math.inf))
    beam[prefix] = _log_add(old[0], in_blank), _log_add(old[1], in_class)


def _log_add(one: float, other: float) -> float:
    high, low = max(one, other), min(one, other)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))


def unpadded(labels: Tensor, lengths: Tensor) -> Sequences:
    """Return (B, L) padded labels as lists without padding."""
    return [row[:length].tolist() for row, length in zip(labels, lengths.tolist(), strict=True)]


def edit_distance(said: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]]) -> Tensor:
    """Return the (B,) int64 edit distances of pairs: the fewest insertions, deletions and substitutions.

    The tables of all pairs are filled together, row by row. Within a row, insertions are a running minimum:
    d[j] = min over i <= j of (c[i] + j - i).

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
