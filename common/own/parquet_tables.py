"""Columns of Parquet files as arrays, whole or in pieces; a column of lists of numbers is a matrix, too."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from common.data.parquet import announced
from common.own.columns import array_of, entries_of
from common.own.entries import Entries, Entry

BUFFER = 2**20
"""Bytes of a column that are read at once where a file is read in pieces."""


def parquet_entries(path: Path) -> Entries:
    """List the columns of a Parquet file; a column of lists of numbers is a matrix, too."""
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    schema, size = file.schema_arrow, announced(file.metadata, file.metadata.num_columns)
    columns = [name for name in schema.names if not _is_list(schema.field(name))]
    rows = file.metadata.num_rows
    entries = entries_of(columns, size, partial(_read, path, columns), rows, partial(_stream, path, columns))
    for name in schema.names:
        if _is_list(schema.field(name)):
            pieces = partial(_lists_in_pieces, path, name)
            entries[name] = Entry(name, 2, size, partial(_lists, path, name), rows=rows, pieces=pieces)
    return entries


def _is_list(field: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(field.type) or types.is_large_list(field.type) or types.is_fixed_size_list(field.type))


def _read(path: Path, columns: Sequence[str], positions: Sequence[int], numbers: bool) -> Any:
    from pyarrow import parquet

    chosen = [columns[position] for position in positions]
    table = parquet.ParquetFile(path).read(columns=chosen, use_threads=False)
    return _checked(table, chosen, numbers)


def _stream(path: Path, columns: Sequence[str], positions: Sequence[int], numbers: bool, rows: int) -> Iterator[Any]:
    chosen = [columns[position] for position in positions]
    for table in _tables(path, chosen, rows):
        yield _checked(table, chosen, numbers)


def _tables(path: Path, columns: Sequence[str], rows: int) -> Iterator[Any]:
    """Yield some of the columns in tables of at most so many rows."""
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False) as file:  # else it holds all of it
        for batch in file.iter_batches(batch_size=rows, columns=list(columns), use_threads=False):
            yield pa.Table.from_batches([batch])


def _checked(table: Any, chosen: Sequence[str], numbers: bool) -> Any:
    """Return the columns in the wanted order; a ``ValueError`` names one that holds no numbers."""
    words = [name for name in chosen if not _is_number_type(table.schema.field(name).type)]
    if numbers and words:
        raise ValueError(f"column {words[0]!r} holds {table.schema.field(words[0]).type}, not numbers")
    return table.select(chosen)


def _is_number_type(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind))


def _lists(path: Path, name: str) -> NDArray[Any]:
    from pyarrow import parquet

    return _matrix_of_lists(parquet.ParquetFile(path).read(columns=[name], use_threads=False), name)


def _lists_in_pieces(path: Path, name: str, rows: int) -> Iterator[NDArray[Any]]:
    return (_matrix_of_lists(table, name) for table in _tables(path, [name], rows))


def _matrix_of_lists(table: Any, name: str) -> NDArray[Any]:
    from pyarrow import compute

    column = table.column(0).combine_chunks()
    lengths = compute.unique(compute.list_value_length(column)).to_pylist()
    if len(lengths) != 1 or not lengths[0]:
        raise ValueError(f"column {name!r} holds lists of {len(lengths)} different lengths; all rows need the same")
    values = compute.list_flatten(column)
    if not _is_number_type(values.type):
        raise ValueError(f"column {name!r} holds lists of {values.type}, not of numbers")
    return array_of(values).reshape(len(column), lengths[0])
