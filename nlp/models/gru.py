"""Gated recurrent units (GRU): two layers over learned word vectors, the text classifier of Outlier Exposure.

The feature is the upper layer's state after the last word.

Source: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606: 50-d vectors, 128 units, 10,000 words.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from common.data.examples import Batch
from common.data.samples import RawDataset
from common.model import Preprocessor
from nlp.vocabulary import PADDING, Vocabulary, WordClassifier, WordNumbers


@dataclass(frozen=True)
class Gru:
    """Options.

    Attributes:
        hidden: units of each layer.
        layers: how many.
        words: size of the vocabulary, without padding and the unknown word.
        dimensions: of a word vector.
        positions: a longer text is truncated to its last words.
        stop_words: whether English stop words are removed.
    """

    hidden: int = 128
    layers: int = 2
    words: int = 10_000
    dimensions: int = 50
    positions: int = 100
    stop_words: bool = False

    def preprocessor(self, train: RawDataset) -> WordNumbers:
        """Return the preprocessor, with the vocabulary of the training texts."""
        return WordNumbers(Vocabulary.of(train.items, self.words, self.stop_words), self.positions)

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> "GruClassifier":
        """Return the untrained network."""
        assert isinstance(preprocessor, WordNumbers), "this model reads word numbers"
        return GruClassifier(preprocessor.vocabulary, len(train.label_names), self)


class GruClassifier(WordClassifier):
    """The network; C classes. A text without words has the feature 0."""

    def __init__(self, vocabulary: Vocabulary, classes: int, options: Gru) -> None:
        super().__init__(vocabulary)
        self.embedding = nn.Embedding(len(vocabulary), options.dimensions, padding_idx=PADDING)
        self.gru = nn.GRU(options.dimensions, options.hidden, options.layers, batch_first=True)
        self.output = nn.Linear(options.hidden, classes)

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T, D) word vectors."""
        vectors: Tensor = self.embedding(batch.inputs)
        return vectors

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, hidden) state after each text's last word."""
        assert batch.lengths is not None, "word numbers come in sequences"
        if not embedded.shape[1]:
            return [embedded.new_zeros(len(embedded), self.gru.hidden_size)]
        states, _ = self.gru(embedded)  # padding follows the last word and cannot change its state
        last = (batch.lengths - 1).clamp(min=0)[:, None, None].expand(-1, 1, states.shape[2])
        state: Tensor = states.gather(1, last)[:, 0]
        return [state * (batch.lengths > 0)[:, None]]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        logits: Tensor = self.output(features)
        return logits


ARCHITECTURE = Gru
