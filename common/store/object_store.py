"""OUT in an object store, such as ``s3://BUCKET/FOLDER``: a folder of this machine stands for it.

All work goes on in that folder. What is finished is put into the store, and what the store has and the folder lacks is
fetched, so that another machine goes on from there. An object is written whole, and never renamed or appended to; of
each unit of files the record, which speaks of the others, is put last. So whoever finds a record finds what it speaks
of, and what came from two machines that worked at once is found by its hashes, as in a shared folder.
"""

import errno
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.base.display import one_line, shown
from common.base.errors import StoreUnreached, UserError
from common.base.workers import WORLD_SIZE
from common.store.files import HOST, write_all_atomically

RECORD, WEIGHTS = "meta.json", "model.safetensors"
"""The record of a training, and its weights, which are worth keeping before there is a record."""

FILE = re.compile(r"(probes/)?\w[\w.-]*\.(json|safetensors)")
"""Files of a training as ``RunFolder``, ``ProbeFile`` and examples name them; no other object is fetched."""

RESULT = re.compile(r"\w[\w.-]*\.(json|jsonl)")
"""Files of a run that its report is made of."""

ALONE = ("store", "cache")
"""Folders of OUT that are no results: trainings, which are put one by one, and what can be computed again."""

HERE = ("file", "local", "memory")
"""Protocols of fsspec that are no store for several machines."""

LOCAL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What a disk of this machine says, and no object store."""

GROUP = {"s3": "uv sync --group object_store", "s3a": "uv sync --group object_store"}
"""How to get the package of a protocol; of others, fsspec's message names the package."""


@dataclass(frozen=True)
class ObjectStore:
    """A folder in an object store that holds what OUT would hold, without caches and checkpoints.

    Attributes:
        url: of the folder, for fsspec: ``s3://BUCKET/FOLDER``, ``gs://BUCKET/FOLDER``.
    """

    url: str

    @property
    def folder(self) -> Path:
        """Folder of this machine that stands for the store. It may be deleted: what it lacks is fetched again."""
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        name = re.sub(r"[^\w.-]+", "-", self.url)[:40]
        return caches / "confidence-baseline" / f"{name}-{hashlib.sha256(self.url.encode()).hexdigest()[:12]}"

    def check(self) -> None:
        """Raise ``UserError`` unless objects can be listed and written here: before any work, not after it."""
        with self._reached() as (files, root):
            probe = f"{root}/.writable-{os.getpid()}@{HOST}"
            files.find(probe)
            files.pipe_file(probe, b"")
            files.rm_file(probe)

    def sync(self, folder: Path, made: Collection[str] = ()) -> None:
        """Put what this machine alone has of a training, and fetch what the store alone has.

        Where both have a unit, each keeps its own, since either is whole.

        Args:
            folder: of the training, below ``self.folder``.
            made: records that this process has just written; their units are put in any case.

        Raises:
            UserError: the store cannot be reached, or the folder cannot be written.
        """
        with self._reached() as (files, root):
            place = self._place(root, folder)
            there = _names((one.removeprefix(f"{place}/") for one in files.find(place)), FILE)
        here = _names((one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()), FILE)
        put, fetched = _exchanged(here, there, made)
        self._put([folder / name for name in put])
        self._fetch([folder / name for name in fetched])

    def put_results(self) -> None:
        """Put what a run has written beside its trainings: rows, record, predictions, report, tables, studies.

        Raises:
            UserError: the store cannot be reached.
        """
        entries = [entry for entry in sorted(self.folder.iterdir()) if entry.name not in ALONE]
        found = [file for entry in entries for file in (entry, *sorted(entry.rglob("*"))) if file.is_file()]
        self._put([file for file in found if not file.name.startswith(".")])

    def fetch_results(self) -> None:
        """Fetch what the report of a run is made of, as the last run put it, in place of what is here.

        Raises:
            UserError: the store cannot be reached, or the folder cannot be written.
        """
        with self._reached() as (files, root):
            names = _names((one.rpartition("/")[2] for one in files.ls(root, detail=False)), RESULT)
        self._fetch([self.folder / name for name in sorted(names)])

    def _put(self, paths: Sequence[Path]) -> None:
        """Put files side by side, and after them the records, which are JSON."""
        records = [one for one in paths if one.suffix == ".json"]
        with self._reached() as (files, root):
            for batch in ([one for one in paths if one not in records], records):
                if batch:
                    files.put([str(one) for one in batch], [self._place(root, one) for one in batch])

    def _fetch(self, paths: Sequence[Path]) -> None:
        """Fetch files side by side, then give them their names in this order."""

        def fetch(parts: list[Path]) -> None:
            with self._reached() as (files, root):
                files.get([self._place(root, one) for one in paths], [str(one) for one in parts])

        if paths:
            write_all_atomically(paths, fetch)

    def _place(self, root: str, path: Path) -> str:
        """Return the object that a local file stands for."""
        return f"{root}/{path.relative_to(self.folder).as_posix()}"

    @contextmanager
    def _reached(self) -> Iterator[tuple[Any, str]]:
        """Give the file system and the folder in it; whatever it raises becomes one line."""
        try:
            from fsspec.core import url_to_fs

            yield url_to_fs(self.url.rstrip("/"), use_listings_cache=False)
        except UserError:
            raise
        except Exception as error:  # each file system raises what its libraries raise
            if isinstance(error, OSError) and error.errno in LOCAL_ERRORS:
                raise
            raise StoreUnreached(f"--out {shown(self.url)} cannot be used: {_reason(self.url, error)}") from error


def out_folder(text: str) -> tuple[Path, ObjectStore | None]:
    """Return the folder of this machine to work in for ``--out``, and the object store it stands for, if it is a URL.

    Raises:
        UserError: the URL names no folder of an object store or holds credentials, which would be kept in results, or
            several processes compute together.

    >>> out_folder("runs/mine") == (Path("runs/mine"), None)
    True
    >>> out_folder("s3://bucket/folder")[1]
    ObjectStore(url='s3://bucket/folder')
    """
    if "://" not in text:
        return Path(text), None
    protocol, _, place = text.partition("://")
    if "@" in place or "?" in place or "::" in text:
        raise UserError(
            "--out: a URL with @, ? or :: is refused, since results name it and it may hold a password; give "
            "PROTOCOL://BUCKET/FOLDER, and credentials through the environment or fsspec's configuration"
        )
    if protocol in HERE or not place.strip("/"):
        raise UserError(
            f"--out {shown(text)} is no object store; give PROTOCOL://BUCKET/FOLDER, or the path of a folder"
        )
    if WORLD_SIZE > 1:
        raise UserError(f"--out {shown(text)}: a launcher of several processes (torchrun) writes to a folder; give one")
    store = ObjectStore(text.rstrip("/"))
    return store.folder, store


def unreached(url: str | None) -> str:
    """Return why a folder of an object store cannot be used from here; nothing if it can, or there is none."""
    try:
        if url is not None:
            ObjectStore(url).check()
    except UserError as error:
        return str(error)
    return ""


def _exchanged(here: Set[str], there: Set[str], made: Collection[str]) -> tuple[list[str], list[str]]:
    """Return which files of a training are put, and which are fetched; records last."""
    put: set[str] = set()
    fetched: set[str] = set()
    for record, unit in _units(here | there).items():
        known = record if record in unit else WEIGHTS  # before there is a record, only the weights are worth anything
        files = unit if record in unit else unit & {WEIGHTS}
        if known in here and (known not in there or record in made):
            put |= files & here
        elif known in there and known not in here:
            fetched |= files & there
    return _records_last(put), _records_last(fetched)


def _units(names: Set[str]) -> dict[str, set[str]]:
    """Return the files by record: that of the training, or one beside the file that has its name."""
    found: dict[str, set[str]] = {}
    for name in names:
        own = f"{name.rpartition('.')[0]}.json"
        found.setdefault(own if own in names else RECORD, set()).add(name)
    return found


def _records_last(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name.endswith(".json"), name))


def _names(found: Iterable[str], known: re.Pattern[str]) -> set[str]:
    return {name for name in found if known.fullmatch(name)}


def _reason(url: str, error: Exception) -> str:
    """Return what is wrong, and what to do."""
    said, protocol = one_line(error), url.partition("://")[0]
    if isinstance(error, ImportError):
        return f"{said}; get it with: {GROUP.get(protocol, 'uv pip install NAME')}"
    if isinstance(error, PermissionError):
        return f"{said}; the credentials must allow to list, read, write and delete objects there"
    if isinstance(error, FileNotFoundError):
        return f"{said}; create the bucket, or name another"
    if "Protocol not known" in said:
        return f"{said}; give a URL that fsspec knows, such as s3://BUCKET/FOLDER"
    return f"{said}; check the URL, the network and the credentials; the same command goes on from what is finished"
