"""Tables of texts as people have them, as columns: CSV, TSV, JSON, JSONL, parquet, and one text a line.

A reader returns every row. ``ROW`` counts them from 1 in messages: a record of CSV, a line of JSONL.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.base.border import MemoryLimit, border
from common.base.errors import UserError
from common.data.parquet import read_columns_of
from nlp.data.decoding import read_text

Columns = dict[str, list[Any]]

CELL = 8
"""Bytes of a cell of a table, at least: objects with a new name each would make a table of their number squared."""

SPLIT = "split"
"""Column that a JSON file of splits gets."""

OUT_OF_SCOPE = "oos_"
"""What the splits of CLINC's ``data_full.json`` that hold out-of-scope requests begin with."""


@dataclass(frozen=True)
class OwnTable:
    """The columns of a file.

    Attributes:
        path: of the file.
        columns: lists of equal length by name.
        note: a sentence for the report, or "".
    """

    path: Path
    columns: Columns
    note: str = ""


def read_table(path: Path) -> OwnTable:
    """Read a file.

    Raises:
        UserError: its format is unknown, or it is damaged; the message names the row.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise UserError(f"{path} is not one of {', '.join(FORMATS)}; convert it to one of them")
    with border(path):
        if suffix == ".parquet":
            return OwnTable(path, _parquet(path))
        text, note = read_text(path)
        return OwnTable(path, FORMATS[suffix](path, text), note)


def _csv(path: Path, text: str) -> Columns:
    header = text.partition("\n")[0]
    return _delimited(path, text, max(",;\t|", key=header.count))


def _tsv(path: Path, text: str) -> Columns:
    return _delimited(path, text, "\t")


def _delimited(path: Path, text: str, delimiter: str) -> Columns:
    """Return the columns of delimited text; of a file with tabs, quotes are characters where that fits every line."""
    rows = _rows(path, text, delimiter, csv.QUOTE_NONE) if delimiter == "\t" else []
    if not rows or len({len(row) for row in rows}) > 1:
        rows = _rows(path, text, delimiter, csv.QUOTE_MINIMAL)
    header = [name.strip() for name in rows[0]] if rows else []
    if bad := next((i for i, row in enumerate(rows) if len(row) != len(header)), None):
        raise UserError(f"{path}: record {bad + 1} has {len(rows[bad])} fields, the header {len(header)}")
    return {name: [row[place] for row in rows[1:]] for place, name in enumerate(header)}


def _rows(path: Path, text: str, delimiter: str, quoting: int) -> list[list[str]]:
    csv.field_size_limit(1 << 30)
    lines = io.StringIO(text, newline="")  # ends lines at \\n and \\r alone: U+2028 and the like are part of a text
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True))  # type: ignore[arg-type]
    except csv.Error as error:
        raise UserError(f"{path} is not CSV ({error}); check its quotes") from error
    return [row for row in rows if row]


def _jsonl(path: Path, text: str) -> Columns:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        rows.append(_loaded(line, f"{path}: line {number}"))
        if not isinstance(rows[-1], dict):
            raise UserError(f'{path}: line {number} is not an object like {{"text": ..., "label": ...}}')
    return _of_objects(path, rows)


def _json(path: Path, text: str) -> Columns:
    """Return the columns of a list of objects, an object of lists, or an object of splits, as CLINC's."""
    whole = _loaded(text, str(path))
    if isinstance(whole, dict) and "data" in whole and isinstance(whole["data"], list):
        whole = whole["data"]
    if isinstance(whole, list) and all(isinstance(row, dict) for row in whole):
        return _of_objects(path, whole)
    if isinstance(whole, dict) and whole and all(isinstance(part, list) for part in whole.values()):
        parts = list(whole.values())
        if all(isinstance(row, (dict, list)) for part in parts for row in part):
            return _of_splits(path, whole)
        if len({len(part) for part in parts}) == 1:
            return dict(whole)
    raise UserError(f'{path} is not a list of objects like {{"text": ..., "label": ...}}, nor an object of such lists')


def _of_splits(path: Path, splits: Mapping[str, Sequence[Any]]) -> Columns:
    rows: list[dict[str, Any]] = []
    for split, part in splits.items():
        for number, row in enumerate(part, 1):
            if isinstance(row, list) and len(row) != 2:
                raise UserError(f"{path}: row {number} of {split} has {len(row)} entries, not a text and a label")
            named = dict(row) if isinstance(row, dict) else {"text": row[0], "label": row[1]}
            rows.append({**named, SPLIT: split})
    return _of_objects(path, rows)


def _of_objects(path: Path, rows: Sequence[Mapping[str, Any]]) -> Columns:
    names = dict.fromkeys(name for row in rows for name in row)
    MemoryLimit().check(path, CELL * len(rows) * len(names), f"a table of {len(rows):,} rows and {len(names):,} names")
    return {name: [row.get(name) for row in rows] for name in names}


def _loaded(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{what} is not JSON ({' '.join(str(error).split())[:120]})") from error


def _lines(path: Path, text: str) -> Columns:
    r"""Return one text a line; lines of fastText, ``__label__NAME text``, have labels too."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    lines = lines[:-1] if lines and not lines[-1] else lines
    if not lines or not all(line.startswith("__label__") for line in lines if line.strip()):
        return {"text": list(lines)}
    pairs = [line.removeprefix("__label__").partition(" ") for line in lines]
    return {"text": [text for _, _, text in pairs], "label": [label for label, _, _ in pairs]}


def _parquet(path: Path) -> Columns:
    table = read_columns_of(path, None)
    names = _class_names(table.schema.metadata or {})
    columns = {name: table[name].to_pylist() for name in table.column_names}
    return {name: [_named(value, names.get(name)) for value in values] for name, values in columns.items()}


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Return the names of classes that Hugging Face ``datasets`` keeps in a file's schema, by column."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
        return {name: feature["names"] for name, feature in features.items() if "names" in feature}
    except (ValueError, AttributeError, TypeError):  # somebody else's metadata under the same key
        return {}


def _named(value: Any, names: Sequence[str] | None) -> Any:
    return names[value] if names and isinstance(value, int) and 0 <= value < len(names) else value


FORMATS: dict[str, Callable[[Path, str], Columns]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".json": _json,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".txt": _lines,
    ".parquet": lambda path, _: _parquet(path),
}
