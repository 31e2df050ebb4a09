"""Part-of-speech tagger on a window of three words: GloVe vectors and two GELU layers.

Source: the Twitter tagger of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 3.2.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.data.examples import Batch
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.model import Classifier
from nlp.glove_tagger import GloveTagger
from nlp.words import FIRST, NO_VECTOR, PADDING, WordPreprocessor, Words, fixed, shape


class WindowTaggerNetwork(Classifier):
    """Concatenated vectors of a word and its neighbours, two hidden layers, linear layer.

    A word's vector is its pretrained vector, which is not trained, plus for training words a learned one, initially
    zero. A word with neither has the learned vector of unknown words of its shape; a position beyond the sentence has
    the learned vector of padding. ``row_extras`` has ``seen``: whether the word is a training word.
    """

    hidden: Tensor

    def __init__(self, preprocessor: WordPreprocessor, tags: int, width: int, window: int) -> None:
        super().__init__()
        assert preprocessor.vectors is not None, "this tagger needs pretrained vectors"
        assert window % 2 == 1, "a window has a word in the middle"
        size = preprocessor.vectors.table.shape[1]
        self.reach = window // 2
        self.vectors = fixed(preprocessor.vectors.table)
        self.learned = nn.Embedding(len(preprocessor.words), size)
        self.register_buffer("hidden", preprocessor.words.hidden(), persistent=False)
        nn.init.zeros_(self.learned.weight)
        self.first = nn.Linear(window * size, width)
        self.second = nn.Linear(width, width)
        self.tags = nn.Linear(width, tags)

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T, D) vectors, one per word."""
        words, rows = batch.inputs.unbind(-1)
        if self.training:
            words = torch.where(torch.rand(words.shape, device=words.device) < 0.5, self.hidden[words], words)
        pretrained: Tensor = self.vectors(rows)
        only_pretrained = (rows > NO_VECTOR) & (words < FIRST)
        learned: Tensor = self.learned(words).masked_fill(only_pretrained[..., None], 0)
        return pretrained + learned

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the two hidden layers, (B, T, width) each."""
        assert batch.mask is not None, "a tagger needs sequences"
        outside = self.learned.weight[PADDING]
        inside = torch.where(batch.mask[..., None], embedded, outside)
        edge = outside.expand(len(inside), self.reach, -1)
        padded = torch.cat([edge, inside, edge], dim=1)
        windows = padded.unfold(1, 2 * self.reach + 1, 1).transpose(2, 3).flatten(2)
        first = functional.gelu(self.first(windows))
        return [first, functional.gelu(self.second(first))]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, T, C) logits of the tags."""
        logits: Tensor = self.tags(features)
        return logits

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return ``seen``, (B, T): whether the word is a training word."""
        return {"seen": batch.inputs[..., 0] >= FIRST}

    def decayed(self) -> list[nn.Parameter]:
        """Return the weight matrices of the layers."""
        return [layer.get_parameter("weight") for layer in (self.first, self.second, self.tags)]


@dataclass(frozen=True)
class WindowTagger(GloveTagger):
    """Options of the tagger.

    Attributes:
        width: of both hidden layers.
        window: number of words, odd.
        folders: where the vectors are looked for.
    """

    width: int = 256
    window: int = 3
    folders: Folders = Folders()

    def preprocessor(self, train: RawDataset) -> WordPreprocessor:
        """Return the preprocessor, with the vocabulary of the training sentences and the GloVe vectors."""
        return WordPreprocessor(Words.of(train.items, shape), self.vectors())

    def build(self, preprocessor: WordPreprocessor, train: RawDataset) -> WindowTaggerNetwork:
        """Return an untrained tagger."""
        return WindowTaggerNetwork(preprocessor, len(train.label_names), self.width, self.window)


ARCHITECTURE = WindowTagger
