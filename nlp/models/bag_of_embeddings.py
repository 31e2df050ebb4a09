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
from nlp.bags import bag_sums
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

    Its training batches are random, as in the recipe, not grouped by length; ``features`` computes nothing for padding.
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
        paddings = self._paddings(batch.lengths)[:, None] * self.embedding.weight[PADDING]
        return [(words + paddings) / self._positions(batch.lengths)]

    def features(self, batch: Batch) -> Tensor:
        """Return the (B, D) means, without a vector for every position."""
        mask = batch.mask
        assert mask is not None, "word numbers come in sequences"
        return self._means(batch, batch.inputs, mask)

    def mixed_features(self, batch: Batch, partner: Tensor, weights: Tensor) -> Tensor:
        """Return the (B, D) means of mixed vectors: a bag has the words of a text and of its partner."""
        mask = batch.mask
        assert mask is not None, "word numbers come in sequences"
        numbers = torch.cat([batch.inputs, batch.inputs[partner]], 1)
        inside = torch.cat([mask, mask & mask[partner]], 1)
        return self._means(batch, numbers, inside, torch.cat([weights, 1 - weights], 1))

    def _means(self, batch: Batch, numbers: Tensor, inside: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the (B, D) means of the words ``numbers``, (B, T), where ``inside``, and of the texts' padding."""
        assert batch.lengths is not None, "word numbers come in sequences"
        vectors, words = self.embedding.weight, numbers.masked_select(inside).long()
        factors = None if weights is None else weights.masked_select(inside)
        sums = bag_sums(vectors, words, inside.sum(1), self._paddings(batch.lengths), factors)
        return sums / self._positions(batch.lengths)

    def _paddings(self, lengths: Tensor) -> Tensor:
        """Return (B,) how many positions of each text are padding and count."""
        return torch.zeros_like(lengths) if self.positions is None else self.positions - lengths

    def _positions(self, lengths: Tensor) -> Tensor:
        """Return (B, 1) the number of positions that a mean is over."""
        return (lengths.clamp_min(1) if self.positions is None else torch.full_like(lengths, self.positions))[:, None]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        logits: Tensor = self.output(features)
        return logits


ARCHITECTURE = BagOfEmbeddings
