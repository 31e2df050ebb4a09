"""Reading of audio files: one channel, resampled to 16 kHz, float32 in [-1, 1]."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.border import told_or
from common.data.dropped import listed
from common.data.parquet import read_columns_of
from speech.data.containers import announced_frames, opened_sound

Waveform = NDArray[np.float32]

SAMPLE_RATE = 16_000
"""Samples per second of every waveform that a reader returns."""

HOP = SAMPLE_RATE // 100
"""Samples from frame to frame; frame i is centred on sample 160 i."""


def frame_count(samples: int) -> int:
    """Return the number of frames of a waveform of ``samples`` samples."""
    return 1 + samples // HOP


def decode(file: Path | bytes) -> Waveform:
    """Read an audio file (WAV, FLAC, Ogg, MP3, SPHERE, ...), mixed down to one channel and resampled to 16 kHz.

    Channels are averaged. Samples at full scale are kept as they are; floats in the scale of integers are divided by
    it, see ``unit_scale``.

    Raises:
        ValueError: the file is not audio, is of a container in which damage is not noticed, has no sample or one that
            is not finite, is shorter than its header says, or announces more than its size allows.
    """
    with opened_sound(file) as opened:
        samples = _all_samples(opened)
        expected = announced_frames(file, opened)
        rate, floats = opened.samplerate, opened.subtype in FLOATS
    if not len(samples):
        raise ValueError("there is not one sample in it")
    if len(samples) < expected:
        raise ValueError(f"it breaks off after {len(samples)} of about {expected} samples")
    return mono(samples, rate, floats)


FLOATS = ("FLOAT", "DOUBLE")
"""Encodings whose samples may have any scale."""


def _all_samples(opened: Any) -> NDArray[np.float32]:
    """Return (T, channels) samples, read block by block: some encodings (GSM) cannot tell how many there are."""
    blocks: list[NDArray[np.float32]] = []
    while len(block := opened.read(BLOCK, dtype="float32", always_2d=True)):
        blocks.append(block)
    return np.concatenate(blocks) if blocks else np.zeros((0, opened.channels), dtype=np.float32)


BLOCK = 1 << 20
"""Samples that are read at once."""

RATES = (100, 1_000_000)
"""Samples per second that are believed: a damaged header may say anything."""


def mono(samples: NDArray[np.float32], rate: int, floats: bool = False) -> Waveform:
    """Return (T, channels) samples as one channel at 16 kHz.

    Channels that cancel each other, as where one cable has its poles exchanged, are not averaged: the first one counts.

    Args:
        samples: in any number of channels.
        rate: samples per second.
        floats: whether the file has floats, whose scale may be that of integers.

    Raises:
        ValueError: a sample is not finite, which files of floats allow; or the rate is impossible.
    """
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"its header says {rate:,} samples a second, which cannot be")
    if not np.isfinite(samples).all():
        raise ValueError("it holds samples that are not finite (NaN or infinity)")
    mean: Waveform = samples.mean(axis=1)
    if samples.shape[1] > 1 and _power(mean) < CANCELLED * _power(samples):
        mean = samples[:, 0]
    return resample(unit_scale(mean) if floats else mean, rate)


CANCELLED = 1e-4
"""Power of the mean of channels, in that of the channels (-40 dB), below which they cancel each other."""


def _power(samples: NDArray[np.float32]) -> float:
    return float(np.square(samples, dtype=np.float64).mean()) if samples.size else 0.0


def unit_scale(samples: Waveform) -> Waveform:
    """Return floats in units of full scale; those far beyond 1 have the scale of 16-bit or 32-bit integers.

    >>> unit_scale(np.array([16384.0, -2.0], dtype=np.float32)).tolist(), unit_scale(np.float32([1.5])).tolist()
    ([0.5, -6.103515625e-05], [1.5])
    """
    largest = float(np.abs(samples).max(initial=0.0))
    if largest <= OVERDRIVEN:
        return samples
    return samples / np.float32(2**15 if largest <= 2**15 else 2**31)


OVERDRIVEN = 8.0
"""Largest sample of floats that were merely recorded or mixed too loud (18 dB above full scale)."""


LARGEST_RATIO = 10_000
"""Denominator of the ratio of two rates at most, which is exact for all usual rates: the filter is 20 times as long."""


def resample(samples: NDArray[Any], rate: int) -> Waveform:
    """Return (T,) samples of the sampling rate ``rate`` as float32 at 16 kHz, by a polyphase filter."""
    ratio = Fraction(SAMPLE_RATE, rate).limit_denominator(LARGEST_RATIO)
    up, down = ratio.numerator, ratio.denominator
    if up == down:
        return np.ascontiguousarray(samples, dtype=np.float32)
    from scipy.signal import resample_poly

    changed = resample_poly(np.asarray(samples, dtype=np.float32), up, down, window=_low_pass(max(up, down)))
    return np.ascontiguousarray(changed, dtype=np.float32)


@cache
def _low_pass(largest: int) -> Waveform:
    """Return the filter that ``resample_poly`` designs anew in every call if it gets none."""
    from scipy.signal import firwin

    return np.asarray(firwin(20 * largest + 1, 1 / largest, window=("kaiser", 5.0)), dtype=np.float32)


def decode_all(
    files: Sequence[Path | bytes], names: Sequence[str] | None = None
) -> tuple[list[Waveform], list[int], dict[str, int]]:
    """Decode many files on two threads; files that cannot be read are skipped and named.

    Args:
        files: paths or contents.
        names: of the files; None takes the paths' names, or numbers for contents.

    Returns:
        the waveforms, their positions in ``files``, and the skipped files as ``listed`` gives them.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:  # libsndfile releases the global interpreter lock
        results = list(pool.map(_decode_or_reason, files))
    kept = [i for i, result in enumerate(results) if not isinstance(result, str)]
    bad = [(i, reason) for i, reason in enumerate(results) if isinstance(reason, str)]
    dropped = listed([f"{_name(files[i], i) if names is None else names[i]}: {reason}" for i, reason in bad])
    return [result for result in results if not isinstance(result, str)], kept, dropped


def _name(file: Path | bytes, number: int) -> str:
    return file.name if isinstance(file, Path) else f"audio {number}"


def _decode_or_reason(file: Path | bytes) -> Waveform | str:
    return told_or(lambda: decode(file))


def read_table(
    path: Path, columns: Iterable[str] = (), where: Any = None
) -> tuple[list[Waveform], dict[str, list[Any]], dict[str, int]]:
    """Read a parquet table with a column ``audio`` of {bytes, path}, as Hugging Face ``datasets`` writes it.

    Args:
        path: of the table.
        columns: further ones to read.
        where: a pyarrow expression that chooses rows, or None for all.

    Returns:
        the waveforms, the values of ``columns``, and the number of skipped rows by reason.
    """
    names = list(columns)
    table = read_columns_of(path, ["audio", *names], where)
    rows = table["audio"].to_pylist()
    called = [row["path"] or f"row {i}" for i, row in enumerate(rows)]
    waveforms, kept, dropped = decode_all([row["bytes"] or b"" for row in rows], called)
    values = {name: table[name].to_pylist() for name in names}
    return waveforms, {name: [column[i] for i in kept] for name, column in values.items()}, dropped
