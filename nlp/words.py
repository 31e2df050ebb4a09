"""Words as numbers for the taggers: a vocabulary of the training words, and pretrained vectors beside it."""

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
"""Ids: padding; words that training did not see, by their shape (from ``UNKNOWN`` on); the first word of training."""


def one_shape(word: str) -> int:
    """Return the id of unknown words where they are all alike."""
    return UNKNOWN


def shape(word: str) -> int:
    """Return the id of an unknown word by its look: tag, with digits, without letters, with an apostrophe, other.

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
    """The training words, most frequent first (equal ones in alphabetical order), with their counts.

    Attributes:
        counts: how often each occurs.
        ids: number of each.
        unknown: id that a word gets which is not here.
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
        """(V,) int64: for words that occur once in training the id of unknown ones, for the others their own.

        A tagger that takes rare words for unknown now and then learns what to make of unknown ones.
        """
        own = torch.arange(len(self))
        for word, place in self.ids.items():
            if self.counts[word] == 1:
                own[place] = self.unknown(word)
        return own


NO_VECTOR = 1
"""Row of the pretrained vectors that stands for a word without one."""


@dataclass(frozen=True)
class Vectors:
    """Pretrained vectors: row 0 is padding, row 1 (all zeros) stands for a word that has none."""

    ids: Mapping[str, int]
    table: Tensor

    @classmethod
    def of(cls, samples: RawDataset) -> "Vectors":
        """Return the vectors that a data set of words holds in ``extras["vectors"]``."""
        table = np.concatenate(
            [np.zeros((NO_VECTOR + 1, samples.extras["vectors"].shape[1])), samples.extras["vectors"]]
        )
        return cls(
            {word: NO_VECTOR + 1 + place for place, word in enumerate(samples.items)}, torch.from_numpy(table).float()
        )

    def id(self, word: str) -> int:
        """Return the row of a word: as it is written, else in lower case without the Penn Treebank's spelling."""
        for form in (word, word.lower(), plain(word).lower()):
            if form in self.ids:
                return self.ids[form]
        return NO_VECTOR


def fixed(table: Tensor) -> nn.Embedding:
    """Return vectors that training leaves as they are."""
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
        """Return the examples of tokenised sentences, with their tags where they have some."""
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
