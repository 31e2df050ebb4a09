"""Records that hold the SHA-256 of the files they stand for, and of themselves."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from common.store.files import sha256, write_text


class Disagreement(ValueError):
    """A record, or a file that it stands for, is not what was written."""


def write_sealed(path: Path, facts: Mapping[str, Any], files: Iterable[Path] = ()) -> None:
    """Write a JSON record of ``facts`` (JSON-able) and of the hashes of ``files``, which lie in the same folder."""
    write_text(path, _sealed(facts, {file.name: sha256(file) for file in files}))


def read_sealed(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the facts of a record and the hashes of its files by name; the files are not read.

    Raises:
        Disagreement: the record is damaged, or was written without hashes by an earlier version.
        OSError: there is no record, or it cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        record = json.loads(text)
        facts, files = record["facts"], record["files"]
        agrees = isinstance(facts, dict) and isinstance(files, dict) and text == _sealed(facts, files)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Disagreement(f"{path} is damaged") from error
    if not agrees:
        raise Disagreement(f"{path} is damaged: its SHA-256 does not agree")
    return facts, files


def disagreeing(path: Path) -> list[Path]:
    """Return what a record shows to be damaged: the record itself, or files that it stands for; [] without a record.

    A file that is missing is not damaged.
    """
    if not path.is_file():
        return []
    try:
        _, files = read_sealed(path)
    except (Disagreement, OSError):
        return [path]
    listed = ((path.with_name(name), digest) for name, digest in files.items())
    return [file for file, digest in listed if file.is_file() and sha256(file) != digest]


def _sealed(facts: Mapping[str, Any], files: Mapping[str, str]) -> str:
    record = {"facts": facts, "files": files}
    digest = hashlib.sha256(_json(record).encode()).hexdigest()
    return _json({**record, "sha256": digest}) + "\n"


def _json(record: Mapping[str, Any]) -> str:
    return json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
