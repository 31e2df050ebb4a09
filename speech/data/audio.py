"""Reading of audio files: one channel, resampled to 16 kHz, float32 in [-1, 1]."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
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

    Channels are averaged. Samples at full scale are kept as they are; floats in the scale of integers are divided by
    it, see ``unit_scale``.

    Raises:
        ValueError: the file is not audio, has no sample or one that is not finite, or is shorter than its header says.
    """
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(file) if isinstance(file, bytes) else str(file)) as opened:
            samples = _all_samples(opened)
            expected = announced_frames(file, opened)
            rate, floats = opened.samplerate, opened.subtype in FLOATS
    except (soundfile.SoundFileError, TypeError) as error:
        raise ValueError(unreadable(file, error)) from error
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

FOREIGN: dict[str, Callable[[bytes], bool]] = {
    "an MPEG-4 file (m4a, mp4, 3gp)": lambda head: head[4:8] == b"ftyp",
    "a Matroska file (webm, mkv)": lambda head: head[:4] == b"\x1a\x45\xdf\xa3",
    "a Windows Media file (wma)": lambda head: head[:4] == b"\x30\x26\xb2\x75",
    "an AMR file": lambda head: head[:5] == b"#!AMR",
    "a bare AAC stream": lambda head: head[:2] in (b"\xff\xf1", b"\xff\xf9"),
}
"""Formats of telephones and browsers that libsndfile does not read, by their first bytes."""


def unreadable(file: Path | bytes, error: Exception) -> str:
    """Return why a file cannot be read, with the command that converts it if its format is a known one."""
    head = _head(file)
    for name, fits in FOREIGN.items():
        if fits(head):
            return f"it is {name}, which is not read; convert it with: ffmpeg -i FILE -ac 1 -ar 16000 FILE.wav"
    reason = getattr(error, "error_string", str(error))  # the rest is the file's name or its address in memory
    return f"no audio can be read from it: {reason}"


_SHORT_CHUNK = re.compile(r"(?:data|SSND|BODY|Data Size) *: (\d+) \(should be (\d+)\)")
_SHORT_WHOLE = re.compile(r"(?:riff|RIFF|FORM|Riff size) *: (\d+) \(should be (\d+)\)")
_FRAMES = re.compile(r"(?:Frames|Cols) *: (\d+)")
_SPHERE_COUNT = re.compile(rb"sample_count -i (\d+)")
_UNKNOWN_SIZE = 0x7FFF0000  # written by programs that do not know a recording's length in advance
_WHOLE_TOLERANCE = 0.99  # the outer size is often off by a header


def announced_frames(file: Path | bytes, opened: Any) -> int:
    """Return the samples per channel according to the header, since libsndfile reads a truncated file without error.

    libsndfile's log has the announced sizes: of the chunk of samples (WAV, AIFF, AU, SVX), of the whole file (W64), or
    the number of samples (RF64, AVR). A file that it calls truncated (VOC) announces one sample more.
    """
    frames, log = int(opened.frames), opened.extra_info
    if opened.format == "NIST":
        found = _SPHERE_COUNT.search(_head(file))
        return int(found[1]) if found else frames
    for pattern, least in ((_SHORT_CHUNK, 1.0), (_SHORT_WHOLE, _WHOLE_TOLERANCE)):
        short = pattern.search(log)
        if short is not None and int(short[1]) < _UNKNOWN_SIZE and int(short[2]) < least * int(short[1]):
            return round(frames * int(short[1]) / max(int(short[2]), 1))
    counted = [int(count) for count in _FRAMES.findall(log) if int(count) < _UNKNOWN_SIZE]
    if opened.format in ("RF64", "AVR") and counted:
        return max(frames, *counted)
    return frames + 1 if opened.format in ("VOC", "MAT4") and "truncated" in log else frames


def _head(file: Path | bytes) -> bytes:
    if isinstance(file, bytes):
        return file[:1024]
    with file.open("rb") as content:
        return content.read(1024)


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
