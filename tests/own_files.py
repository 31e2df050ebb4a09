"""Files of an imaginary model, in every format that `common.evaluate` reads; and damage done to them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet
from safetensors.numpy import save_file

Arrays = dict[str, NDArray[Any]]


def model(rows: int = 60, classes: int = 4, seed: int = 0) -> Arrays:
    """Logits of a model that is right in about four of five rows, and labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (rows, classes))
    labels = logits.argmax(1)
    wrong = rng.random(rows) < 0.2
    labels[wrong] = (labels[wrong] + 1) % classes
    return {"logits": logits, "labels": labels}


def numbered(arrays: Arrays) -> pa.Table:
    columns = {f"logit_{place}": column for place, column in enumerate(arrays["logits"].T)}
    return pa.table({**columns, "label": arrays["labels"]})


def write_text(path: Path, arrays: Arrays, separator: str) -> None:
    table = numbered(arrays)
    lines = [separator.join(table.column_names)]
    lines += [separator.join(map(repr, row.values())) for row in table.to_pylist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_lists(path: Path, arrays: Arrays) -> None:
    parquet.write_table(pa.table({"logits": list(arrays["logits"]), "label": arrays["labels"]}), path)


WRITERS: dict[str, Callable[[Path, Arrays], object]] = {
    "file.npz": lambda path, arrays: np.savez(path, **arrays),
    "packed.npz": lambda path, arrays: np.savez_compressed(path, **arrays),
    "file.npy": lambda path, arrays: np.save(path, arrays["logits"]),
    "file.csv": lambda path, arrays: write_text(path, arrays, ","),
    "file.tsv": lambda path, arrays: write_text(path, arrays, "\t"),
    "file.parquet": lambda path, arrays: parquet.write_table(numbered(arrays), path),
    "lists.parquet": write_lists,
    "file.safetensors": lambda path, arrays: save_file(arrays, path),
}


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Return the content with one kind of damage: bytes changed, cut, repeated, inserted, or set to extremes."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(0, len(data) or 1))
        if rng.random() < 0.5:  # where headers are: at the beginning and at the end
            at = min(at % 256, len(data) - 1) if rng.random() < 0.5 else max(0, len(data) - 1 - at % 256)
        kind = int(rng.integers(0, 6))
        if kind == 0:
            data[at : at + 1] = bytes([int(rng.integers(0, 256))])
        elif kind == 1:
            data[at : at + 1] = bytes([data[at] ^ (1 << int(rng.integers(0, 8)))]) if data else b""
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            data[at : at + 8] = rng.choice([b"\xff" * 8, b"\0" * 8, b"\x7f" + b"\xff" * 7, b"9" * 8])
        elif kind == 4:
            data[at:at] = data[at : at + int(rng.integers(1, 64))]
        else:
            del data[at : at + int(rng.integers(1, 16))]
    return bytes(data)
