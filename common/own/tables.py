"""Columns of CSV, TSV and Parquet files as arrays; numbered columns (logit_0, logit_1, ...) are one matrix."""

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.display import shown
from common.base.errors import UserError
from common.own.entries import Entries, Entry
from common.own.numbered import numbered_groups, remaining

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
        return {"logits": Entry("logits", 2, size, partial(_matrix, read, range(len(cells))))}
    return _entries(cells, size, read)


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


def _entries(columns: Sequence[str], size: int, read: Any) -> Entries:
    groups, problems = numbered_groups(columns)
    entries = {
        stem: Entry(stem, 2, size, partial(_matrix, read, positions), problems.get(stem, ""))
        for stem, positions in groups.items()
    }
    for position in remaining(columns, groups):
        name = columns[position].strip() or f"column {position + 1}"
        entry = Entry(name, 1, size, partial(_column, read, position))
        entries[name] = Entry(name, problem="occurs twice; keep one of the two columns") if name in entries else entry
    return entries


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


def _matrix(read: Any, positions: Sequence[int]) -> NDArray[Any]:
    table = read(positions, True)
    values = np.empty((table.num_rows, table.num_columns), _common_type(table))
    for place, column in enumerate(table.columns):
        values[:, place] = _numpy(column)
    return values


def _common_type(table: Any) -> np.dtype[Any]:
    narrow = all(str(column.type) in ("float", "halffloat") for column in table.columns)
    return np.dtype(np.float32 if narrow else np.float64)


def _column(read: Any, position: int) -> NDArray[Any]:
    return _numpy(read([position], False).column(0))


def _numpy(column: Any) -> NDArray[Any]:
    """Return an Arrow column: numbers, whose missing cells are NaN; truth values; or words."""
    import pyarrow as pa

    if pa.types.is_decimal(column.type) or pa.types.is_null(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_boolean(column.type) and column.null_count:
        column = column.cast(pa.int8())
    if not (pa.types.is_primitive(column.type) and not pa.types.is_temporal(column.type)):
        return np.asarray(column.to_pylist(), dtype=np.str_)
    return np.asarray(column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy())


def parquet_entries(path: Path) -> Entries:
    """List the columns of a Parquet file; a column of lists of numbers is a matrix, too."""
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    schema, size = file.schema_arrow, _announced(file.metadata)
    columns = [name for name in schema.names if not _is_list(schema.field(name))]
    entries = _entries(columns, size, partial(_read_parquet, path, columns))
    for name in schema.names:
        if _is_list(schema.field(name)):
            entries[name] = Entry(name, 2, size, partial(_lists, path, name))
    return entries


def _is_list(field: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(field.type) or types.is_large_list(field.type) or types.is_fixed_size_list(field.type))


def _announced(metadata: Any) -> int:
    """Return the bytes that the file announces: of its pages, or of one number of 8 bytes a row and column if more.

    PyArrow's view of a single column chunk is not asked: on some damaged files it ends the process instead of raising.
    """
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    return sum(max(group.total_byte_size, 8 * group.num_rows * metadata.num_columns) for group in groups)


def _read_parquet(path: Path, columns: Sequence[str], positions: Sequence[int], numbers: bool) -> Any:
    from pyarrow import parquet

    chosen = [columns[position] for position in positions]
    table = parquet.ParquetFile(path).read(columns=chosen, use_threads=False)
    words = [name for name in chosen if not _is_number_type(table.schema.field(name).type)]
    if numbers and words:
        raise ValueError(f"column {words[0]!r} holds {table.schema.field(words[0]).type}, not numbers")
    return table.select(chosen)


def _is_number_type(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind))


def _lists(path: Path, name: str) -> NDArray[Any]:
    from pyarrow import compute, parquet

    column = parquet.ParquetFile(path).read(columns=[name], use_threads=False).column(0).combine_chunks()
    lengths = compute.unique(compute.list_value_length(column)).to_pylist()
    if len(lengths) != 1 or not lengths[0]:
        raise ValueError(f"column {name!r} holds lists of {len(lengths)} different lengths; all rows need the same")
    values = compute.list_flatten(column)
    if not _is_number_type(values.type):
        raise ValueError(f"column {name!r} holds lists of {values.type}, not of numbers")
    return _numpy(values).reshape(len(column), lengths[0])
