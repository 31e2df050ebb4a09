"""Atomic writing of files, reading with clear errors, and checksums."""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.base.workers import RANK

SEAL = "sha256"
"""Where a file of the store keeps the hash of its content."""

HOST = platform.node().replace(".", "-")
"""This machine in names of temporary files: where several share a folder, process numbers alone may be equal."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` on a temporary file in the folder of ``path``, then rename it: ``path`` is never half-written.

    In distributed training, only the first process writes.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    if RANK:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}@{HOST}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
    """Bring a file's content to the disk, so that after a power cut the renamed file is never an empty one."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sweep(folder: Path) -> None:
    """Delete the temporary files below a folder whose processes are gone; where processes cannot be seen, none.

    Those of other machines stay.
    """
    for part in folder.rglob(".*.part"):
        process, _, host = part.name.split(".")[-2].partition("@")
        if host in ("", HOST) and process.isdecimal() and not _alive(int(process)):
            part.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    """Whether a process of this number runs, as far as can be told."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))


class DamagedFile(UserError):
    """A file of the store that is missing, cannot be read, or is not what was written; it can be made again."""


def write_tensors(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as safetensors, atomically, with a hash of their content."""
    from safetensors.numpy import save

    kept = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    content = save(kept, metadata={SEAL: _seal_of_arrays(kept)})
    write_atomically(path, lambda part: part.write_bytes(content))


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read named arrays that ``write_tensors`` wrote, and compare them with their hash.

    Raises:
        DamagedFile: the file is missing, truncated, not safetensors, or a bit of it has changed.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
            seal = (file.metadata() or {}).get(SEAL)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise DamagedFile(f"{path} cannot be read ({error}); delete it and run again") from error
    if seal != _seal_of_arrays(arrays):
        raise DamagedFile(f"{path} is not what was written: its hash differs; delete it and run again")
    return arrays


def write_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Write JSON-able facts, atomically, with a hash of their content."""
    text = json.dumps({**facts, SEAL: _seal_of_facts(facts)}, indent=1, sort_keys=True, ensure_ascii=False)
    write_text(path, text + "\n")


def read_facts(path: Path) -> dict[str, Any]:
    """Read facts that ``write_facts`` wrote, and compare them with their hash.

    Raises:
        DamagedFile: the file is missing, no JSON, or a bit of it has changed.
    """
    try:
        facts: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DamagedFile(f"{path} cannot be read ({error}); delete it and run again") from error
    if facts.pop(SEAL, None) != _seal_of_facts(facts):
        raise DamagedFile(f"{path} is not what was written: its hash differs; delete it and run again")
    return facts


def _seal_of_arrays(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        value = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        digest.update(value.data.cast("B") if value.size else b"")
    return digest.hexdigest()


def _seal_of_facts(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


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
