"""Columns of CSV and TSV files as arrays."""

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from common.base.display import shown
from common.base.errors import UserError
from common.own.columns import entries_of, matrix
from common.own.entries import Entries, Entry

LONGEST_LINE = 2**24
"""Bytes of the first line that are looked at."""
BYTES_PER_CHARACTER = 8
"""Memory of a table of numbers by the characters of its file: a cell is two characters at least, a number 8 bytes."""


def csv_entries(path: Path) -> Entries:
    """List the columns of a file of separated values, with or without a line of names.

    Without one, all columns are ``logits``.

    Raises:
        UserError: the file is no text in UTF-8, or its first line is not one of a table.
    """
    line = _first_line(path)
    delimiter = _delimiter(line, path.suffix.lower())
    cells = next(csv.reader([line.removeprefix("# ")], delimiter=delimiter), [])  # numpy.savetxt marks names so
    named = not _is_numbers(line, delimiter)
    if not cells or (named and len(cells) == 1 and not cells[0].strip()):
        raise UserError(f"{shown(path)} is empty, or its first line is; write a line of column names, then the rows")
    read = partial(_read_csv, path, delimiter, named, len(cells))
    size = BYTES_PER_CHARACTER * path.stat().st_size
    if not named:
        return {"logits": Entry("logits", 2, size, partial(matrix, read, range(len(cells))))}
    return entries_of(cells, size, read)


def _delimiter(line: str, suffix: str) -> str:
    """Return what separates the cells: a tab, a semicolon, a comma, or one space between numbers (numpy.savetxt)."""
    if suffix in (".tsv", ".tab") or "\t" in line:
        return "\t"
    if ";" in line and not _is_numbers(line, ","):
        return ";"
    return " " if "," not in line and " " in line.strip() and _is_numbers(line, " ") else ","


def _first_line(path: Path) -> str:
    with path.open("rb") as stream:
        first = stream.readline(LONGEST_LINE)
    if first.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in first:
        raise UserError(
            f"{shown(path)} is none of .npz, .npy, .csv, .tsv, .parquet, .safetensors; text must be UTF-8 (not UTF-16)"
        )
    try:
        return first.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{shown(path)} is not text in UTF-8 (byte {error.start}); save it as UTF-8") from error


def _is_numbers(line: str, delimiter: str) -> bool:
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return bool(cells) and all(_is_number(cell) for cell in cells)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _read_csv(path: Path, delimiter: str, named: bool, count: int, positions: Sequence[int], numbers: bool) -> Any:
    """Return the columns at ``positions`` as an Arrow table; ``numbers``: as float64."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [str(position) for position in range(count)]
    chosen = [names[position] for position in positions]
    return arrow_csv.read_csv(
        path,
        read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=int(named), use_threads=False),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=chosen,
            column_types=dict.fromkeys(chosen, pa.float64()) if numbers else None,
            decimal_point="," if delimiter == ";" and _has_decimal_comma(path) else ".",
        ),
    )


def _has_decimal_comma(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.readline(LONGEST_LINE)
        return b"," in stream.readline(LONGEST_LINE)
