"""A file of one's own: its format told by its content, its arrays listed, and those that are wanted read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.border import MemoryLimit, absent, border
from common.base.display import shown
from common.base.errors import UserError
from common.own.archives import npy_entries, npz_entries
from common.own.entries import Entries, Entry, problem_of
from common.own.parquet_tables import parquet_entries
from common.own.refused import pickle_message, refusal
from common.own.tables import csv_entries
from common.own.tensors import tensor_entries

FORMATS = ".npz, .npy, .csv, .tsv, .parquet, .safetensors"
_PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


@dataclass(frozen=True)
class OwnFile:
    """A file whose arrays are listed and not yet read.

    Attributes:
        path: of the file.
        entries: what it holds, by name.
        limit: how much memory it may take.
    """

    path: Path
    entries: Entries
    limit: MemoryLimit

    @property
    def listed(self) -> str:
        """The names of its arrays, for messages."""
        return ", ".join(shown(name, 40) for name in list(self.entries)[:20]) or "nothing"

    def load(self, entries: Iterable[Entry]) -> list[NDArray[Any]]:
        """Read these arrays.

        Raises:
            UserError: one is damaged, or all of them take more memory than is allowed.
        """
        wanted = list(entries)
        for entry in wanted:
            if entry.problem or entry.load is None:
                raise UserError(f"{shown(self.path)} cannot be read: {problem_of(entry)}")
        what = ", ".join(entry.name for entry in wanted)
        self.limit.check(self.path, sum(entry.bytes for entry in wanted), what)
        with border(self.path), self.limit.held(self.path):
            return [entry.load() for entry in wanted if entry.load is not None]

    def pieces(self, entry: Entry, rows: int) -> Iterator[NDArray[Any]]:
        """Read an array ``rows`` rows at a time; the last piece may have fewer.

        Raises:
            UserError: it is damaged.
        """
        assert entry.pieces is not None, "the caller has looked"
        stream = evenly(entry.pieces(rows), rows)
        while True:
            with border(self.path), self.limit.held(self.path):
                part = next(stream, None)
            if part is None:
                return
            yield part


def evenly(parts: Iterator[NDArray[Any]], rows: int) -> Iterator[NDArray[Any]]:
    """Yield the same rows in pieces of ``rows``, the last perhaps shorter.

    >>> [len(part) for part in evenly(iter([np.zeros(3), np.zeros(4), np.zeros(2)]), 4)]
    [4, 4, 1]
    """
    held: list[NDArray[Any]] = []
    count = 0
    for part in parts:
        held.append(part)
        count += len(part)
        while count >= rows:
            joined = np.concatenate(held) if len(held) > 1 else held[0]
            yield joined[:rows]
            held, count = [joined[rows:]], count - rows
    if count:
        yield np.concatenate(held)


def open_file(path: Path, limit: MemoryLimit | None = None) -> OwnFile:
    """List what a file holds.

    Raises:
        UserError: it is missing, a folder, damaged, or of a kind that is not read; the message has the remedy.
    """
    if path.is_dir():
        raise UserError(f"{shown(path)} is a folder; name a file of logits ({FORMATS})")
    with border(path):
        if not path.is_file():
            raise absent(path)
        return OwnFile(path, _entries(path), limit or MemoryLimit())


def _entries(path: Path) -> Entries:
    with path.open("rb") as stream:
        start = stream.read(16)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if why := refusal(path):
            raise UserError(why)
        return npz_entries(path)
    if start.startswith(b"\x93NUMPY"):
        return npy_entries(path)
    if start.startswith(b"PAR1"):
        return parquet_entries(path)
    if start[8:9] == b"{" and path.suffix.lower() not in (".csv", ".tsv"):
        return tensor_entries(path)
    if start.startswith(_PICKLES):
        raise UserError(pickle_message(path))
    if why := refusal(path):
        raise UserError(why)
    if path.suffix.lower() in (".npz", ".npy", ".parquet", ".safetensors"):
        raise UserError(f"{shown(path)} cannot be read: it is no {path.suffix} file, or its beginning is damaged")
    return csv_entries(path)
