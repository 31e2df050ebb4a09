"""Frame classifier: multilayer perceptron on a window of log filterbank frames.

Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, section 3.3 and their code.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from common.data.examples import Batch, TensorDataset
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.model import Classifier
from common.training.layers import GELU_MEAN_SQUARE, gelu, unit_norm_linear
from speech.data.audio import Waveform
from speech.feature_store import FeatureStore
from speech.features import extract, log_filterbank, mean_and_std
from speech.labels import Form, require_labels

FEATURES = "26 log filterbank energies"
WANTED: Form = "a label a frame"


@dataclass(frozen=True)
class WindowPreprocessor:
    """Waveforms to windows of log filterbank energies around each frame.

    Attributes:
        mean, std: (26,) mean and standard deviation of each band over the training frames.
        frames: in a window.
        store: of features.
    """

    mean: Tensor
    std: Tensor
    frames: int
    store: FeatureStore

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return one window per frame, (N, frames * 26) in natural log units, with the frames' labels if there are any.

        The frames of a speaker form a group, or those of an utterance if speakers are unknown.
        """
        require_labels(samples, WANTED, "frame_mlp")
        features = self.store.get(FEATURES, _energies, samples.items)
        assert features.offsets is not None, "features are sequences of frames"
        _, whose = np.unique(samples.extras.get("speaker", np.arange(len(samples))), return_inverse=True)
        return TensorDataset(
            windowed(features, self.frames),
            labels=None if samples.labels is None else torch.from_numpy(np.concatenate(samples.labels)),
            groups=torch.from_numpy(whose).repeat_interleave(features.offsets.diff()),
        )


def _energies(waveforms: Sequence[Waveform]) -> TensorDataset:
    return extract(waveforms, log_filterbank)


def windowed(features: TensorDataset, frames: int) -> Tensor:
    """Return each frame with its neighbours, (S, frames * D); the end frames are repeated beyond the ends."""
    assert features.offsets is not None
    half = frames // 2
    padded = [
        torch.cat([part[:1].expand(half, -1), part, part[-1:].expand(half, -1)]).unfold(0, frames, 1).transpose(1, 2)
        for part in torch.split(features.inputs, features.offsets.diff().tolist())
    ]
    return torch.cat(padded).flatten(1)


class FrameMlp(Classifier):
    """Hidden layers of GELU units with dropout; ``unit_norm_linear`` draws the initial weights."""

    mean: Tensor
    std: Tensor

    def __init__(self, preprocessor: WindowPreprocessor, options: "FrameMlpArchitecture", phones: int) -> None:
        super().__init__()
        hidden, layers, dropout = options.hidden, options.layers, options.dropout
        self.noise = options.noise
        self.register_buffer("mean", preprocessor.mean.repeat(preprocessor.frames))
        self.register_buffer("std", preprocessor.std.repeat(preprocessor.frames))
        widths = [len(self.mean)] + [hidden] * layers
        sizes = [1.0] + [GELU_MEAN_SQUARE / (1 - dropout)] * (layers - 1)
        self.layers = nn.ModuleList(
            nn.Sequential(
                unit_norm_linear(inputs, hidden, math.sqrt(size + GELU_MEAN_SQUARE)), gelu(), nn.Dropout(dropout)
            )
            for inputs, size in zip(widths, sizes, strict=False)
        )
        self.output = unit_norm_linear(hidden, phones, math.sqrt(GELU_MEAN_SQUARE / (1 - dropout) + 1))

    def embed(self, batch: Batch) -> Tensor:
        """Return the windows, standardised by the training frames' mean and standard deviation; training adds noise."""
        scaled = (batch.inputs - self.mean) / self.std
        return scaled + self.noise * torch.randn_like(scaled) if self.training and self.noise else scaled

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, hidden) values of each hidden layer."""
        outputs = []
        for layer in self.layers:
            embedded = layer(embedded)
            outputs.append(embedded)
        return outputs

    def classify(self, features: Tensor) -> Tensor:
        """Return logits of the phones."""
        logits: Tensor = self.output(features)
        return logits


@dataclass(frozen=True)
class FrameMlpArchitecture:
    """Options.

    Attributes:
        frames: in a window.
        hidden: units of each hidden layer.
        layers: number of hidden layers.
        dropout: fraction of units set to zero in training.
        noise: standard deviation of the Gaussian noise added to the inputs in training.
        folders: where features are stored; None stores nothing.
    """

    frames: int = 11
    hidden: int = 1024
    layers: int = 3
    dropout: float = 0.25
    noise: float = 0.0
    folders: Folders | None = None

    def preprocessor(self, train: RawDataset) -> WindowPreprocessor:
        """Return the preprocessor, with mean and standard deviation of the training frames."""
        require_labels(train, WANTED, "frame_mlp")
        store = FeatureStore(self.folders)
        mean, std = mean_and_std(store.get(FEATURES, _energies, train.items).inputs)
        return WindowPreprocessor(mean, std, self.frames, store)

    def build(self, preprocessor: WindowPreprocessor, train: RawDataset) -> FrameMlp:
        """Return an untrained network."""
        return FrameMlp(preprocessor, self, len(train.label_names))


ARCHITECTURE = FrameMlpArchitecture
