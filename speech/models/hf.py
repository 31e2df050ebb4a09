"""Any pretrained recogniser of the Wav2Vec2ForCTC kind (wav2vec 2.0, HuBERT, WavLM, ...): ``--model hf:NAME_OR_PATH``.

What is trained stands behind a comma:

    hf:PATH         nothing: the checkpoint's own characters, its blank left out of what is scored; there is an error
                    rate where the task's labels are among them (letters), and none where they are not (phones)
    hf:PATH,head    a new linear layer on frozen states: the task's phones and a blank, spelled by CTC; or the task's
                    classes from the mean over time, where an utterance has one label
    hf:PATH,tune    the same, and the transformer too (not the convolutions below it)

Only safetensors are read. Source: Baevski et al., "wav2vec 2.0", NeurIPS 2020, arXiv:2006.11477.
"""

import json
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

Trained = Literal["nothing", "head", "tune"]

RECIPES: dict[Trained, Budget] = {
    "nothing": Budget(epochs=0, batch_size=16, learning_rate=1e-3, schedule="one_cycle", gradient_norm=1.0),
    "head": Budget(epochs=20, batch_size=16, learning_rate=1e-3, schedule="one_cycle", gradient_norm=1.0),
    "tune": Budget(epochs=10, batch_size=16, learning_rate=5e-5, schedule="one_cycle", gradient_norm=1.0),
}
"""How each part of the network is trained, whatever the task. Ours."""

SHORTEST = 400
"""Samples that the convolutions need for one row; what is shorter gets zeros."""

_BATCH_SAMPLES = 60 * SAMPLE_RATE


@dataclass(frozen=True)
class WaveformPreprocessor:
    """Waveforms as they are, or each with mean 0 and deviation 1.

    Attributes:
        normalised: whether mean and deviation are 0 and 1.
        classes: for each label of the task the model's class; None where the model does not know them.
    """

    normalised: bool
    classes: tuple[int, ...] | None

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return sequences of samples, (S,) float32."""
        waveforms = [np.pad(item, (0, max(SHORTEST - len(item), 0))) for item in samples.items]
        if self.normalised:
            waveforms = [(item - item.mean()) / np.sqrt(item.var() + 1e-7) for item in waveforms]
        examples = TensorDataset(
            torch.from_numpy(np.concatenate(waveforms)), offsets_of([len(item) for item in waveforms])
        )
        if samples.labels is None or self.classes is None:
            return examples
        classes = torch.tensor(self.classes)
        if isinstance(samples.labels, np.ndarray):
            return replace(examples, labels=classes[torch.from_numpy(samples.labels)])
        labels = classes[torch.from_numpy(np.concatenate(samples.labels))]
        return replace(examples, labels=labels, label_offsets=offsets_of([len(part) for part in samples.labels]))


class PretrainedSpeech(Classifier):
    """What all three ways share: the states of a checkpoint's last layer, a row every 20 ms."""

    def __init__(self, network: nn.Module, trained: Trained) -> None:
        super().__init__()
        self.base = cast(Any, network).base_model
        self.base.config.apply_spec_augment = False  # it refuses words that are shorter than its masks
        self.alone = self.base.config.feat_extract_norm == "group"
        self.tuned = trained == "tune"
        self.base.requires_grad_(self.tuned)
        self.base.feature_extractor.requires_grad_(False)

    def train(self, mode: bool = True) -> "PretrainedSpeech":
        """Switch dropout on or off; what is frozen never has any."""
        super().train(mode)
        self.base.train(mode and self.tuned)
        return self

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T) waveforms."""
        return batch.inputs

    def row_lengths(self, batch: Batch) -> Tensor:
        """Return how many rows each waveform has."""
        lengths: Tensor = self.base._get_feat_extract_output_lengths(batch.lengths)
        return lengths

    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Return (B, T', D) states of the last layer; padding has no part in them.

        A network with group normalisation over time takes no mask: its utterances go through one by one.
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
    """Characters or phones row by row, the blank last: (B, T', C + 1) logits."""

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
        """Return logits, those of the blank last."""
        logits: Tensor = self.output(features)
        return logits[..., self.order]

    def group_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return the edit distance of each utterance's best path to its phones, and how many phones that has."""
        if batch.labels is None or batch.label_lengths is None:
            return {}
        said = best_path(logits.argmax(-1).cpu(), self.row_lengths(batch).cpu(), self.blank)
        wanted = unpadded(batch.labels.cpu(), batch.label_lengths.cpu())
        return {"edits": edit_distance(said, wanted), "reference_length": batch.label_lengths}


def blank_last(classes: int, blank: int) -> list[int]:
    """Return the checkpoint's classes in our order: the blank, which is its padding, goes last.

    >>> blank_last(4, blank=1)
    [0, 2, 3, 1]
    """
    return [*(i for i in range(classes) if i != blank), blank]


class PretrainedUtterance(PretrainedSpeech):
    """One class an utterance, from the mean of the states over time: (B, C) logits."""

    def __init__(self, network: nn.Module, trained: Trained, classes: int) -> None:
        super().__init__(network, trained)
        self.output = nn.Linear(cast(Any, network).config.hidden_size, classes)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return (B, D) means."""
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
        checkpoint: folder, or name on the Hugging Face Hub; behind a comma ``head`` or ``tune``.
    """

    checkpoint: str = ""

    @cached_property
    def _parts(self) -> tuple[Checkpoint, Trained]:
        name, comma, trained = self.checkpoint.rpartition(",")
        if not comma:
            name, trained = trained, "nothing"
        if not name:
            raise UserError("model hf needs a checkpoint: --model hf:NAME_OR_PATH")
        if trained not in ("nothing", "head", "tune"):
            raise UserError(f"model hf:{self.checkpoint}: behind the comma stands head or tune, not {trained!r}")
        return find_checkpoint(name), cast(Trained, trained)

    def fingerprint(self) -> str:
        """Return what identifies the checkpoint."""
        return self._parts[0].fingerprint

    def budget(self, task: Budget) -> Budget:
        """Return the recipe in ``RECIPES`` on as many examples as the task's budget says; the last epoch is taken."""
        return replace(on_task_data(RECIPES[self._parts[1]], task), validation=0)

    def preprocessor(self, train: RawDataset) -> WaveformPreprocessor:
        """Return what turns waveforms into the checkpoint's inputs."""
        normalised = bool(self._settings("preprocessor_config.json").get("do_normalize", True))
        own = tuple(range(len(train.label_names)))
        return WaveformPreprocessor(normalised, self._characters(train) if self._parts[1] == "nothing" else own)

    def _characters(self, train: RawDataset) -> tuple[int, ...] | None:
        """Return the checkpoint's class of each label, in our order; None if it lacks one."""
        characters = self._settings("vocab.json")
        if not all(name in characters for name in train.label_names):
            return None
        config = self._settings("config.json")
        order = blank_last(int(config["vocab_size"]), int(config["pad_token_id"]))
        return tuple(order.index(int(characters[name])) for name in train.label_names)

    def _settings(self, name: str) -> dict[str, Any]:
        path = self._parts[0].folder / name
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> PretrainedSpeech:
        """Return the checkpoint's network, with a new last layer where one is trained.

        Raises:
            UserError: the checkpoint cannot be read or is of another kind, or the task needs a new last layer.
        """
        checkpoint, trained = self._parts
        network = checkpoint.network("AutoModelForCTC")
        if not hasattr(network.base_model, "feature_extractor"):
            raise UserError(f"{checkpoint.folder} is a {network.config.model_type}, which does not read waveforms")
        if not isinstance(train.labels, np.ndarray):
            return PretrainedCtc(network, trained, len(train.label_names))
        if trained == "nothing":
            raise UserError(f"the checkpoint does not know this task's classes: use --model hf:{self.checkpoint},head")
        return PretrainedUtterance(network, trained, len(train.label_names))


ARCHITECTURE = PretrainedArchitecture
