"""Speech features by torchaudio: log filterbank energies, MFCCs and their deltas.

Waveforms are (T,) at 16 kHz. Frames are 25 ms long and begin every 10 ms. Frame i is centred on sample 160 i, and zeros
pad the ends, so T samples give 1 + T // 160 frames, and an empty waveform gives one frame.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor, nn
from torchaudio import functional, transforms

from common.base.errors import UserError
from common.data.examples import TensorDataset
from speech.data.audio import HOP, SAMPLE_RATE, Waveform, frame_count

WINDOW = SAMPLE_RATE // 40
_FLOOR = 1e-8  # a sine of amplitude 1e-4 (-80 dB) in one frame: digital silence is as quiet as a quiet room
_BATCH_SECONDS = 60

Features = Callable[[Tensor], Tensor]
"""(B, T) waveforms to (B, 1 + T // 160, D) features."""


@lru_cache(maxsize=4)
def _mel(bands: int, lowest: float, highest: float) -> nn.Module:
    transform: nn.Module = transforms.MelSpectrogram(
        SAMPLE_RATE, n_fft=512, win_length=WINDOW, hop_length=HOP, n_mels=bands, f_min=lowest, f_max=highest,
        window_fn=torch.hamming_window, pad_mode="constant",
    )  # fmt: skip
    return transform


@lru_cache(maxsize=4)
def _cosine(coefficients: int, bands: int) -> Tensor:
    matrix: Tensor = functional.create_dct(coefficients, bands, norm="ortho")
    return matrix


def log_filterbank(waveforms: Tensor, bands: int = 26, lowest: float = 60.0, highest: float = 8000.0) -> Tensor:
    """Return the log energy in ``bands`` triangular filters, equally spaced in mel: (B, F, bands) of (B, T)."""
    ended = nn.functional.pad(waveforms, (0, 1))  # the step to zero at the end counts in a batch as it does alone
    energies: Tensor = _mel(bands, lowest, highest)(functional.preemphasis(ended, 0.97))
    return energies[..., : frame_count(waveforms.shape[1])].add(_FLOOR).log().transpose(1, 2)


def mfcc(waveforms: Tensor, coefficients: int = 12, bands: int = 26) -> Tensor:
    """Return mel-frequency cepstra 1 to ``coefficients`` and the log energy: (B, F, coefficients + 1) of (B, T).

    The cepstra are the cosine transform of ``log_filterbank``; the energy is that of the frame, in place of cepstrum 0
    (Davis & Mermelstein, IEEE Transactions on Acoustics, Speech and Signal Processing 28, 1980).
    """
    cepstra = log_filterbank(waveforms, bands) @ _cosine(coefficients + 1, bands)
    return torch.cat([cepstra[..., 1:], _log_energy(waveforms)[..., None]], dim=-1)


def _log_energy(waveforms: Tensor) -> Tensor:
    padded = nn.functional.pad(waveforms.square(), (WINDOW // 2, WINDOW // 2))
    return nn.functional.avg_pool1d(padded[:, None], WINDOW, HOP)[:, 0].add(_FLOOR).log()


def mfcc_with_deltas(waveforms: Sequence[Waveform]) -> TensorDataset:
    """Return 12 cepstra and the energy, with their first and second deltas: sequences of (F, 39)."""
    return add_deltas(extract(waveforms, mfcc))


def add_deltas(features: TensorDataset, window: int = 5) -> TensorDataset:
    """Return sequences of (F, D) features with their first and second deltas over ``window`` frames: (F, 3 D).

    A delta is the slope of the least-squares line; the first and the last frame are repeated beyond the ends.
    """
    assert features.offsets is not None, "deltas are taken along sequences"
    rows = [_with_deltas(part.T, window).T for part in torch.split(features.inputs, features.offsets.diff().tolist())]
    return replace(features, inputs=torch.cat(rows))


def _with_deltas(features: Tensor, window: int) -> Tensor:
    first = functional.compute_deltas(features, window)
    return torch.cat([features, first, functional.compute_deltas(first, window)])


def extract(waveforms: Sequence[Waveform], features: Features) -> TensorDataset:
    """Return features of waveforms of any lengths as sequences without labels.

    Waveforms of similar length share a batch, the shorter ones padded with zeros. Frames beyond a waveform's end are
    cut off, so that its features do not depend on the batch.

    Raises:
        UserError: there is no waveform.
    """
    if not len(waveforms):
        raise UserError("a data set is empty: there is not one utterance to compute features of")
    parts: list[Tensor] = [torch.empty(0)] * len(waveforms)
    for index in _batches([len(waveform) for waveform in waveforms]):
        padded = nn.utils.rnn.pad_sequence([torch.from_numpy(waveforms[i]) for i in index], batch_first=True)
        with torch.inference_mode():
            rows = features(padded)
        for i, row in zip(index, rows, strict=True):
            parts[i] = row[: frame_count(len(waveforms[i]))].clone()
    return TensorDataset(torch.cat(parts), offsets_of([len(part) for part in parts]))


def mean_and_std(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the standard deviation of each feature over (S, D) frames, the latter at least 0.001."""
    return frames.mean(0), frames.std(0).clamp_min(1e-3)


def offsets_of(lengths: Sequence[int]) -> Tensor:
    """Return (N + 1,) offsets: where each of N sequences begins, and where the last ends."""
    return torch.tensor([0, *lengths]).cumsum(0)


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[i] > _BATCH_SECONDS * SAMPLE_RATE:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
