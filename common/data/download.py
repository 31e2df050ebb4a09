"""Download, verify and prepare one data set: ``run_all.py --download NAME``.

A module in the ``data`` folder of a modality offers downloads by defining ``DOWNLOADS``, ``Download``s by name:

    def _prepare(work: Path, ready: Path) -> None:
        archive = fetch("https://example.org/x.tar.gz", work, "sha256:...")   # or a library that verifies the file
        unpack(archive, work / "x")
        write(ready / "nlp/x.parquet", ...)

    DOWNLOADS = {"x": Download(("nlp/x.parquet",), _prepare, about="3 MB, MIT, example.org")}

``work`` and ``ready`` are temporary folders. The files move into the data folder only after ``prepare`` has written all
of them, so a failed download leaves the data folder unchanged. ``prepare`` imports heavy libraries itself, because
importing the module must stay cheap.
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
        files: the prepared files, as paths in the data folder: ``<modality>/<name>.{parquet,npz}``.
        prepare: ``(work, ready) -> None``: downloads into ``work`` and writes ``ready / file`` for each of ``files``.
        about: size of the download, licence, origin.
    """

    files: tuple[str, ...]
    prepare: Callable[[Path, Path], None]
    about: str


def downloads() -> dict[str, Download]:
    """Return the downloads that all modules in ``data`` folders define, by name."""
    found: dict[str, Download] = {}
    for package in modalities():
        for file in sorted((ROOT / package / "data").glob("*.py")):
            if "DOWNLOADS" in file.read_text(encoding="utf-8"):  # other modules need not be imported
                module = importlib.import_module(f"{package}.data.{file.stem}")
                found |= getattr(module, "DOWNLOADS", {})
    return found


def download(name: str, folder: Path) -> None:
    """Download the data set ``name`` and write its prepared files into ``folder``; existing files are kept.

    Raises:
        UserError: an unknown name, no connection, a wrong checksum, a damaged or unsafe archive, or a full disk.
            ``folder`` is then unchanged.
    """
    known = downloads()
    if name not in known:
        near = did_you_mean(name, list(known))
        raise UserError(f"unknown data set {name!r}{near}; there are: {', '.join(sorted(known))}")
    wanted = known[name]
    if all((folder / file).is_file() for file in wanted.files):
        print(f"{name} is already in {folder}; delete {', '.join(wanted.files)} there to download it again")
        return
    print(f"{name}: {wanted.about}", flush=True)
    try:
        _prepare(name, wanted, folder)
    except UserError:
        raise
    except Exception as error:  # each library that downloads raises errors of other types
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise UserError(f"{name} was not downloaded ({reason}); fix the cause and try again") from error
    print(f"wrote {', '.join(str(folder / file) for file in wanted.files)}")


def _prepare(name: str, wanted: Download, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=folder, prefix=f".{name}."
    ) as scratch:  # on the same disk, so that a move is a rename
        work, ready = Path(scratch, "work"), Path(scratch, "ready")
        for path in (work, *((ready / file).parent for file in wanted.files)):
            path.mkdir(parents=True, exist_ok=True)
        wanted.prepare(work, ready)
        missing = [file for file in wanted.files if not (ready / file).is_file()]
        if missing:
            raise UserError(
                f"{name}: {', '.join(missing)} could not be made of the downloaded files; nothing was kept, try again"
            )
        for file in wanted.files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            if not (folder / file).exists():
                (ready / file).replace(folder / file)


def fetch(url: str, folder: Path, checksum: str | None) -> Path:
    """Download ``url`` into ``folder`` with a progress bar and return the file.

    Args:
        url: any URL that ``urllib`` opens.
        folder: created if missing.
        checksum: ``sha256:...`` or ``md5:...`` in hexadecimal; None if the source publishes none.

    Raises:
        UserError: no connection, fewer bytes than announced, or a wrong checksum. The partial file is deleted.
    """
    target = folder / url.rsplit("/", 1)[-1]
    algorithm, _, expected = (checksum or "sha256:").partition(":")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        size, count, digest = _transfer(url, target, algorithm)
        if size is not None and count != size:
            raise UserError(f"{url} was interrupted: {count} of {size} bytes arrived; try again")
        if expected and digest != expected:
            raise UserError(
                f"{url} has {algorithm} {digest}, not the expected {expected}; the file was deleted, try again"
            )
    except (OSError, HTTPException) as error:
        target.unlink(missing_ok=True)
        raise UserError(f"{url} cannot be fetched ({error}); check the connection and try again") from error
    except UserError:
        target.unlink()
        raise
    return target


def _transfer(url: str, target: Path, algorithm: str) -> tuple[int | None, int, str]:
    """Copy ``url`` to ``target``; return the announced size, the number of bytes received and their digest."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    digest = hashlib.new(algorithm, usedforsecurity=False)  # many sources publish MD5; it detects damage
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

    All members are checked before the first is written: absolute paths, ``..``, links and devices are refused.

    Raises:
        UserError: a member would be written outside the folder, a member is not a plain file or folder, or the archive
            is damaged.
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
            raise UserError(f"{archive.name} is not a tar or zip archive, or is truncated; download it again")
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        raise UserError(f"{archive.name} is damaged or cannot be unpacked ({error}); download it again") from error


def _check_member(archive: Path, name: str, plain: bool) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[:1]:
        raise UserError(
            f"{archive.name} holds {name!r}, which would be written outside the folder; nothing was unpacked"
        )
    if not plain:
        raise UserError(f"{archive.name} holds {name!r}, a link or device; nothing was unpacked")
