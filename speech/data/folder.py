"""Folders of sound files, one folder per class or without classes; unreadable files are skipped and named.

Long recordings are read in pieces, so they are never in memory as a whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from common.base.border import told_or
from common.base.errors import UserError
from common.data.class_folders import class_files
from common.data.dropped import added_up, first_named, listed
from common.data.locations import Directory, Location
from common.data.samples import RawDataset, Split
from common.data.sources import Source
from common.own_data import class_counts, with_note
from speech.data.audio import FLOATS, Waveform, decode, mono
from speech.data.containers import announced_frames, opened_sound

LONGEST = 20.0
"""Seconds; longer recordings are divided into pieces of ``PIECE`` seconds."""

PIECE = 10.0
PIECES = 60
"""Most pieces read of one recording, ten minutes, evenly spaced over it; the others are counted."""


def sound_files(folder: Path) -> list[Path]:
    """Return all files below a folder except hidden ones, sorted by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def read_any(folder: Path) -> RawDataset:
    """Read every sound below a folder, without labels; ``extras["file"]`` has the file of each.

    Raises:
        ValueError: no sound can be read.
    """
    return _read(folder, sound_files(folder), labels=None, names=())


def read_classes(folder: Path, pattern: str | None = None) -> RawDataset:
    """Read a folder of sounds by class, in one of the layouts of ``common.data.class_folders``.

    Returns:
        ``extras["file"]`` has the file of each sound, ``extras["part"]`` its part (train, test, validation, or "" where
        nothing says it).

    Raises:
        UserError: there are fewer than two classes.
        ValueError: no sound can be read of one of them.
    """
    found = class_files(folder, None, pattern)
    names = found.names
    labels = [names.index(name) for _, name, _ in found.files]
    samples = _read(folder, [path for path, _, _ in found.files], labels, names)
    empty = set(range(len(names))) - set(samples.labels.tolist())
    if empty:
        raise ValueError(f"no sound can be read in {', '.join(names[i] for i in sorted(empty))}")
    part = {path.relative_to(folder).as_posix(): part or "" for path, _, part in found.files}
    extras = {**samples.extras, "part": [part[file] for file in samples.extras["file"]]}
    counted = replace(samples, extras=extras, dropped=added_up(found.dropped, samples.dropped))
    return with_note(counted, class_counts(counted))


def by_part(samples: RawDataset) -> Split | None:
    """Return the split that a folder itself says, or None where nothing says a part.

    Sounds of the validation part are the test set where none is of that part, and left out otherwise.

    Raises:
        UserError: no sound is for training, or none for testing.
    """
    parts = np.array(samples.extras["part"])
    if not np.any(parts != ""):
        return None
    test = "test" if np.any(parts == "test") else "validation"
    train, tested = (samples.take(np.flatnonzero(parts == part)) for part in ("train", test))
    if not len(train) or not len(tested):
        raise UserError(
            f"the folder has {len(train)} sounds for training and {len(tested)} for testing; both are needed"
        )
    return Split(train, tested, name="as given")


def _read(folder: Path, files: Sequence[Path], labels: Sequence[int] | None, names: tuple[str, ...]) -> RawDataset:
    called = [path.relative_to(folder).as_posix() for path in files]
    items, whose, dropped = _all_pieces(files, called)
    if not items:
        first = f", first {next(iter(dropped))}" if dropped else ""
        raise ValueError(f"not one of {len(files)} files can be read as sound{first}")
    return RawDataset(
        items,
        labels=None if labels is None else np.array(labels, dtype=np.int64)[whose],
        label_names=names,
        extras={"file": [called[i] for i in whose]},
        dropped=dropped,
    )


def _all_pieces(files: Sequence[Path], called: Sequence[str]) -> tuple[list[Waveform], list[int], dict[str, int]]:
    """Return the pieces of all files, the number of each piece's file, and what was skipped."""
    items: list[Waveform] = []
    whose: list[int] = []
    bad: list[str] = []
    thinned: dict[str, int] = {}
    for i, path in enumerate(files):
        found = told_or(partial(_listed, path))
        if isinstance(found, str):
            bad.append(f"{called[i]}: {found}")
            continue
        if len(found) == PIECES and (beyond := whole_pieces(path) - PIECES):
            thinned[f"{called[i]}: pieces of {PIECE:g} seconds beyond the {PIECES} that are read"] = beyond
        items += found
        whose += [i] * len(found)
    dropped = added_up(listed(bad), first_named(thinned, "pieces of further recordings"))
    return items, whose, dropped


def _listed(path: Path) -> list[Waveform]:
    return list(pieces(path))


def pieces(path: Path) -> Iterator[Waveform]:
    """Yield a sound file whole or, beyond ``LONGEST`` seconds, in at most ``PIECES`` pieces; one channel at 16 kHz.

    Raises:
        ValueError: see ``decode``.
    """
    with opened_sound(path) as file:
        long, frames, announced = file.frames > LONGEST * file.samplerate, file.frames, announced_frames(path, file)
    if long and frames < announced:
        raise ValueError(f"it breaks off after {frames} of about {announced} samples")
    yield from _spread(path) if long else [decode(path)]


def whole_pieces(path: Path) -> int:
    """Return the number of pieces of ``PIECE`` seconds in a recording, whether they are read or not."""
    with opened_sound(path) as file:
        return int(file.frames // round(PIECE * file.samplerate))


def _spread(path: Path) -> Iterator[Waveform]:
    with opened_sound(path) as file:
        length = round(PIECE * file.samplerate)
        count = min(file.frames // length, PIECES)
        for start in np.linspace(0, file.frames - length, count).astype(int):
            file.seek(int(start))
            block = file.read(length, dtype="float32", always_2d=True)
            if len(block) < length:
                raise ValueError(f"it breaks off {len(block)} samples after {start} of {file.frames}")
            yield mono(block, file.samplerate, file.subtype in FLOATS)


def any_sounds(name: str, path: str) -> Source:
    """Return an OOD set of every sound below a folder of the data folder."""
    return Source(name, (Location((Directory(path, "sound files (WAV, FLAC, Ogg, MP3)"),), read_any),))


def class_folders(name: str, path: str) -> Source:
    """Return an in-distribution of a folder of the data folder with one subfolder per class."""
    return Source(name, (Location((Directory(path, "a folder of sound files a class"),), read_classes),))
