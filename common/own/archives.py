"""Arrays of .npz and .npy files: headers are compared with the file before memory is taken, and no pickle is opened."""

import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.base.display import one_line, shown
from common.base.errors import UserError
from common.own.entries import Entries, Entry
from common.own.refused import pickle_message

MEMBERS = 10_000
"""Members of an archive that are listed at most."""
PART = 2**20
OBJECTS = "holds Python objects (a pickle), which could run code; save it as numbers, such as numpy.stack of its rows"


class Header(NamedTuple):
    """What stands before the values: shape, order of the axes, type, and where the values begin."""

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[Any]
    start: int

    @property
    def bytes(self) -> int:
        """Size of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


Opened = Callable[[], AbstractContextManager[IO[bytes]]]
"""Opens what stands behind a header."""


def npz_entries(path: Path) -> Entries:
    """List the arrays of an .npz file.

    Raises:
        UserError: it is a pickled checkpoint, has too many members, or has two of one name.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if any(member.filename.endswith((".pkl", ".pickle")) for member in members):
            raise UserError(pickle_message(path))
        if len(members) > MEMBERS:
            raise UserError(f"{shown(path)} has {len(members):,} members, and {MEMBERS:,} are read at most")
        entries: Entries = {}
        for member in members:
            for entry in _of_member(path, archive, member):
                if entry.name in entries:
                    raise UserError(f"{shown(path)} holds two arrays named {shown(entry.name)!r}; keep one of them")
                entries[entry.name] = entry
    return entries


def npy_entries(path: Path) -> Entries:
    """List the array of an .npy file, as ``logits``; of a structured array, each of its fields."""
    with path.open("rb") as stream:
        header = _header(stream)
    problem = _problem(header, path.stat().st_size)
    return {entry.name: entry for entry in _entries("", header, problem, partial(_opened_file, path, header.start))}


def _of_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> list[Entry]:
    name = member.filename.removesuffix(".npy")
    if name == member.filename:
        return [Entry(name, problem="is no array")]
    if member.flag_bits & 1:
        return [Entry(name, problem="is encrypted; save the file without a password")]
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return [Entry(name, problem="is compressed in a way that NumPy does not use; save it with numpy.savez")]
    try:
        with archive.open(member) as stream:
            header = _header(stream)
    except Exception as error:  # one bad array costs itself: another may be all that is wanted
        return [Entry(name, problem=f"is damaged ({one_line(error)})")]
    problem = _problem(header, member.file_size)
    return _entries(name, header, problem, partial(_opened_member, path, member.filename, header.start))


def _entries(name: str, header: Header, problem: str, opened: Opened) -> list[Entry]:
    axes, load = len(header.shape), partial(_load, opened, header)
    if not header.dtype.names or problem:
        by_rows = axes and header.bytes and not header.by_columns
        pieces = partial(_pieces, opened, header) if by_rows else None
        return [Entry(name or "logits", axes, header.bytes, load, problem, header.shape[0] if axes else 0, pieces)]
    before = f"{name}." if name else ""
    return [
        Entry(before + field, axes + len(header.dtype[field].shape), header.bytes, partial(_field, load, field))
        for field in header.dtype.names
    ]


def _field(load: partial[NDArray[Any]], field: str) -> NDArray[Any]:
    return np.ascontiguousarray(load()[field])


def _header(stream: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"its format version {version} is unknown")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return Header(*read(stream), stream.tell())


def _problem(header: Header, size: int) -> str:
    """Return why an array is not read: what its header announces is not what the file has."""
    if header.dtype.hasobject:
        return OBJECTS
    if any(length < 0 for length in header.shape) or not header.dtype.itemsize:
        return f"has the impossible shape {shown(header.shape)}"
    if header.bytes != size - header.start:
        return f"announces {header.bytes:,} bytes and has {size - header.start:,}; the file is damaged or incomplete"
    return ""


@contextmanager
def _opened_file(path: Path, start: int) -> Iterator[IO[bytes]]:
    """Open an .npy file where its values begin."""
    with path.open("rb") as stream:
        stream.seek(start)
        yield stream


@contextmanager
def _opened_member(path: Path, name: str, start: int) -> Iterator[IO[bytes]]:
    """Open a member of an archive where its values begin."""
    with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
        stream.read(start)
        yield stream


def _load(opened: Opened, header: Header) -> NDArray[Any]:
    with opened() as stream:
        return _values(stream, header)


def _pieces(opened: Opened, header: Header, rows: int) -> Iterator[NDArray[Any]]:
    """Yield the values by rows; the last read is that of the end, where a zip archive compares its checksum."""
    total, *rest = header.shape
    with opened() as stream:
        for start in range(0, total, rows):
            shape = (min(rows, total - start), *rest)
            content = stream.read(math.prod(shape) * header.dtype.itemsize)
            if len(content) != math.prod(shape) * header.dtype.itemsize:
                raise ValueError(f"it ends before row {start + shape[0]:,} of {total:,}")
            yield np.frombuffer(content, header.dtype).reshape(shape)
        if stream.read(1):
            raise ValueError("it holds more bytes than it announces")


def _values(stream: IO[bytes], header: Header) -> NDArray[Any]:
    """Read the values part by part, to the end of the stream: a zip archive then compares its checksum."""
    values = np.empty(math.prod(header.shape), header.dtype)
    room = values.view(np.uint8)
    filled = 0
    while part := stream.read(PART):
        if filled + len(part) > len(room):
            raise ValueError("it holds more bytes than it announces")
        room[filled : filled + len(part)] = np.frombuffer(part, np.uint8)
        filled += len(part)
    if filled != len(room):
        raise ValueError(f"it ends after {filled:,} of {len(room):,} bytes")
    return values.reshape(header.shape[::-1]).T if header.by_columns else values.reshape(header.shape)
