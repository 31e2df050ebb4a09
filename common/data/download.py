"""Fetch, check and prepare one data set: what ``run_all.py --download NAME`` does.

A data file of any modality takes part by defining ``DOWNLOADS``, a dictionary of ``Download`` by name:

    def _prepare(work: Path, ready: Path) -> None:
        archive = fetch("https://example.org/x.tar.gz", work, "sha256:...")   # or a library that checks for itself
        unpack(archive, work / "x")
        write(ready / "nlp/x.parquet", ...)

    DOWNLOADS = {"x": Download(("nlp/x.parquet",), _prepare, about="3 MB, MIT, example.org")}

``work`` and ``ready`` are scratch folders. Only after ``prepare`` has returned and written every file that it promised
do the files move into the data folder, so that a failed download leaves it as it was. Heavy libraries are imported
inside ``prepare``: importing a data file must stay cheap.
"""

import hashlib
import importlib
import lzma
import stat
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath

from common.base.errors import UserError, did_you_mean
from common.base.project import ROOT, modalities

CHUNK = 1 << 20


@dataclass(frozen=True)
class Download:
    """One data set that can be fetched.

    Attributes:
        files: what it becomes, as paths in the data folder: ``<modality>/<name>.{parquet,npz}``.
        prepare: ``(work, ready)``: fetches into ``work`` and writes ``ready / file`` for each of ``files``.
        about: size of the download, licence, where it comes from.
    """

    files: tuple[str, ...]
    prepare: Callable[[Path, Path], None]
    about: str


def downloads() -> dict[str, Download]:
    """Return every download that a file in a ``data`` folder defines, by name."""
    found: dict[str, Download] = {}
    for package in modalities():
        for file in sorted((ROOT / package / "data").glob("*.py")):
            if "DOWNLOADS" in file.read_text(encoding="utf-8"):  # so that no other file is imported for nothing
                module = importlib.import_module(f"{package}.data.{file.stem}")
                found |= getattr(module, "DOWNLOADS", {})
    return found


def download(name: str, folder: Path) -> None:
    """Fetch the data set ``name`` and write its prepared files into ``folder``; files that are there are kept.

    Raises:
        UserError: an unknown name, no connection, a wrong checksum, a damaged or unsafe archive, a full disk. The
            prepared files in ``folder`` are then as they were.
    """
    known = downloads()
    if name not in known:
        near = did_you_mean(name, list(known))
        raise UserError(f"unknown data set {name!r}{near}; there are: {', '.join(sorted(known))}")
    wanted = known[name]
    if all((folder / file).is_file() for file in wanted.files):
        print(f"{name} is already in {folder}; delete {', '.join(wanted.files)} there to fetch it anew")
        return
    print(f"{name}: {wanted.about}", flush=True)
    try:
        _prepare(name, wanted, folder)
    except UserError:
        raise
    except Exception as error:  # every library that fetches has errors of its own; a user can mend none of them
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise UserError(f"{name} was not downloaded ({reason}); mend that and try again") from error
    print(f"wrote {', '.join(str(folder / file) for file in wanted.files)}")


def _prepare(name: str, wanted: Download, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}.") as scratch:  # the same disk: moving is renaming
        work, ready = Path(scratch, "work"), Path(scratch, "ready")
        for path in (work, *((ready / file).parent for file in wanted.files)):
            path.mkdir(parents=True, exist_ok=True)
        wanted.prepare(work, ready)
        missing = [file for file in wanted.files if not (ready / file).is_file()]
        if missing:
            raise UserError(f"{name}: {', '.join(missing)} was not made of what was fetched; nothing was kept")
        for file in wanted.files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            if not (folder / file).exists():
                (ready / file).replace(folder / file)


def fetch(url: str, folder: Path, checksum: str | None) -> Path:
    """Download ``url`` into ``folder`` with a progress bar and return the file.

    Args:
        url: of any kind that ``urllib`` opens.
        folder: is created where it is missing.
        checksum: ``sha256:...`` or ``md5:...`` in hexadecimal; None where the source publishes none.

    Raises:
        UserError: no connection, fewer bytes than announced, or another checksum. No file is left behind.
    """
    target = folder / url.rsplit("/", 1)[-1]
    algorithm, _, expected = (checksum or "sha256:").partition(":")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        size, count, digest = _transfer(url, target, algorithm)
        if size is not None and count != size:
            raise UserError(f"{url} broke off: {count} of {size} bytes came; try again")
        if expected and digest != expected:
            raise UserError(f"{url} has another {algorithm} ({digest}) than it should ({expected}); it was thrown away")
    except (OSError, HTTPException) as error:
        target.unlink(missing_ok=True)
        raise UserError(f"{url} cannot be fetched ({error}); check the connection and try again") from error
    except UserError:
        target.unlink()
        raise
    return target


def _transfer(url: str, target: Path, algorithm: str) -> tuple[int | None, int, str]:
    """Copy ``url`` to ``target``; return the announced size, the number of bytes that came and their digest."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    digest = hashlib.new(algorithm, usedforsecurity=False)  # MD5 is what most sources publish: against damage
    request = urllib.request.Request(url, headers={"User-Agent": "confidence-baseline"})
    with urllib.request.urlopen(request, timeout=60) as answer, target.open("wb") as file:
        announced = answer.headers.get("Content-Length")
        size = int(announced) if announced else None
        with Progress(*columns, TimeRemainingColumn()) as progress:
            bar = progress.add_task(target.name, total=size)
            while block := answer.read(CHUNK):
                digest.update(block)
                file.write(block)
                progress.advance(bar, len(block))
    return size, target.stat().st_size, digest.hexdigest()


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar or zip archive into ``folder``.

    All members are looked at before the first is written: an absolute path, a ``..``, a link or a device is refused.

    Raises:
        UserError: a member would leave the folder or is no plain file or folder, or the archive is damaged.
    """
    try:
        if tarfile.is_tarfile(archive):
            with tarfile.open(archive) as tar:
                for member in tar.getmembers():
                    _check_member(archive, member.name, member.isfile() or member.isdir())
                tar.extractall(folder, filter="data")
        elif zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as bundle:
                for info in bundle.infolist():
                    _check_member(archive, info.filename, not stat.S_ISLNK(info.external_attr >> 16))
                bundle.extractall(folder)
        else:
            raise UserError(f"{archive.name} is no tar or zip archive, or is cut off at its start; fetch it again")
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise UserError(f"{archive.name} is damaged or cannot be unpacked ({error}); fetch it again") from error


def _check_member(archive: Path, name: str, plain: bool) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[:1]:
        raise UserError(f"{archive.name} holds {name!r}, which would leave the folder; nothing was unpacked")
    if not plain:
        raise UserError(f"{archive.name} holds {name!r}, a link or device; nothing was unpacked")
