"""Reader of TIMIT as distributed by the LDC: folders TRAIN and TEST with audio, phones, words and text.

    TIMIT/TRAIN/DR1/FCJF0/SA1.WAV   SPHERE, 16 kHz, one channel
                          SA1.PHN   "0 3050 h#": first sample, end (exclusive), phone
                          SA1.WRD   words, likewise
                          SA1.TXT   the sentence, likewise

Editions differ in the case of names. Copies that circulate have the two folders deeper (``data/TRAIN``,
``timit/timit/train``) and the sounds as SA1.WAV.wav (RIFF), SA1.flac or SA1.sph; of several copies one is read.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from common.base.border import told_or
from common.data.dropped import added_up, listed
from speech.data.audio import Waveform, decode_all
from speech.data.phones import check_timit

PARTS = ("train", "test")


def read_timit_folder(folder: Path) -> tuple[list[Waveform], dict[str, list[Any]], dict[str, int]]:
    """Read all utterances below ``folder``, or below a folder ``timit`` in it.

    Returns:
        the waveforms; columns part (``train`` or ``test``), speaker, dialect, sex (``f`` or ``m``), sentence_id, text,
        phones, phone_starts, phone_stops, words, word_starts, word_stops, names in lower case and times in samples;
        and the skipped files, by file and reason.

    Raises:
        ValueError: there is no complete utterance.
    """
    root = _root(folder)
    found = [(part, path) for part in PARTS for path in _sounds(_children(root).get(part))]
    rows, bad = _rows(found, folder)
    names = [path.relative_to(folder).as_posix() for path, _ in rows]
    waveforms, kept, unreadable = decode_all([path for path, _ in rows], names)
    if not waveforms:
        raise ValueError(
            f"no TRAIN or TEST folder with whole utterances DR1/SPEAKER/SENTENCE.WAV; of {len(found)}: {bad}"
        )
    columns = {name: [rows[i][1][name] for i in kept] for name in rows[0][1]}
    return waveforms, columns, added_up(listed(bad), unreadable)


def _rows(found: list[tuple[str, Path]], folder: Path) -> tuple[list[tuple[Path, dict[str, Any]]], list[str]]:
    """Return the description of each sound, and why others are skipped."""
    rows, bad = [], []
    for part, path in found:
        row = told_or(partial(_row, part, path))
        if isinstance(row, str):
            bad.append(f"{path.relative_to(folder).as_posix()}: {row}")
        else:
            rows.append((path, row))
    return rows, bad


def _root(folder: Path, depth: int = 3) -> Path:
    """Return the folder with TRAIN or TEST, at most ``depth`` folders below; ``folder`` if there is none."""
    waiting = [folder]
    for _ in range(depth + 1):
        for one in waiting:
            if any(next(_sounds(_children(one).get(part)), None) for part in PARTS):
                return one
        waiting = [child for one in waiting for child in sorted(one.iterdir()) if child.is_dir()]
    return folder


def _children(folder: Path) -> dict[str, Path]:
    """Return a folder's entries by their names in lower case."""
    return {path.name.lower(): path for path in sorted(folder.iterdir())}


def _sounds(part: Path | None) -> Iterator[Path]:
    """Yield the sounds of a part, one for each sentence: the SPHERE file first, then a copy of it."""
    if part is None or not part.is_dir():
        return
    copies = sorted(
        (path for path in part.glob("*/*/*") if path.suffix.lower() in SOUNDS),
        key=lambda path: (path.parent, _sentence(path), path.name.count("."), path.suffix.lower() != ".wav", path.name),
    )
    last = None
    for path in copies:
        if (path.parent, _sentence(path)) != last:
            yield path
        last = path.parent, _sentence(path)


SOUNDS = (".wav", ".flac", ".sph", ".nist")


def _sentence(sound: Path) -> str:
    """Return the name of a sound's sentence: ``sa1`` of SA1.WAV.wav."""
    return sound.name.split(".")[0].lower()


def _row(part: str, sound: Path) -> dict[str, Any]:
    speaker = sound.parent.name.lower()
    phones, words, text = (_list_beside(sound, suffix) for suffix in (".phn", ".wrd", ".txt"))
    if not phones:
        raise ValueError("its list of phones (.PHN) is missing or empty")
    check_timit(phone for _, _, phone in phones)
    return {
        "part": part,
        "speaker": speaker,
        "dialect": sound.parents[1].name.lower(),
        "sex": speaker[0],
        "sentence_id": _sentence(sound),
        "text": text[0][2] if text else "",
        **{f"phone{suffix}": [segment[i] for segment in phones] for suffix, i in _FIELDS.items()},
        **{f"word{suffix}": [segment[i] for segment in words] for suffix, i in _FIELDS.items()},
    }


_FIELDS = {"_starts": 0, "_stops": 1, "s": 2}


def _list_beside(sound: Path, suffix: str) -> list[tuple[int, int, str]]:
    """Read the lines "start stop what" of the file beside ``sound``; no lines if the file is missing."""
    name = sound.name.split(".")[0]
    for path in (sound.with_name(name + suffix), sound.with_name(name + suffix.upper())):
        if path.is_file():
            return [_segment(line, path) for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    return []


def _segment(line: str, path: Path) -> tuple[int, int, str]:
    try:
        start, stop, what = line.split(maxsplit=2)
        return int(start), int(stop), what.strip()
    except ValueError as error:
        raise ValueError(f"{path.name} has a line that is not 'start stop what': {line!r}") from error
