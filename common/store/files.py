"""Atomic writing of files that survives a kill and a power cut, reading with clear errors, and checksums."""

import glob
import hashlib
import os
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.base.workers import RANK

_HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
"""Stands in names of temporary files: a process number means nothing on another machine."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` on a temporary file in the folder of ``path``, then rename it: ``path`` is never half-written.

    What was written is on the disk before it gets its name. Temporary files that killed processes left for the same
    ``path`` are removed. In distributed training, only the first process writes.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    if RANK:
        return
    temporary = path.with_name(f".{path.name}.{_HOST}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        write(temporary)
        _flush(temporary)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"cannot write {path}: {reason}; free the space or choose another folder with --out") from error
    finally:
        with suppress(OSError):  # an unreadable folder holds no temporary file
            temporary.unlink()


def _flush(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove_leftovers(path: Path) -> None:
    """Remove temporary files of ``path`` whose process on this machine is dead; those of other machines stay."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.{_HOST}.*.part"):
        process = leftover.name.split(".")[-2]
        if process.isdigit() and not _runs(int(process)):
            leftover.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    """Whether a process may still run; on Windows, where asking would end it, only this one is known not to."""
    if os.name == "nt":
        return process != os.getpid()
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process != os.getpid()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))


def write_tensors(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as safetensors, atomically."""
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(value) for name, value in arrays.items()})
    write_atomically(path, lambda part: part.write_bytes(content))


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read named arrays from a safetensors file.

    Raises:
        UserError: the file is missing, truncated or not safetensors.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, KeyError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete it and run again") from error


def write_sealed_tensors(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as safetensors followed by the 32 bytes of their SHA-256, atomically."""
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(value) for name, value in arrays.items()})
    sealed = content + hashlib.sha256(content).digest()
    write_atomically(path, lambda part: part.write_bytes(sealed))


def read_sealed_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read what ``write_sealed_tensors`` wrote.

    Raises:
        UserError: a single bit of the file is another.
    """
    from safetensors.numpy import load

    content = path.read_bytes()
    if hashlib.sha256(content[:-32]).digest() != content[-32:]:
        raise UserError(f"{path} is damaged: its SHA-256 does not agree")
    return dict(load(content[:-32]))


@lru_cache(maxsize=1024)
def _sha256(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal; cached while size and modification time stay the same."""
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns)


def checksum(path: Path) -> str:
    """Return a hash that identifies the content of a file or folder.

    For a folder, it is a hash of the names, sizes and modification times of all files in it. The files are not read,
    because a corpus may hold gigabytes in a hundred thousand files.
    """
    if path.is_file():
        return sha256(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    facts = ((file.relative_to(path).as_posix(), file.stat()) for file in files)
    lines = (f"{name} {status.st_size} {status.st_mtime_ns}\n" for name, status in facts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
