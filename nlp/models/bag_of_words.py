"""Bag of words: which words occur in a text, then one hidden layer.

With x in {0, 1}^W: h = GELU(x A + a), dropout, logits = h B + b. Initially the columns of A and B have length
1 / sqrt(1.45), and a = b = 0.

Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 3.2.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.model import Preprocessor
from common.training.layers import gelu, unit_norm_linear
from nlp.vocabulary import Vocabulary, WordClassifier

DIVISOR = 1.45**0.5
"""Of the recipe: 0.45 for the mean square of a GELU unit, 1 for that of the input or the logits."""


@dataclass(frozen=True)
class BagOfWords:
    """Options.

    Attributes:
        words: size of the vocabulary, the most frequent words.
        hidden: width of the hidden layer.
        dropout: fraction of hidden units set to zero in training.
        stop_words: whether English stop words are removed.
    """

    words: int = 1000
    hidden: int = 512
    dropout: float = 0.5
    stop_words: bool = True

    def preprocessor(self, train: RawDataset) -> "Occurrences":
        """Return the preprocessor, with the vocabulary of the training texts."""
        return Occurrences(Vocabulary.of(train.items, self.words, self.stop_words))

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> "WordsPresent":
        """Return the untrained network."""
        assert isinstance(preprocessor, Occurrences), "this model reads word occurrences"
        return WordsPresent(preprocessor.vocabulary, len(train.label_names), self)


@dataclass(frozen=True)
class Occurrences:
    """Texts to (N, words) uint8: 1 where the word occurs. A text without a known word is all 0."""

    vocabulary: Vocabulary

    def unknown(self, samples: RawDataset) -> float:
        """Return the fraction of words that training does not have, or too rarely."""
        return self.vocabulary.unknown(samples.items)

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return the occurrences."""
        labels = None if samples.labels is None else torch.from_numpy(samples.labels)
        return TensorDataset(torch.from_numpy(self.vocabulary.occurrence(samples.items)), labels=labels)


class WordsPresent(WordClassifier):
    """The network; C classes."""

    def __init__(self, vocabulary: Vocabulary, classes: int, options: BagOfWords) -> None:
        super().__init__(vocabulary)
        self.first = unit_norm_linear(len(vocabulary.words), options.hidden, DIVISOR)
        self.activation = gelu()
        self.dropout = nn.Dropout(options.dropout)
        self.output = unit_norm_linear(options.hidden, classes, DIVISOR)

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, words) occurrences as floats."""
        return batch.inputs.to(self.first.weight.dtype)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return (B, hidden) activations."""
        hidden: Tensor = self.dropout(self.activation(self.first(embedded)))
        return [hidden]

    def _counts(self, batch: Batch) -> Tensor:
        """Return (B, words) occurrences: how often a word occurs is not known here."""
        return batch.inputs.float()

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        logits: Tensor = self.output(features)
        return logits


ARCHITECTURE = BagOfWords
