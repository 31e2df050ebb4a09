"""Download, verify and prepare one data set: ``run_all.py --download NAME``.

A module in the ``data`` folder of a modality offers downloads by defining ``DOWNLOADS``, ``Download``s by name:

    def _prepare(work: Path, ready: Path) -> None:
        archive = fetch("https://example.org/x.tar.gz", work, "sha256:...")
        unpack(archive, work / "x")
        write(ready / "nlp/x.parquet", ...)

    DOWNLOADS = {"x": Download(("nlp/x.parquet",), _prepare, about="3 MB, MIT, example.org")}

``work`` and ``ready`` are temporary folders. The files move into the data folder only after ``prepare`` has written all
of them, so a failed download leaves the data folder unchanged. ``prepare`` imports heavy libraries itself, because
importing the module must stay cheap.
"""

import importlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.base.display import one_line
from common.base.errors import UserError, did_you_mean
from common.base.project import ROOT, modalities
from common.data.first_hashes import give_back, lend


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
        raise UserError(f"{name} was not downloaded ({one_line(error)}); fix the cause and try again") from error
    print(f"wrote {', '.join(str(folder / file) for file in wanted.files)}")


def _prepare(name: str, wanted: Download, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=folder, prefix=f".{name}."
    ) as scratch:  # on the same disk, so that a move is a rename
        work, ready = Path(scratch, "work"), Path(scratch, "ready")
        for path in (work, *((ready / file).parent for file in wanted.files)):
            path.mkdir(parents=True, exist_ok=True)
        lend(folder, work)
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
        give_back(work, folder)
