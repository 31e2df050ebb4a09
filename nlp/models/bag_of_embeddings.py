"""Bag of embeddings: the mean of learned word vectors, then one linear layer.

Every text has P positions: a longer text is truncated to its last P words, a shorter one is padded, and padding has a
learned vector. With words w_1..w_n, n <= P, the feature is

    h = (sum_t e(w_t) + (P - n) e(padding)) / P

so the feature of a short text is close to e(padding), as in the recipe. A text without a known word has a feature too.
Not ``padded``, the feature is the mean of the n words alone, 0 of none.

Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 3.2.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from common.data.examples import Batch
from common.data.samples import RawDataset
from common.model import Preprocessor
from common.training.layers import unit_norm_linear
from nlp.vocabulary import PADDING, Vocabulary, WordClassifier, WordNumbers

Initial = Literal["unit_columns", "uniform"]


@dataclass(frozen=True)
class BagOfEmbeddings:
    """Options.

    Attributes:
        words: size of the vocabulary, without padding and the unknown word.
        dimensions: of a word vector.
        positions: P.
        stop_words: whether English stop words are removed.
        initial: of the word vectors, (V, D) with V = words + 2: ``unit_columns`` is normal with each column (dimension)
            scaled to length 1, ``uniform`` is U(0, 1) / sqrt((V + D) / 6).
        padded: whether padding has a part in the mean.
    """

    words: int = 5000
    dimensions: int = 50
    positions: int = 400
    stop_words: bool = True
    initial: Initial = "unit_columns"
    padded: bool = True

    def preprocessor(self, train: RawDataset) -> WordNumbers:
        """Return the preprocessor, with the vocabulary of the training texts."""
        return WordNumbers(Vocabulary.of(train.items, self.words, self.stop_words), self.positions)

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> "MeanOfWords":
        """Return the untrained network."""
        assert isinstance(preprocessor, WordNumbers), "this model reads word numbers"
        return MeanOfWords(preprocessor.vocabulary, len(train.label_names), self)


class MeanOfWords(WordClassifier):
    """The network; C classes.

    Its training batches are random, as in the recipe, not grouped by length; ``forward`` computes nothing for padding.
    """

    by_length = False

    def __init__(self, vocabulary: Vocabulary, classes: int, options: BagOfEmbeddings) -> None:
        super().__init__(vocabulary)
        self.positions = options.positions if options.padded else None
        self.embedding = nn.Embedding(len(vocabulary), options.dimensions)
        self.output = unit_norm_linear(options.dimensions, classes)
        self._initialise(options.initial)

    @torch.no_grad()
    def _initialise(self, initial: Initial) -> None:
        vectors = self.embedding.weight
        if initial == "unit_columns":
            vectors.copy_(nn.functional.normalize(vectors, dim=0))
        else:
            vectors.uniform_().div_((sum(vectors.shape) / 6) ** 0.5)

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T, D) word vectors."""
        vectors: Tensor = self.embedding(batch.inputs)
        return vectors

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, D) mean over the positions."""
        assert batch.mask is not None and batch.lengths is not None, "word numbers come in sequences"
        words = torch.bmm(batch.mask[:, None].to(embedded.dtype), embedded)[:, 0]
        return [self._mean(words, batch.lengths)]

    def forward(self, batch: Batch) -> Tensor:
        """Return (B, C) logits, equal to those of the three steps, without a vector for every position."""
        assert batch.mask is not None and batch.lengths is not None, "word numbers come in sequences"
        starts = batch.lengths.cumsum(0) - batch.lengths
        numbers = batch.inputs[batch.mask].long()
        words = nn.functional.embedding_bag(numbers, self.embedding.weight, starts, mode="sum")
        return self.classify(self._mean(words, batch.lengths))

    def _mean(self, words: Tensor, lengths: Tensor) -> Tensor:
        """Return (B, D) means, ``words`` being the sums of the first ``lengths`` vectors: the others are padding."""
        if self.positions is None:
            return words / lengths.clamp_min(1)[:, None]
        padding = (self.positions - lengths)[:, None] * self.embedding.weight[PADDING]
        return (words + padding) / self.positions

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        logits: Tensor = self.output(features)
        return logits


ARCHITECTURE = BagOfEmbeddings
