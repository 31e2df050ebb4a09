"""Atomic writing of files, reading with clear errors, and checksums."""

import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.base.workers import RANK

SEAL = "sha256"
"""Where a file of the store keeps its seal: a hash of its content and of its place."""

TRAINING = re.compile(r"-seed\d+-[0-9a-f]+$")
"""The end of the name of a training's folder, as ``run_folder`` makes it."""

HOST = platform.node().replace(".", "-")
"""This machine in names of temporary files: where several share a folder, process numbers alone may be equal."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` on a temporary file in the folder of ``path``, then rename it: ``path`` is never half-written.

    In distributed training, only the first process writes.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    write_all_atomically([path], lambda parts: write(parts[0]))


def write_all_atomically(paths: Sequence[Path], write: Callable[[list[Path]], object]) -> None:
    """Do as ``write_atomically`` for several files that are written together and renamed in this order."""
    if RANK:
        return
    temporary = [path.with_name(f".{path.name}.{os.getpid()}@{HOST}.part") for path in paths]
    named = paths[0]
    try:
        for folder in dict.fromkeys(path.parent for path in paths):
            folder.mkdir(parents=True, exist_ok=True)
        write(temporary)
        for part, named in zip(temporary, paths, strict=True):  # noqa: B020  (the message names the last one tried)
            _flush(part)
            part.replace(named)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"cannot write {named}: {reason}; free the space or choose another folder with --out"
        ) from error
    finally:
        for part in temporary:
            with suppress(OSError):  # an unreadable folder holds no temporary file
                part.unlink()


def _flush(path: Path) -> None:
    """Bring a file's content to the disk, so that after a power cut the renamed file is never an empty one."""
    with path.open("rb+") as file:  # Windows flushes only what is open for writing
        os.fsync(file.fileno())


def check_writable(out: Path) -> None:
    """Raise ``UserError`` if the folder cannot be written: before any work, not after it."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file; name a folder with --out")
    probe = out / ".writable"
    write_text(probe, "")
    delete(probe)


def sweep(folder: Path) -> None:
    """Delete the temporary files below a folder whose processes are gone; where processes cannot be seen, none.

    Those of other machines stay.
    """
    remove_below(folder, ".*.part", _is_left_behind)


def _is_left_behind(part: Path) -> bool:
    process, _, host = part.name.split(".")[-2].partition("@")
    return host in ("", HOST) and process.isdecimal() and not _alive(int(process))


def remove_below(folder: Path, pattern: str, chosen: Callable[[Path], bool] = lambda _: True) -> None:
    """Delete files that nothing needs; what cannot be deleted now harms nobody and is tried again by the next run."""
    with suppress(OSError):
        for file in folder.rglob(pattern):
            if chosen(file):
                file.unlink(missing_ok=True)


def delete(path: Path) -> None:
    """Delete a file of the store that must not be read again, unless it is gone.

    Raises:
        UserError: it cannot be deleted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot delete {path}: {error.strerror or error}; choose another folder with --out") from error


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


REMEDY = "; delete it and run again"


class DamagedFile(UserError):
    """A file of the store that is missing, cannot be read, or is not what was written; it can be made again."""

    @property
    def what(self) -> str:
        """The message without what to do, for where that is done already."""
        return str(self).removesuffix(REMEDY)


def write_tensors(path: Path, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write named arrays as safetensors, atomically and with a seal; return the SHA-256 of the file."""
    from safetensors.numpy import save

    kept = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    content = save(kept, metadata={SEAL: _seal_of_arrays(path, kept)})
    write_atomically(path, lambda part: part.write_bytes(content))
    return hashlib.sha256(content).hexdigest()


def read_tensors(path: Path, recorded: str | None = None) -> dict[str, NDArray[Any]]:
    """Read named arrays that ``write_tensors`` wrote to this path, and compare them with their seal.

    Args:
        path: of the file.
        recorded: the SHA-256 of the file as a record holds it, which is compared too; None: no record holds it.

    Raises:
        DamagedFile: the file is missing, truncated, not safetensors, changed by a bit, or that of another training.
    """
    from safetensors import SafetensorError, safe_open

    if recorded is not None:
        check_recorded(path, recorded)
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
            seal = (file.metadata() or {}).get(SEAL)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    if seal != _seal_of_arrays(path, arrays):
        raise _differs(path)
    return arrays


def check_recorded(path: Path, recorded: str) -> None:
    """Compare a file with the SHA-256 that a record holds.

    Raises:
        DamagedFile: the file is missing, or another.
    """
    try:
        found = hash_of(path)
    except UserError as error:
        raise DamagedFile(f"{error}{REMEDY}") from error
    if found != recorded:
        raise _differs(path)


def write_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Write JSON-able facts, atomically and with a seal."""
    text = json.dumps({**facts, SEAL: _seal_of_facts(path, facts)}, indent=1, sort_keys=True, ensure_ascii=False)
    write_text(path, text + "\n")


def read_facts(path: Path) -> dict[str, Any]:
    """Read facts that ``write_facts`` wrote to this path, and compare them with their seal.

    Raises:
        DamagedFile: the file is missing, no JSON, changed by a bit, or that of another training.
    """
    try:
        facts: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from error
    if facts.pop(SEAL, None) != _seal_of_facts(path, facts):
        raise _differs(path)
    return facts


def _unreadable(path: Path, error: Exception) -> DamagedFile:
    return DamagedFile(f"{path} cannot be read ({error}){REMEDY}")


def _differs(path: Path) -> DamagedFile:
    return DamagedFile(f"{path} is not what was written: its hash differs{REMEDY}")


def _place(path: Path) -> str:
    """Return what tells a file from those of other trainings, wherever the output folder is.

    >>> _place(Path("/home/me/runs/quick/store/vision/mnist/cross_entropy-seed0-1f/test.safetensors"))
    'cross_entropy-seed0-1f/test.safetensors'
    >>> _place(Path("/home/me/runs/quick/examples.json"))
    'examples.json'
    """
    parts = path.parts
    training = [number for number, part in enumerate(parts[:-1]) if TRAINING.search(part)]
    return "/".join(parts[training[-1] if training else -1 :])


def _seal_of_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(f"{_place(path)}\n".encode())
    for name in sorted(arrays):
        value = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        digest.update(value.data.cast("B") if value.size else b"")
    return digest.hexdigest()


def _seal_of_facts(path: Path, facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(f"{_place(path)}\n{json.dumps(facts, sort_keys=True)}".encode()).hexdigest()


def hash_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, read now.

    Raises:
        UserError: the file is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error})") from error


@lru_cache(maxsize=1024)
def _sha256(path: Path, size: int, changed: int) -> str:
    return hash_of(path)


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
