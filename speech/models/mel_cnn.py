"""Word classifier for digits and commands: convolutions over log filterbank energies.

A word is cut out of its recording, centred in a window of fixed length and normalised for channel and loudness. Three
convolutions over time follow, then the mean and the maximum over time and a linear layer.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from common.data.examples import Batch, TensorDataset
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.model import Classifier, Preprocessor
from speech.feature_store import FeatureStore
from speech.features import extract, log_filterbank
from speech.labels import require_labels

_MARGIN = 3
_FLOOR = 5
_LEAST_STD = 0.3


@dataclass(frozen=True)
class MelCnn:
    """Options.

    Attributes:
        frames: length of the window, in hundredths of a second.
        width: channels of each convolution.
        bands: filters from 60 Hz to ``highest``.
        highest: in Hz. At 3,800, recordings of telephone bandwidth have the same bands as others.
        trim: frames at either end that are this many nats of energy below the loudest frame are silence.
        dropout: fraction of the channels' values set to zero in training.
        folders: where features are stored; None stores nothing.
    """

    frames: int = 64
    width: int = 96
    bands: int = 26
    highest: float = 3800.0
    trim: float = 4.5
    dropout: float = 0.3
    folders: Folders | None = None

    def preprocessor(self, train: RawDataset) -> "MelPreprocessor":
        """Return the preprocessor; nothing is fitted to the training data."""
        return MelPreprocessor(self.frames, self.bands, self.highest, self.trim, FeatureStore(self.folders))

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> "WordCnn":
        """Return the untrained network."""
        return WordCnn(self.bands, self.width, len(train.label_names), self.dropout)


@dataclass(frozen=True)
class MelPreprocessor:
    """Waveforms to (N, frames, bands) log energies."""

    frames: int
    bands: int
    highest: float
    trim: float
    store: FeatureStore

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return the windows."""
        require_labels(samples, "one label an utterance", "mel_cnn")
        energies = partial(log_filterbank, bands=self.bands, highest=self.highest)
        name = f"{self.bands} log filterbank energies to {self.highest:g} Hz"
        features = self.store.get(name, partial(extract, features=energies), samples.items)
        assert features.offsets is not None, "features are sequences of frames"
        words = np.split(features.inputs.numpy(), features.offsets[1:-1].numpy())
        windows = torch.from_numpy(np.stack([window(trimmed(word, self.trim), self.frames) for word in words]))
        labels = None if samples.labels is None else torch.from_numpy(samples.labels)
        return TensorDataset(windows, labels=labels)


def trimmed(energies: NDArray[np.float32], below: float) -> NDArray[np.float32]:
    """Return (T, F) log energies without the silence at either end, except 30 ms of it.

    >>> trimmed(np.array([-9, -9, -9, -9, -9, 0, -1, 0, -9], np.float32)[:, None], below=4.5).ravel().tolist()
    [-9.0, -9.0, -9.0, 0.0, -1.0, 0.0, -9.0]
    """
    loudness = energies.mean(axis=1)
    loud = np.flatnonzero(loudness > loudness.max() - below)
    return energies[max(loud[0] - _MARGIN, 0) : loud[-1] + _MARGIN + 1]


def window(energies: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """Return (frames, F): the word centred on a constant background, or the loudest part of a longer word.

    The background is the 5th percentile of each band over the word's frames.
    """
    spare = frames - len(energies)
    if spare >= 0:
        filled = np.repeat(np.percentile(energies, _FLOOR, axis=0)[None], frames, axis=0).astype(np.float32)
        filled[spare // 2 : spare // 2 + len(energies)] = energies
        return filled
    powers = np.exp(energies.astype(np.float64)).sum(axis=1)
    sums = np.convolve(powers, np.ones(frames), mode="valid")
    start = int(sums.argmax())
    return energies[start : start + frames]


class WordCnn(Classifier):
    """The network; C classes."""

    inputs_of_data = True

    def __init__(self, bands: int, width: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            _layer(inputs, width, size) for inputs, size in ((bands, 5), (width, 3), (width, 3))
        )
        self.pool = nn.MaxPool1d(2)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * width, classes)

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T, F) energies with mean 0 over time in each band, divided by their common standard deviation.

        Subtracting the mean of a band removes the channel and the microphone. The common standard deviation, plus 0.3,
        keeps the proportions of the bands.
        """
        centred = batch.inputs - batch.inputs.mean(1, keepdim=True)
        return centred / (centred.std((1, 2), keepdim=True) + _LEAST_STD)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, 2 width) mean and maximum over time of each convolution."""
        values, outputs = embedded.transpose(1, 2), []
        for i, layer in enumerate(self.layers):
            values = self.dropout(layer(values if i == 0 else self.pool(values)))
            outputs.append(torch.cat([values.mean(2), values.amax(2)], dim=1))
        return outputs

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        logits: Tensor = self.output(features)
        return logits


def _layer(inputs: int, width: int, size: int) -> nn.Sequential:
    convolution = nn.Conv1d(inputs, width, size, padding=size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm1d(width), nn.ReLU())


ARCHITECTURE = MelCnn
