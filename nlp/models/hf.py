"""Any transformers checkpoint, fine-tuned for the task: ``--model hf:NAME_OR_PATH``.

Texts: the mean of the last layer over the word pieces, then one linear layer. Tagging: the last layer at the first
piece of each word, then one linear layer. A head of the checkpoint is not used, since its classes differ; with
``--no-train`` it is, and a text classifier is judged as it is. Of an encoder-decoder the encoder is taken.
"""

from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from common.base.errors import UserError
from common.data.examples import Batch, TensorDataset
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.model import Classifier, Preprocessor
from common.task import Budget
from common.training.own_classes import class_positions, named_classes
from common.training.pretrained import Checkpoint, find_checkpoint, on_task_data
from nlp.judged import AS_IT_IS, judged_as_it_is
from nlp.text_reader import TextReader, text_reader
from nlp.transformer import masked_mean
from nlp.word_pieces import PiecePreprocessor

PIECES_A_WORD = 8
"""A longer word is truncated: a link can have hundreds of pieces."""

FINE_TUNING = Budget(
    epochs=3, batch_size=16, learning_rate=5e-5, schedule="one_cycle", gradient_norm=1.0, mixed_precision=True
)
"""How a checkpoint is fine-tuned for any task: within the ranges of Devlin et al. (NAACL 2019), arXiv:1810.04805."""


@dataclass(frozen=True)
class WordPiecePreprocessor:
    """Tokenised sentences to (S, 8) inputs, one row per word: the number of each piece plus one, padded with 0.

    Of a sentence with more pieces than the checkpoint has positions, each word keeps only its first piece.
    """

    tokenizer: Any
    positions: int

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return the words as sequences.

        Raises:
            UserError: a sentence has more words than the checkpoint has positions.
        """
        words = sorted(set(chain.from_iterable(samples.items)))
        numbers = self.tokenizer([f" {word}" for word in words], add_special_tokens=False)["input_ids"]
        unknown = [self.tokenizer.unk_token_id or 0]
        rows = {word: (found or unknown)[:PIECES_A_WORD] for word, found in zip(words, numbers, strict=True)}
        inputs = torch.zeros(sum(map(len, samples.items)), PIECES_A_WORD, dtype=torch.int64)
        offsets = torch.tensor(np.cumsum([0, *map(len, samples.items)]), dtype=torch.int64)
        fitting = (self._fitting([rows[word] for word in sentence]) for sentence in samples.items)
        for place, pieces in enumerate(chain.from_iterable(fitting)):
            inputs[place, : len(pieces)] = torch.tensor(pieces) + 1
        if samples.labels is None:
            return TensorDataset(inputs, offsets)
        return TensorDataset(inputs, offsets, torch.from_numpy(np.concatenate(samples.labels)), offsets)

    def _fitting(self, sentence: list[list[int]]) -> list[list[int]]:
        if sum(map(len, sentence)) <= self.positions:
            return sentence
        if len(sentence) > self.positions:
            raise UserError(f"a sentence of {len(sentence)} words is too long for a checkpoint of {self.positions}")
        return [pieces[:1] for pieces in sentence]


class PretrainedNetwork(Classifier):
    """A checkpoint with a linear layer on the mean of its last layer: (B, C) logits."""

    def __init__(self, network: Any, classes: int) -> None:
        super().__init__()
        self.network = network
        self.dropout = nn.Dropout(0.1)
        self.output = nn.Linear(network.config.hidden_size, classes)

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T, E) embeddings of the word pieces, without position embeddings."""
        vectors: Tensor = self.network.get_input_embeddings()(batch.inputs)
        return vectors

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, D) mean of the last layer over the word pieces."""
        assert batch.mask is not None, "word pieces come in sequences"
        return [masked_mean(self._last_layer(embedded, batch.mask), batch.mask)]

    def classify(self, features: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.output(self.dropout(features))
        return logits

    def _last_layer(self, embedded: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self.network(inputs_embeds=embedded, attention_mask=mask.long()).last_hidden_state
        return states


class PretrainedTagger(PretrainedNetwork):
    """A checkpoint with a linear layer at each word: (B, T, C) logits.

    The pieces of a sentence, (B, T, 8), are rearranged to the checkpoint's input: an opening piece, the pieces of all
    words in order, a closing piece.
    """

    def __init__(self, network: Any, classes: int, opening: int | None, closing: int | None) -> None:
        super().__init__(network, classes)
        self.opening, self.closing = opening, closing

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, L, E) embeddings of the pieces."""
        ids, _, _ = self._laid_out(batch.inputs)
        vectors: Tensor = self.network.get_input_embeddings()(ids)
        return vectors

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return (B, T, D): the last layer at the first piece of each word."""
        _, mask, first = self._laid_out(batch.inputs)
        states = self._last_layer(embedded, mask)
        return [states.gather(1, first[..., None].expand(-1, -1, states.shape[-1]))]

    def _laid_out(self, pieces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (B, L) pieces, their (B, L) mask, and the (B, T) position of each word's first piece."""
        flat = pieces.flatten(1)
        there = flat > 0
        skip = int(self.opening is not None)
        target = there.cumsum(1) - 1 + skip
        ends = there.sum(1) + skip
        ids = flat.new_zeros(len(flat), int(ends.max()) + int(self.closing is not None))
        rows = torch.arange(len(flat), device=flat.device)
        ids[rows[:, None].expand_as(flat)[there], target[there]] = flat[there] - 1
        if self.opening is not None:
            ids[:, 0] = self.opening
        if self.closing is not None:
            ids[rows, ends] = self.closing
        mask = torch.arange(ids.shape[1], device=flat.device) < (ends + int(self.closing is not None))[:, None]
        return ids, mask, target.view_as(pieces)[:, :, 0].clamp(0, ids.shape[1] - 1)


@dataclass(frozen=True)
class FineTuned:
    """Options.

    Attributes:
        checkpoint: a folder, or a name on the Hugging Face Hub; safetensors weights.
        pieces: word pieces at which a text is truncated.
        trained: ``nothing`` where the checkpoint's own classes are judged.
        folders: not used.
    """

    checkpoint: str = ""
    pieces: int = 128
    trained: str = ""
    folders: Folders = Folders()

    def found(self) -> Checkpoint:
        """Return the checkpoint.

        Raises:
            UserError: no checkpoint is named, or none of that name exists.
        """
        if not self.checkpoint:
            raise UserError("this model needs a checkpoint: --model hf:NAME_OR_PATH")
        return find_checkpoint(self.checkpoint)

    def fingerprint(self) -> str:
        """Return what identifies the checkpoint."""
        return self.found().fingerprint

    def budget(self, task: Budget) -> Budget:
        """Return ``FINE_TUNING`` on as many examples as the task's budget says; no epoch where nothing is trained."""
        if self.trained == "nothing":
            return replace(on_task_data(FINE_TUNING, task), epochs=0, validation=0)
        return on_task_data(FINE_TUNING, task)

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for the report where nothing is trained."""
        return (AS_IT_IS,) if self.trained == "nothing" else ()

    def preprocessor(self, train: RawDataset) -> PiecePreprocessor | WordPiecePreprocessor:
        """Return what turns texts, or tokenised sentences, into word pieces."""
        tagged = bool(len(train)) and not isinstance(train.items[0], str)
        texts = [" ".join(words) for words in train.items[:50]] if tagged else train.items[:50]
        reader = text_reader(self.found(), texts, 512 if tagged else self.pieces)
        if self.trained == "nothing":
            return self._own_classes(reader, train, tagged)
        if tagged:
            return WordPiecePreprocessor(reader.tokenizer, reader.pieces - 2)
        return PiecePreprocessor(reader.tokenizer, reader.pieces)

    def _own_classes(self, reader: TextReader, train: RawDataset, tagged: bool) -> PiecePreprocessor:
        """Return the preprocessor whose labels are the checkpoint's own classes.

        Raises:
            UserError: the task is tagging, or a label is none of the classes.
        """
        if tagged:
            raise UserError("--no-train judges classifiers of whole texts; leave it out for a tagging task")
        config = self.found().network().config
        known = named_classes([config.id2label[i] for i in range(config.num_labels)])
        classes = class_positions(train.label_names, known, config.num_labels, self.checkpoint)
        return PiecePreprocessor(reader.tokenizer, reader.pieces, classes)

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> Classifier:
        """Return the checkpoint with an untrained linear layer."""
        if self.trained == "nothing":
            assert isinstance(preprocessor, PiecePreprocessor), "checked when it was made"
            return judged_as_it_is(self.found(), preprocessor)
        network, classes = self.found().network(), len(train.label_names)
        if isinstance(preprocessor, PiecePreprocessor):
            return PretrainedNetwork(network, classes)
        assert isinstance(preprocessor, WordPiecePreprocessor), "this model reads word pieces"
        opening = _first(preprocessor.tokenizer.cls_token_id, preprocessor.tokenizer.bos_token_id)
        return PretrainedTagger(
            network, classes, opening, _first(preprocessor.tokenizer.sep_token_id, preprocessor.tokenizer.eos_token_id)
        )


def _first(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


ARCHITECTURE = FineTuned
