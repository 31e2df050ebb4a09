"""CTC phone recogniser: bidirectional LSTM over MFCCs (connectionist temporal classification).

Source: Graves, Mohamed & Hinton, "Speech recognition with deep recurrent neural networks", ICASSP 2013,
arXiv:1303.5778; sizes of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from common.data.examples import Batch, TensorDataset
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.model import Classifier
from speech.decoding import beam_search, best_path, edit_distance, unpadded
from speech.feature_store import FeatureStore
from speech.features import mean_and_std, mfcc_with_deltas, offsets_of
from speech.labels import Form, require_labels

FEATURES = "12 MFCCs, energy, deltas"
WANTED: Form = "a sequence of labels an utterance"


@dataclass(frozen=True)
class MfccPreprocessor:
    """Waveforms to 39 features per frame, standardised by the training frames' mean and standard deviation."""

    mean: Tensor
    std: Tensor
    store: FeatureStore

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return sequences of (F, 39), with the phone sequences as labels if there are any."""
        require_labels(samples, WANTED, "ctc_lstm")
        features = self.store.get(FEATURES, mfcc_with_deltas, samples.items)
        examples = replace(features, inputs=(features.inputs - self.mean) / self.std)
        if samples.labels is None:
            return examples
        labels = torch.cat([torch.from_numpy(phones) for phones in samples.labels])
        return replace(examples, labels=labels, label_offsets=offsets_of([len(phones) for phones in samples.labels]))


class BidirectionalLstm(nn.Module):
    """One bidirectional layer on padded batches: (B, T, inputs) to (B, T, 2 hidden).

    The backward direction is a forward LSTM on sequences that are reversed within their lengths. The states equal those
    of ``torch.nn.LSTM`` on packed sequences, and are several times faster on CPUs, whose kernels need padded batches.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.forwards = nn.LSTM(inputs, hidden, batch_first=True)
        self.backwards = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return both directions' states; rows beyond a sequence's length are undefined."""
        places = _turned_places(lengths, values.shape[1])
        backwards, _ = self.backwards(_turned(values, places))
        return torch.cat([self.forwards(values)[0], _turned(backwards, places)], dim=-1)


def _turned_places(lengths: Tensor, longest: int) -> Tensor:
    """(B T,) which step of all B sequences stands at each place once each is reversed; padding stays where it is."""
    steps = torch.arange(longest, device=lengths.device)
    turned = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return (turned + longest * torch.arange(len(lengths), device=lengths.device)[:, None]).flatten()


def _turned(values: Tensor, places: Tensor) -> Tensor:
    """Return values (B, T, D) with each sequence reversed; ``places`` are those of ``_turned_places``."""
    turned: Tensor = _Turned.apply(values, places)  # type: ignore[no-untyped-call]
    return turned


class _Turned(torch.autograd.Function):
    """The function of ``_turned``. Done twice it changes nothing, so its gradient is the same function.

    It copies whole steps, which takes about a fifth of the time of ``gather`` and its gradient.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, places: Tensor) -> Tensor:
        """Return the values at ``places``, see ``_turned_places``."""
        ctx.save_for_backward(places)
        return values.flatten(0, 1).index_select(0, places).view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Return the gradient of the values."""
        return gradient.flatten(0, 1).index_select(0, *ctx.saved_tensors).view_as(gradient), None


class CtcLstm(Classifier):
    """Bidirectional LSTM layers and a linear layer to the phones and the blank, which is the last class."""

    def __init__(self, inputs: int, phones: int, options: "CtcLstmArchitecture") -> None:
        super().__init__()
        widths = [inputs] + [2 * options.hidden] * (options.layers - 1)
        self.layers = nn.ModuleList(BidirectionalLstm(width, options.hidden) for width in widths)
        self.dropout = nn.Dropout(options.dropout)
        self.output = nn.Linear(2 * options.hidden, phones + 1)
        self.scored_classes = phones
        self.blank = phones
        self.noise, self.beam = options.noise, options.beam

    def embed(self, batch: Batch) -> Tensor:
        """Return the frames, in training with noise from N(0, noise^2)."""
        if not self.training:
            return batch.inputs
        return batch.inputs + self.noise * torch.randn_like(batch.inputs)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, T, 2 hidden) states of each layer."""
        assert batch.lengths is not None, "CTC works on sequences"
        outputs = []
        for layer in self.layers:
            embedded = self.dropout(layer(embedded, batch.lengths))
            outputs.append(embedded)
        return outputs

    def classify(self, features: Tensor) -> Tensor:
        """Return the (B, T, phones + 1) logits of the phones and the blank."""
        logits: Tensor = self.output(features)
        return logits

    def group_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return the edit distance from each decoded utterance to its phones, and its number of phones."""
        if batch.labels is None:
            return {}
        assert batch.lengths is not None and batch.label_lengths is not None
        said = self._decoded(logits.float().cpu(), batch.lengths.cpu())
        wanted = unpadded(batch.labels.cpu(), batch.label_lengths.cpu())
        return {"edits": edit_distance(said, wanted), "reference_length": batch.label_lengths}

    def _decoded(self, logits: Tensor, lengths: Tensor) -> list[list[int]]:
        if self.beam == 1:
            return best_path(logits.argmax(-1), lengths, self.blank)
        scores = logits.log_softmax(-1)
        pairs = zip(scores, lengths.tolist(), strict=True)
        return [beam_search(rows[:length], self.blank, self.beam) for rows, length in pairs]


@dataclass(frozen=True)
class CtcLstmArchitecture:
    """Options.

    Attributes:
        beam: prefixes that a beam search keeps; 1 decodes the best path. ``--model ctc_lstm:16`` sets it.
        hidden: units of each direction.
        layers: number of bidirectional layers.
        dropout: fraction of each layer's outputs set to zero in training.
        noise: standard deviation of the Gaussian noise added to the inputs in training.
        folders: where features are stored; None stores nothing.
    """

    beam: int = 1
    hidden: int = 256
    layers: int = 2
    dropout: float = 0.0
    noise: float = 0.05
    folders: Folders | None = None

    def preprocessor(self, train: RawDataset) -> MfccPreprocessor:
        """Return the preprocessor, with mean and standard deviation of the training frames."""
        require_labels(train, WANTED, "ctc_lstm")
        store = FeatureStore(self.folders)
        mean, std = mean_and_std(store.get(FEATURES, mfcc_with_deltas, train.items).inputs)
        return MfccPreprocessor(mean, std, store)

    def build(self, preprocessor: MfccPreprocessor, train: RawDataset) -> CtcLstm:
        """Return an untrained network."""
        return CtcLstm(len(preprocessor.mean), len(train.label_names), self)


ARCHITECTURE = CtcLstmArchitecture
