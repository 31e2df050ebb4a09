"""Atomic writing of files, reading with clear errors, and checksums."""

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.base.workers import RANK


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` on a temporary file in the folder of ``path``, then rename it: ``path`` is never half-written.

    In distributed training, only the first process writes.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    if RANK:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"cannot write {path}: {reason}; free the space or choose another folder with --out") from error
    finally:
        with suppress(OSError):  # an unreadable folder holds no temporary file
            temporary.unlink()


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
