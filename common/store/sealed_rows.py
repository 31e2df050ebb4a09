"""Rows with a record of their own, where no run's record holds their SHA-256: those of a study."""

from collections.abc import Iterable
from pathlib import Path

from common.store.files import REMEDY, DamagedFile, check_recorded, hash_of, read_facts, write_facts
from common.store.rows import Row, write_rows


def write_sealed_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows of a study to its folder, then the sealed record of their SHA-256 beside them, with suffix .json.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    write_rows(path, rows)
    write_facts(path.with_suffix(".json"), {"study": path.parent.name, "results": hash_of(path)})


def check_sealed_rows(path: Path) -> None:
    """Compare the rows of a study with their record; rows without a record, of an earlier version, are let pass.

    Raises:
        DamagedFile: the rows are not those that were written, or the record is damaged or that of another study.
    """
    record = path.with_suffix(".json")
    if not (path.is_file() and record.is_file()):
        return
    facts = read_facts(record)
    if facts.get("study") != path.parent.name:
        raise DamagedFile(f"{record} is the record of another study ({facts.get('study')}){REMEDY}")
    check_recorded(path, str(facts.get("results")))
