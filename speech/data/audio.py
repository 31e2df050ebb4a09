"""Reading of audio files: one channel, resampled to 16 kHz, float32 in [-1, 1]."""

import io
import re
from collections.abc import Iterable, Sequence
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.data.dropped import listed

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

    Channels are averaged. Samples at full scale are kept as they are.

    Raises:
        ValueError: the file is not audio, has no sample or one that is not finite, or is shorter than its header says.
    """
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(file) if isinstance(file, bytes) else str(file)) as opened:
            samples = opened.read(dtype="float32", always_2d=True)
            expected = announced_frames(file, opened)
            rate = opened.samplerate
    except (soundfile.SoundFileError, TypeError) as error:
        reason = getattr(error, "error_string", str(error))  # the rest is the file's name or its address in memory
        raise ValueError(f"no audio can be read from it: {reason}") from error
    if not len(samples):
        raise ValueError("there is not one sample in it")
    if len(samples) < expected:
        raise ValueError(f"it breaks off after {len(samples)} of about {expected} samples")
    return mono(samples, rate)


_SHORT_CHUNK = re.compile(r"(?:data|SSND) : (\d+) \(should be (\d+)\)")
_SPHERE_COUNT = re.compile(rb"sample_count -i (\d+)")
_UNKNOWN_SIZE = 0x7FFF0000  # written by programs that do not know a recording's length in advance


def announced_frames(file: Path | bytes, opened: Any) -> int:
    """Return the samples per channel according to the header, since libsndfile reads a truncated file without error."""
    if opened.format == "NIST":
        found = _SPHERE_COUNT.search(_head(file))
        return int(found[1]) if found else int(opened.frames)
    frames = int(opened.frames)
    short = _SHORT_CHUNK.search(opened.extra_info)
    if short is None or int(short[1]) >= _UNKNOWN_SIZE:
        return frames
    return round(frames * int(short[1]) / max(int(short[2]), 1))


def _head(file: Path | bytes) -> bytes:
    if isinstance(file, bytes):
        return file[:1024]
    with file.open("rb") as content:
        return content.read(1024)


def mono(samples: NDArray[np.float32], rate: int) -> Waveform:
    """Return (T, channels) samples as one channel at 16 kHz.

    Raises:
        ValueError: a sample is not finite, which files of floats allow.
    """
    if not np.isfinite(samples).all():
        raise ValueError("it holds samples that are not finite (NaN or infinity)")
    return resample(samples.mean(axis=1), rate)


def resample(samples: NDArray[Any], rate: int) -> Waveform:
    """Return (T,) samples of the sampling rate ``rate`` as float32 at 16 kHz, by a polyphase filter."""
    if rate == SAMPLE_RATE:
        return np.ascontiguousarray(samples, dtype=np.float32)
    from scipy.signal import resample_poly

    common = gcd(rate, SAMPLE_RATE)
    changed = resample_poly(np.asarray(samples, dtype=np.float32), SAMPLE_RATE // common, rate // common)
    return np.ascontiguousarray(changed, dtype=np.float32)


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
    try:
        return decode(file)
    except ValueError as error:
        return str(error)


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
    import pyarrow.parquet as parquet

    names = list(columns)
    table = parquet.read_table(path, columns=["audio", *names], filters=where)
    rows = table["audio"].to_pylist()
    called = [row["path"] or f"row {i}" for i, row in enumerate(rows)]
    waveforms, kept, dropped = decode_all([row["bytes"] or b"" for row in rows], called)
    values = {name: table[name].to_pylist() for name in names}
    return waveforms, {name: [column[i] for i in kept] for name, column in values.items()}, dropped
