"""Vocabulary of the text classifiers: the most frequent words of the training texts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from common.base.errors import UserError
from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.model import Classifier
from nlp.segments import segments

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2
"""Numbers of padding, of unknown words, and of the first word."""

SEGMENTED: dict[str, Any] = {"tokenizer": segments, "token_pattern": None}
"""Options of ``CountVectorizer``: how a text is cut."""


@dataclass(frozen=True)
class Vocabulary:
    """Numbers for words.

    Attributes:
        words: word i has the number i + ``FIRST_WORD``.
        stop_words: whether scikit-learn's 318 English stop words are removed from every text.
        rarity: of each word, log((1 + n) / (1 + m)) + 1 for the n training texts of which m have it.
    """

    words: tuple[str, ...]
    stop_words: bool
    rarity: tuple[float, ...] = ()

    @classmethod
    def of(cls, texts: Sequence[str], size: int, stop_words: bool) -> "Vocabulary":
        """Return the ``size`` most frequent words of ``texts``.

        Raises:
            UserError: the texts have no word.
        """
        from sklearn.feature_extraction.text import CountVectorizer

        counter = CountVectorizer(max_features=size, stop_words="english" if stop_words else None, **SEGMENTED)
        try:
            counts = counter.fit_transform(texts)
        except ValueError as error:
            raise UserError(f"no words in {len(texts)} training texts ({error}); check the texts") from error
        having = np.asarray((counts > 0).sum(axis=0)).ravel()
        rarity = np.log((1 + len(texts)) / (1 + having)) + 1
        return cls(tuple(counter.get_feature_names_out()), stop_words, tuple(rarity.tolist()))

    def __len__(self) -> int:
        """How many numbers there are: the words, padding and unknown."""
        return len(self.words) + FIRST_WORD

    def numbers(self, texts: Iterable[str], positions: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the numbers of the last ``positions`` words of each text, all texts one after another.

        Returns:
            (S,) numbers and (N + 1,) offsets: text i is ``numbers[offsets[i]:offsets[i + 1]]``, which is empty if the
            text has no word.
        """
        number, split = self._number, self._split
        rows = [[number.get(word, UNKNOWN) for word in split(text)[-positions:]] for text in texts]
        offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=int(offsets[-1])), offsets

    def occurrence(self, texts: Sequence[str]) -> NDArray[np.uint8]:
        """Return (N, words) array: 1 where the word occurs in the text, else 0."""
        from sklearn.feature_extraction.text import CountVectorizer

        counter = CountVectorizer(vocabulary=self.words, binary=True, dtype=np.uint8, **SEGMENTED)
        return np.asarray(counter.transform(texts).toarray(), dtype=np.uint8)

    def unknown(self, texts: Sequence[str]) -> float:
        """Return the fraction of the texts' words that the vocabulary lacks; 0 where they have no word."""
        known, words = self._number, [word for text in texts for word in self._split(text)]
        return sum(word not in known for word in words) / max(len(words), 1)

    @cached_property
    def _number(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, FIRST_WORD)}

    @cached_property
    def _split(self) -> Callable[[str], list[str]]:
        from sklearn.feature_extraction.text import CountVectorizer

        splitter = CountVectorizer(stop_words="english" if self.stop_words else None, **SEGMENTED)
        split: Callable[[str], list[str]] = splitter.build_analyzer()
        return split


@dataclass(frozen=True)
class WordNumbers:
    """Preprocessor: texts to int32 numbers of their last ``positions`` words.

    A text without a word becomes a sequence of length 0; it is not skipped.
    """

    vocabulary: Vocabulary
    positions: int

    def unknown(self, samples: RawDataset) -> float:
        """Return the fraction of words that training does not have, or too rarely."""
        return self.vocabulary.unknown(samples.items)

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return the word numbers as sequences."""
        numbers, offsets = self.vocabulary.numbers(samples.items, self.positions)
        labels = None if samples.labels is None else torch.from_numpy(samples.labels)
        return TensorDataset(torch.from_numpy(numbers), torch.from_numpy(offsets), labels)


class WordClassifier(Classifier):
    """A classifier whose inputs are words of a vocabulary; the vocabulary is stored with the weights."""

    inputs_of_data = True
    rarity: Tensor

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.register_buffer("rarity", torch.tensor(vocabulary.rarity), persistent=False)

    def input_rows(self, batch: Batch, embedded: Tensor, logits: Tensor) -> Tensor:
        """Return (B, words + 1) tf-idf of each text, of length 1; a text without a known word has only the last value.

        Else such a text, all 0, would lie nearer to the mean than any other.
        """
        counts = self._counts(batch)
        none = (counts.sum(1, keepdim=True) == 0).to(counts.dtype)
        return functional.normalize(torch.cat([counts * self.rarity, none], dim=1))

    def _counts(self, batch: Batch) -> Tensor:
        """Return (B, words) how often each word occurs, of sequences of word numbers."""
        assert batch.mask is not None, "word numbers come in sequences"
        numbers = batch.inputs.long().masked_fill(~batch.mask, PADDING)
        ones = torch.ones(numbers.shape, device=numbers.device)
        counts = torch.zeros(len(batch), len(self.vocabulary), device=numbers.device)
        return counts.scatter_add_(1, numbers, ones)[:, FIRST_WORD:]

    def get_extra_state(self) -> Tensor:
        """Return the words, one a line in UTF-8, as bytes, which are saved with the weights."""
        return torch.frombuffer(bytearray("\n".join(self.vocabulary.words).encode()), dtype=torch.uint8)

    def set_extra_state(self, state: Tensor) -> None:
        """Check that saved weights belong to this model's vocabulary.

        Raises:
            UserError: the words differ, so the weights would belong to other words.
        """
        words = tuple(bytes(state.cpu().numpy()).decode().split("\n"))
        if words != self.vocabulary.words:
            raise UserError(
                f"these weights belong to another vocabulary ({len(words)} words, not the "
                f"{len(self.vocabulary.words)} of this training "
                "set); choose the data, seed and budget that they were trained with"
            )
