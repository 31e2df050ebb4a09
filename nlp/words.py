"""Inputs of the taggers: the vocabulary of the training words, and pretrained word vectors."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn

from common.data.examples import TensorDataset
from common.data.samples import RawDataset

PADDING, UNKNOWN, FIRST = 0, 1, 6
"""Ids of padding, of words not seen in training (by shape, from ``UNKNOWN`` on), and of the first training word."""


def one_shape(word: str) -> int:
    """Return the one id that all unknown words share."""
    return UNKNOWN


def shape(word: str) -> int:
    """Return the id of an unknown word by its shape: hashtag, with digits, without letters, with an apostrophe, other.

    >>> [shape(word) for word in ("#ff", "b4", "->", "y'all", "sunny")]
    [2, 3, 4, 5, 1]
    """
    if word.startswith("#") and len(word) > 1:
        return UNKNOWN + 1
    if any(character.isdigit() for character in word):
        return UNKNOWN + 2
    if not any(character.isalpha() for character in word):
        return UNKNOWN + 3
    return UNKNOWN + 4 if "'" in word else UNKNOWN


@dataclass(frozen=True)
class Words:
    """The training words, most frequent first (ties in alphabetical order), with their counts.

    Attributes:
        counts: how often each occurs.
        ids: number of each.
        unknown: the id of a word that is not among them.
    """

    counts: Mapping[str, int]
    ids: Mapping[str, int]
    unknown: Callable[[str], int] = one_shape

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], unknown: Callable[[str], int] = one_shape) -> "Words":
        """Return the vocabulary of tokenised sentences."""
        counts = Counter(chain.from_iterable(sentences))
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(counts, {word: FIRST + place for place, word in enumerate(ordered)}, unknown)

    def __len__(self) -> int:
        return FIRST + len(self.ids)

    def id(self, word: str) -> int:
        """Return the number of a word."""
        return self.ids.get(word) or self.unknown(word)

    def hidden(self) -> Tensor:
        """(V,) int64: the unknown id for words that occur once in training, for the others their id.

        A tagger that sometimes replaces rare words by the unknown id learns a vector for unknown words.
        """
        ids = torch.arange(len(self))
        for word, place in self.ids.items():
            if self.counts[word] == 1:
                ids[place] = self.unknown(word)
        return ids


NO_VECTOR = 1
"""Row of the pretrained vectors for words without a vector."""


@dataclass(frozen=True)
class Vectors:
    """Pretrained vectors: row 0 is padding, row 1 (all zeros) is for words without a vector."""

    ids: Mapping[str, int]
    table: Tensor

    @classmethod
    def of(cls, samples: RawDataset) -> "Vectors":
        """Return the vectors in ``extras["vectors"]`` of a data set of words."""
        table = np.concatenate(
            [np.zeros((NO_VECTOR + 1, samples.extras["vectors"].shape[1])), samples.extras["vectors"]]
        )
        return cls(
            {word: NO_VECTOR + 1 + place for place, word in enumerate(samples.items)}, torch.from_numpy(table).float()
        )

    def id(self, word: str) -> int:
        """Return the row of a word: as written, else in lower case, else also without the Penn Treebank's spelling."""
        for form in (word, word.lower(), plain(word).lower()):
            if form in self.ids:
                return self.ids[form]
        return NO_VECTOR


def fixed(table: Tensor) -> nn.Embedding:
    """Return an embedding that is not trained."""
    return nn.Embedding(table.shape[0], table.shape[1], _weight=table, _freeze=True)


_PLAIN = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}


def plain(word: str) -> str:
    r"""Return a word of the Penn Treebank as it is printed: ``-LRB-`` is ``(``, ``1\/2`` is ``1/2``."""
    return _PLAIN.get(word) or word.replace("\\/", "/").replace("\\*", "*")


@dataclass(frozen=True)
class WordPreprocessor:
    """Sentences as (S, 2) int64 inputs: id among the training words, and row of the pretrained vectors.

    Attributes:
        words: of the training sentences.
        vectors: pretrained, or None: the second column is then ``NO_VECTOR`` everywhere.
    """

    words: Words
    vectors: Vectors | None = None
    _rows: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return the sentences as sequences of words, with their tags if they are labelled."""
        lengths = [len(sentence) for sentence in samples.items]
        offsets = torch.tensor([0, *np.cumsum(lengths)], dtype=torch.int64)
        inputs = torch.tensor([self._row(word) for word in chain.from_iterable(samples.items)], dtype=torch.int64)
        if samples.labels is None:
            return TensorDataset(inputs, offsets)
        return TensorDataset(inputs, offsets, torch.from_numpy(np.concatenate(samples.labels)), offsets)

    def _row(self, word: str) -> tuple[int, int]:
        if word not in self._rows:
            self._rows[word] = self.words.id(word), self.vectors.id(word) if self.vectors else NO_VECTOR
        return self._rows[word]
