"""Any pretrained CTC recogniser of transformers (wav2vec 2.0, HuBERT, WavLM, ...): ``--model hf:NAME_OR_PATH``.

A word after a comma says what is trained:

    hf:PATH         nothing: the classes are the checkpoint's characters; its blank is not scored. There is an error
                    rate if the task's labels are among the characters (letters), none otherwise (phones). Where an
                    utterance has one label, a checkpoint that classifies utterances is judged as it is
    hf:PATH,head    a new linear layer on frozen states: the task's phones and a blank, with CTC; or, if an utterance
                    has one label, the task's classes from the mean over time
    hf:PATH,tune    the new linear layer and the transformer (not the convolutions below it)

Only safetensors are read. Source: Baevski et al., "wav2vec 2.0", NeurIPS 2020, arXiv:2006.11477.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from common.base.errors import UserError
from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.model import Classifier, Preprocessor
from common.task import Budget
from common.training.pretrained import Checkpoint, find_checkpoint, on_task_data
from speech.data.audio import SAMPLE_RATE
from speech.decoding import best_path, edit_distance, unpadded
from speech.features import offsets_of
from speech.judged import AS_IT_IS, judged_as_it_is, own_classes

Trained = Literal["nothing", "head", "tune"]

RECIPES: dict[Trained, Budget] = {
    "nothing": Budget(epochs=0, batch_size=16, learning_rate=1e-3, schedule="one_cycle", gradient_norm=1.0),
    "head": Budget(epochs=20, batch_size=16, learning_rate=1e-3, schedule="one_cycle", gradient_norm=1.0),
    "tune": Budget(epochs=10, batch_size=16, learning_rate=5e-5, schedule="one_cycle", gradient_norm=1.0),
}
"""How each part of the network is trained, whatever the task. Ours."""

SHORTEST = 400
"""Samples that the convolutions need for one row; shorter waveforms are padded with zeros."""

_BATCH_SAMPLES = 60 * SAMPLE_RATE


@dataclass(frozen=True)
class WaveformPreprocessor:
    """Waveforms to sequences of samples.

    Attributes:
        normalised: whether each waveform is standardised to mean 0 and standard deviation 1.
        classes: the model's class for each label of the task; None if the model lacks one of them.
    """

    normalised: bool
    classes: tuple[int, ...] | None

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return sequences of samples, (S,) float32."""
        waveforms = [np.pad(item, (0, max(SHORTEST - len(item), 0))) for item in samples.items]
        if self.normalised:
            waveforms = [(item - item.mean()) / np.sqrt(item.var() + 1e-7) for item in waveforms]
        samples_of_all = np.concatenate([np.zeros(0, dtype=np.float32), *waveforms])
        examples = TensorDataset(torch.from_numpy(samples_of_all), offsets_of([len(item) for item in waveforms]))
        if samples.labels is None or self.classes is None:
            return examples
        classes = torch.tensor(self.classes)
        if isinstance(samples.labels, np.ndarray):
            return replace(examples, labels=classes[torch.from_numpy(samples.labels)])
        labels = classes[torch.from_numpy(np.concatenate(samples.labels))]
        return replace(examples, labels=labels, label_offsets=offsets_of([len(part) for part in samples.labels]))


class PretrainedSpeech(Classifier):
    """Base of the three networks: the states of a checkpoint's last layer, one row every 20 ms."""

    def __init__(self, network: nn.Module, trained: Trained) -> None:
        super().__init__()
        self.base = cast(Any, network).base_model
        self.base.config.apply_spec_augment = False  # it fails on words that are shorter than its masks
        self.alone = self.base.config.feat_extract_norm == "group"
        self.tuned = trained == "tune"
        self.base.requires_grad_(self.tuned)
        self.base.feature_extractor.requires_grad_(False)

    def train(self, mode: bool = True) -> "PretrainedSpeech":
        """Set the training mode; frozen layers stay in evaluation mode, without dropout."""
        super().train(mode)
        self.base.train(mode and self.tuned)
        return self

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T) waveforms."""
        return batch.inputs

    def row_lengths(self, batch: Batch) -> Tensor:
        """Return the number of rows of each waveform."""
        lengths: Tensor = self.base._get_feat_extract_output_lengths(batch.lengths)
        return lengths

    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Return (B, T', D) states of the last layer, which do not depend on padding.

        A network with group normalisation over time takes no mask, so its utterances are processed one by one.
        """
        assert batch.lengths is not None and batch.mask is not None, "waveforms are sequences"
        if self.alone:
            parts = [
                self.base(embedded[i : i + 1, :n]).last_hidden_state[0] for i, n in enumerate(batch.lengths.tolist())
            ]
            return nn.utils.rnn.pad_sequence(parts, batch_first=True)
        rows = max(_BATCH_SAMPLES // embedded.shape[1], 1)
        padded = zip(torch.split(embedded, rows), torch.split(batch.mask.long(), rows), strict=True)
        return torch.cat([self.base(part, attention_mask=mask).last_hidden_state for part, mask in padded])


class PretrainedCtc(PretrainedSpeech):
    """Characters or phones of each row, the blank last: (B, T', C + 1) logits."""

    def __init__(self, network: nn.Module, trained: Trained, classes: int) -> None:
        super().__init__(network, trained)
        config = cast(Any, network).config
        if trained == "nothing":
            self.output = cast(Any, network).lm_head
            order = blank_last(config.vocab_size, config.pad_token_id)
        else:
            self.output = nn.Linear(config.hidden_size, classes + 1)
            order = list(range(classes + 1))
        self.order = order
        self.blank = len(order) - 1
        self.scored_classes = self.blank

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the states, (B, T', D)."""
        return [self.states(embedded, batch)]

    def classify(self, features: Tensor) -> Tensor:
        """Return logits, the blank's last."""
        logits: Tensor = self.output(features)
        return logits[..., self.order]

    def group_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return the edit distance from each utterance's best path to its phones, and its number of phones."""
        if batch.labels is None or batch.label_lengths is None:
            return {}
        said = best_path(logits.argmax(-1).cpu(), self.row_lengths(batch).cpu(), self.blank)
        wanted = unpadded(batch.labels.cpu(), batch.label_lengths.cpu())
        return {"edits": edit_distance(said, wanted), "reference_length": batch.label_lengths}


def blank_last(classes: int, blank: int) -> list[int]:
    """Return the order of the checkpoint's classes with the blank, which is its padding, last.

    >>> blank_last(4, blank=1)
    [0, 2, 3, 1]
    """
    return [*(i for i in range(classes) if i != blank), blank]


class PretrainedUtterance(PretrainedSpeech):
    """One class per utterance, from the mean of the states over time: (B, C) logits."""

    def __init__(self, network: nn.Module, trained: Trained, classes: int) -> None:
        super().__init__(network, trained)
        self.output = nn.Linear(cast(Any, network).config.hidden_size, classes)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, D) mean over time."""
        states, lengths = self.states(embedded, batch), self.row_lengths(batch)
        inside = torch.arange(states.shape[1], device=states.device) < lengths[:, None]
        return [(states * inside[..., None]).sum(1) / lengths[:, None]]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        logits: Tensor = self.output(features)
        return logits


@dataclass(frozen=True)
class PretrainedArchitecture:
    """Options.

    Attributes:
        checkpoint: folder, or name on the Hugging Face Hub; after a comma ``head`` or ``tune``.
        trained: ``nothing`` where the checkpoint is judged as it is, whatever stands after the comma.
    """

    checkpoint: str = ""
    trained: str = ""

    @cached_property
    def _parts(self) -> tuple[Checkpoint, Trained]:
        name, comma, trained = self.checkpoint.rpartition(",")
        if not comma:
            name, trained = trained, "nothing"
        if not name:
            raise UserError("model hf needs a checkpoint: --model hf:NAME_OR_PATH")
        if trained not in ("nothing", "head", "tune"):
            raise UserError(f"model hf:{self.checkpoint}: after the comma write head or tune, not {trained!r}")
        return find_checkpoint(name), cast(Trained, self.trained or trained)

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for the report where nothing is trained."""
        return (AS_IT_IS,) if self._parts[1] == "nothing" else ()

    def fingerprint(self) -> str:
        """Return what identifies the checkpoint."""
        return self._parts[0].fingerprint

    def budget(self, task: Budget) -> Budget:
        """Return the recipe in ``RECIPES`` on as many examples as the task's budget says; the last epoch is taken."""
        return replace(on_task_data(RECIPES[self._parts[1]], task), validation=0)

    def preprocessor(self, train: RawDataset) -> WaveformPreprocessor:
        """Return the preprocessor, with the checkpoint's normalisation."""
        settings = self._parts[0].settings("preprocessor_config.json")
        normalised = bool(settings.get("do_normalize", True))
        if settings.get("sampling_rate", SAMPLE_RATE) != SAMPLE_RATE:
            rate = settings["sampling_rate"]
            raise UserError(f"{self._parts[0].folder} reads {rate} samples a second, not {SAMPLE_RATE}; name another")
        if self._parts[1] == "nothing" and isinstance(train.labels, np.ndarray):
            return WaveformPreprocessor(normalised, own_classes(self._parts[0], train.label_names))
        if self._parts[1] == "nothing":
            return WaveformPreprocessor(normalised, self._characters(train))
        return WaveformPreprocessor(normalised, tuple(range(len(train.label_names))))

    def _characters(self, train: RawDataset) -> tuple[int, ...] | None:
        """Return the checkpoint's class of each label, with the blank last; None if it lacks a label."""
        characters = self._parts[0].settings("vocab.json")
        if not all(name in characters for name in train.label_names):
            return None
        config = self._parts[0].settings("config.json")
        order = blank_last(int(config["vocab_size"]), int(config["pad_token_id"]))
        return tuple(order.index(int(characters[name])) for name in train.label_names)

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> Classifier:
        """Return the checkpoint's network, with a new last layer if one is trained.

        Raises:
            UserError: the checkpoint cannot be read or does not read waveforms, or the task needs a new last layer.
        """
        checkpoint, trained = self._parts
        utterances = isinstance(train.labels, np.ndarray)
        if trained == "nothing" and utterances:
            return judged_as_it_is(checkpoint)
        network = checkpoint.classifier("AutoModelForCTC", headless=trained != "nothing")
        if not hasattr(network.base_model, "feature_extractor"):
            raise UserError(f"{checkpoint.folder} is a {network.config.model_type}, which does not read waveforms")
        kind = PretrainedUtterance if utterances else PretrainedCtc
        return kind(network, trained, len(train.label_names))


ARCHITECTURE = PretrainedArchitecture
