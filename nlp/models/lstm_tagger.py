"""Part-of-speech tagger: learned word embeddings and a bidirectional LSTM of three layers."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from common.data.examples import Batch
from common.data.samples import RawDataset
from common.model import Classifier
from nlp.words import FIRST, PADDING, WordPreprocessor, Words, fixed


class LstmTaggerNetwork(Classifier):
    """Learned embeddings, concatenated with pretrained vectors if given; bidirectional LSTM; linear layer.

    In training, a word that occurs only once is replaced by the unknown word with probability 1/2, so that the
    embedding of unknown words is learned. ``row_extras`` has ``seen``: whether the word is a training word.
    """

    hidden: Tensor

    def __init__(self, preprocessor: WordPreprocessor, tags: int, embedding: int, width: int, layers: int) -> None:
        super().__init__()
        self.learned = nn.Embedding(len(preprocessor.words), embedding, padding_idx=PADDING)
        self.register_buffer("hidden", preprocessor.words.hidden(), persistent=False)
        self.vectors: nn.Embedding | None = None
        if preprocessor.vectors is not None:
            self.vectors = fixed(preprocessor.vectors.table)
            embedding += preprocessor.vectors.table.shape[1]
        self.lstm = nn.LSTM(embedding, width, layers, batch_first=True, bidirectional=True)
        self.tags = nn.Linear(2 * width, tags)

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T, E) word embeddings."""
        words, rows = batch.inputs.unbind(-1)
        if self.training:
            words = torch.where(torch.rand(words.shape, device=words.device) < 0.5, self.hidden[words], words)
        learned: Tensor = self.learned(words)
        return learned if self.vectors is None else torch.cat([learned, self.vectors(rows)], dim=-1)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, T, 2 width) states of both directions."""
        assert batch.lengths is not None, "a tagger needs sequences"
        packed = pack_padded_sequence(embedded, batch.lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = self.lstm(packed)
        padded, _ = pad_packed_sequence(states, batch_first=True, total_length=embedded.shape[1])
        return [padded]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, T, C) logits of the tags."""
        logits: Tensor = self.tags(features)
        return logits

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return ``seen``, (B, T): whether the word is a training word."""
        return {"seen": batch.inputs[..., 0] >= FIRST}


@dataclass(frozen=True)
class LstmTagger:
    """Options of the tagger.

    Attributes:
        embedding: dimensions of a learned word embedding.
        width: of the LSTM, in each direction.
        layers: of the LSTM.
    """

    embedding: int = 128
    width: int = 128
    layers: int = 3

    def preprocessor(self, train: RawDataset) -> WordPreprocessor:
        """Return the preprocessor, with the vocabulary of the training sentences."""
        return WordPreprocessor(Words.of(train.items))

    def build(self, preprocessor: WordPreprocessor, train: RawDataset) -> LstmTaggerNetwork:
        """Return an untrained tagger."""
        return LstmTaggerNetwork(preprocessor, len(train.label_names), self.embedding, self.width, self.layers)


ARCHITECTURE = LstmTagger
