"""Reading of Parquet tables: what a file announces is checked before memory is taken."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.base.border import MemoryLimit

WHOLE_NUMBER = 8
"""Bytes of a value at least: encodings that repeat a value can announce a billion rows in a few bytes."""


def read_columns_of(path: Path, columns: Sequence[str] | None, where: Any = None) -> Any:
    """Read columns of a Parquet file as an Arrow table.

    Args:
        path: of the file.
        columns: their names; None: all that are neither lists, structures nor bytes.
        where: a pyarrow expression that chooses rows, or None for all.

    Raises:
        ValueError: a column is missing.
        UserError: the file announces more memory than it may take.
    """
    from pyarrow import parquet

    limit = MemoryLimit()
    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        chosen = _plain(schema) if columns is None else list(columns)
        missing = [name for name in chosen if name not in schema.names]
        if missing:
            raise ValueError(f"no column {missing[0]!r}; it has {', '.join(schema.names)}")
        limit.check(path, announced(file.metadata, len(chosen)), f"columns {', '.join(chosen)}")
    with limit.held(path):
        return _spelled_out(parquet.read_table(path, columns=chosen, filters=where, use_threads=False))


def _spelled_out(table: Any) -> Any:
    """Return the table without dictionaries, of which a few bytes stand for any number of long values.

    Raises:
        ValueError: a dictionary lies inside a list or a structure.
    """
    from pyarrow import types

    for place, field in enumerate(table.schema):
        if types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[field.name].cast(field.type.value_type))
        elif "dictionary<" in str(field.type):
            raise ValueError(f"column {field.name!r} has a dictionary inside its values; write it without")
    return table


def announced(metadata: Any, columns: int) -> int:
    """Return the bytes that a file announces: of its pages, or of one number a row and column if that is more.

    PyArrow's view of a single column chunk is not asked: on some damaged files it ends the process instead of raising.
    """
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    return sum(max(group.total_byte_size, WHOLE_NUMBER * group.num_rows * columns) for group in groups)


def _plain(schema: Any) -> list[str]:
    from pyarrow import types

    return [field.name for field in schema if not types.is_nested(field.type) and not types.is_binary(field.type)]
