"""Hashes of first downloads: what a source without a published checksum is compared with later.

``downloads.json`` of the data folder has them by URL. A download works on a copy in its temporary folder, which takes
the place of the data folder's file when all has succeeded.
"""

import json
import shutil
from pathlib import Path

from common.base.border import border
from common.store.files import write_text

NAME = "downloads.json"


def first_hash(folder: Path, what: str) -> str | None:
    """Return what was kept of ``what`` (a URL) when it was first downloaded, or None."""
    return _read(folder / NAME).get(what)


def remember_hash(folder: Path, what: str, found: str) -> None:
    """Keep the hash of a download, or whatever else identifies its content."""
    known = _read(folder / NAME)
    if known.get(what) != found:
        write_text(folder / NAME, json.dumps({**known, what: found}, indent=1, sort_keys=True) + "\n")


def lend(data: Path, work: Path) -> None:
    """Copy the data folder's file into the temporary folder of a download."""
    if (data / NAME).is_file():
        shutil.copyfile(data / NAME, work / NAME)


def give_back(work: Path, data: Path) -> None:
    """Put what a download has learnt into the data folder's file."""
    for what, found in _read(work / NAME).items():
        remember_hash(data, what, found)


def _read(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with border(path, "delete it if no download is to be compared with earlier ones"):
        known = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(known, dict) or not all(isinstance(found, str) for found in known.values()):
            raise ValueError("it is no object of hashes by URL")
        return known
