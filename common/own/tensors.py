"""Arrays of a safetensors file, whose own reader compares the header with the file's size."""

from collections.abc import Iterator
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from common.base.arrays import as_array
from common.own.entries import Entries, Entry

_BYTES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 4, "I16": 2, "U16": 2}


def tensor_entries(path: Path) -> Entries:
    """List the tensors of a safetensors file."""
    from safetensors import safe_open

    entries: Entries = {}
    with safe_open(path, framework="numpy") as file:
        for name in file.keys():  # noqa: SIM118 - it is no mapping
            part = file.get_slice(name)
            shape, dtype = part.get_shape(), part.get_dtype()
            size = prod(shape) * _BYTES.get(dtype, 1)
            rows, pieces = (shape[0], partial(_pieces, path, name, dtype, shape[0])) if shape else (0, None)
            entries[name] = Entry(name, len(shape), size, partial(_load, path, name, dtype), "", rows, pieces)
    return entries


def _load(path: Path, name: str, dtype: str) -> NDArray[Any]:
    from safetensors import safe_open

    with safe_open(path, framework=_framework(dtype)) as file:
        return as_array(file.get_tensor(name))


def _pieces(path: Path, name: str, dtype: str, total: int, rows: int) -> Iterator[NDArray[Any]]:
    """Yield the rows of a tensor; the file is opened for each piece, so that no more of it stays mapped."""
    from safetensors import safe_open

    for start in range(0, total, rows):
        with safe_open(path, framework=_framework(dtype)) as file:
            yield as_array(file.get_slice(name)[start : min(start + rows, total)])


def _framework(dtype: str) -> str:
    return "pt" if dtype == "BF16" else "numpy"  # NumPy has no bfloat16
