"""Texts as the numbers of their word pieces."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch

from common.base.errors import UserError
from common.data.examples import TensorDataset
from common.data.samples import RawDataset
from nlp.text_reader import unknown_pieces, word_pieces


@dataclass(frozen=True)
class PiecePreprocessor:
    """Texts to (S,) numbers of their word pieces, special ones included, truncated to ``pieces`` per text.

    ``classes`` has the network's class of each label where these are not the same.
    """

    tokenizer: Any
    pieces: int
    classes: tuple[int, ...] = ()

    def unknown(self, samples: RawDataset) -> float:
        """Return the fraction of word pieces that the tokenizer does not know."""
        return unknown_pieces(self.tokenizer, samples.items)

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return the word pieces as sequences."""
        numbers = word_pieces(self.tokenizer, samples.items, self.pieces) if len(samples) else []
        if samples.labels is not None and len(set(map(tuple, numbers))) == 1 < len(set(samples.items)):
            raise UserError("different texts become the same word pieces: the checkpoint's tokenizer does not fit them")
        offsets = torch.tensor(np.cumsum([0, *map(len, numbers)]), dtype=torch.int64)
        flat = torch.tensor(list(chain.from_iterable(numbers)), dtype=torch.int64)
        labels = None if samples.labels is None else torch.from_numpy(samples.labels)
        if labels is not None and self.classes:
            labels = torch.tensor(self.classes)[labels]
        return TensorDataset(flat, offsets, labels)
