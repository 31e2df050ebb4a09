"""Sound files: which containers are read, and whether a file is whole."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common.base.border import SMALL, TIMES

BYTES = 4
"""Of a sample in memory, float32."""
RATE = 16_000
"""Samples a second that every sound is brought to."""

FOREIGN: dict[str, Callable[[bytes], bool]] = {
    "an MPEG-4 file (m4a, mp4, 3gp)": lambda head: head[4:8] == b"ftyp",
    "a Matroska file (webm, mkv)": lambda head: head[:4] == b"\x1a\x45\xdf\xa3",
    "a Windows Media file (wma)": lambda head: head[:4] == b"\x30\x26\xb2\x75",
    "an AMR file": lambda head: head[:5] == b"#!AMR",
    "a bare AAC stream": lambda head: head[:2] in (b"\xff\xf1", b"\xff\xf9"),
}
"""Formats of telephones and browsers that libsndfile does not read, by their first bytes."""


UNCHECKED = frozenset({"IRCAM", "MAT5", "MPC2K", "PAF", "PVF", "SD2", "WVE", "XI"})
"""Containers, as libsndfile calls them, of which half a file reads as a whole one: none says how long it is."""


@contextmanager
def opened_sound(file: Path | bytes) -> Iterator[Any]:
    """Open a sound file, or the content of one, for reading; what it announces is checked before memory is taken.

    Raises:
        ValueError: it is not audio, is of a container in which damage is not noticed, or announces too much.
    """
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(file) if isinstance(file, bytes) else str(file)) as opened:
            if opened.format in UNCHECKED:
                raise ValueError(f"it is {opened.format}, of which half a file looks whole; save it as WAV or FLAC")
            _check_size(file, opened)
            yield opened
    except (soundfile.SoundFileError, TypeError) as error:
        raise ValueError(unreadable(file, error)) from error


def _check_size(file: Path | bytes, opened: Any) -> None:
    """Compare the memory that the samples will take, at either rate, with the size of the file."""
    size = len(file) if isinstance(file, bytes) else file.stat().st_size
    frames = opened.frames if 0 <= opened.frames < _UNKNOWN_SIZE else 0  # GSM cannot tell how many there are
    announced = BYTES * frames * max(opened.channels, RATE // max(opened.samplerate, 1))
    if announced > max(SMALL, TIMES * size):
        raise ValueError(f"it announces {announced / 1e9:,.2f} GB of sound in {size:,} bytes")


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
    the number of samples (RF64, AVR). A file that it calls truncated (VOC) announces one sample more; so does an Ogg
    stream whose last page is cut or is not marked as the last.
    """
    frames, log = int(opened.frames), opened.extra_info
    if opened.format == "NIST":
        found = _SPHERE_COUNT.search(_head(file))
        return int(found[1]) if found else frames
    if opened.format == "OGG":
        return frames if _ogg_ends(_tail(file)) else frames + 1
    for pattern, least in ((_SHORT_CHUNK, 1.0), (_SHORT_WHOLE, _WHOLE_TOLERANCE)):
        short = pattern.search(log)
        if short is not None and int(short[1]) < _UNKNOWN_SIZE and int(short[2]) < least * int(short[1]):
            return round(frames * int(short[1]) / max(int(short[2]), 1))
    counted = [int(count) for count in _FRAMES.findall(log) if int(count) < _UNKNOWN_SIZE]
    if opened.format in ("RF64", "AVR") and counted:
        return max(frames, *counted)
    return frames + 1 if opened.format in ("VOC", "MAT4") and "truncated" in log else frames


def _ogg_ends(tail: bytes) -> bool:
    """Return whether the last page is whole and marked as the end: byte 5 has flags, byte 26 counts the segments."""
    page = tail[max(tail.rfind(b"OggS"), 0) :]
    if len(page) < 27 or not page[5] & 4:
        return False
    count = page[26]
    return len(page) >= 27 + count + sum(page[27 : 27 + count])


def _tail(file: Path | bytes) -> bytes:
    if isinstance(file, bytes):
        return file[-_LONGEST_PAGE:]
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - _LONGEST_PAGE))
        return content.read()


_LONGEST_PAGE = 27 + 255 + 255 * 255


def _head(file: Path | bytes) -> bytes:
    if isinstance(file, bytes):
        return file[:1024]
    with file.open("rb") as content:
        return content.read(1024)
