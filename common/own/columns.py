"""Columns of tables as arrays; numbered columns (logit_0, logit_1, ...) are one matrix."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.own.entries import Entries, Entry
from common.own.numbered import numbered_groups, remaining

Read = Callable[[Sequence[int], bool], Any]
"""Returns the columns at these positions as an Arrow table; True: they must be numbers."""
Stream = Callable[[Sequence[int], bool, int], Iterator[Any]]
"""Yields the same in tables of at most so many rows."""


def entries_of(columns: Sequence[str], size: int, read: Read, rows: int = 0, stream: Stream | None = None) -> Entries:
    """List the columns of a table by name, and its groups of numbered columns as matrices.

    Args:
        columns: their names, in order.
        size: bytes that the whole table takes in memory.
        read: gives some of the columns.
        rows: number of rows, where they can be read in pieces.
        stream: gives some of the columns in pieces.
    """
    groups, problems = numbered_groups(columns)
    entries = {
        stem: Entry(
            stem,
            2,
            size,
            partial(matrix, read, positions),
            problems.get(stem, ""),
            rows,
            partial(_matrices, stream, positions) if stream else None,
        )
        for stem, positions in groups.items()
    }
    for position in remaining(columns, groups):
        name = columns[position].strip() or f"column {position + 1}"
        pieces = partial(_columns, stream, position) if stream else None
        entry = Entry(name, 1, size, partial(_column, read, position), rows=rows, pieces=pieces)
        entries[name] = Entry(name, problem="occurs twice; keep one of the two columns") if name in entries else entry
    return entries


def matrix(read: Read, positions: Sequence[int]) -> NDArray[Any]:
    """Return the columns at ``positions`` as (rows, columns)."""
    return _matrix_of(read(positions, True))


def _matrices(stream: Stream, positions: Sequence[int], rows: int) -> Iterator[NDArray[Any]]:
    return map(_matrix_of, stream(positions, True, rows))


def _columns(stream: Stream, position: int, rows: int) -> Iterator[NDArray[Any]]:
    return (array_of(table.column(0)) for table in stream([position], False, rows))


def _matrix_of(table: Any) -> NDArray[Any]:
    values = np.empty((table.num_rows, table.num_columns), _common_type(table))
    for place, column in enumerate(table.columns):
        values[:, place] = array_of(column)
    return values


def _common_type(table: Any) -> np.dtype[Any]:
    narrow = all(str(column.type) in ("float", "halffloat") for column in table.columns)
    return np.dtype(np.float32 if narrow else np.float64)


def _column(read: Read, position: int) -> NDArray[Any]:
    return array_of(read([position], False).column(0))


def array_of(column: Any) -> NDArray[Any]:
    """Return an Arrow column: numbers, whose missing cells are NaN; truth values; or words."""
    import pyarrow as pa

    if pa.types.is_decimal(column.type) or pa.types.is_null(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_boolean(column.type) and column.null_count:
        column = column.cast(pa.int8())
    if not (pa.types.is_primitive(column.type) and not pa.types.is_temporal(column.type)):
        return np.asarray(column.to_pylist(), dtype=np.str_)
    return np.asarray(column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy())
