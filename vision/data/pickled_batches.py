"""CIFAR's batches as their authors publish them, read without unpickling: no code in a file can run.

A batch is a pickle of a dictionary. Unpickling would call whatever the file names; here its instructions are only
listed (``pickletools.genops``), and what is wanted is picked out of the list: one string of N x 3,072 bytes, and the
numbers behind a key up to the next key.
"""

import pickletools
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIXELS = 3 * 32 * 32
MOST_BYTES = 1 << 29
"""Largest batch that is read; CIFAR-100's training batch has 155 MB."""

MOST_CODES = 4_000_000
"""Instructions that are read; CIFAR-100's training batch has about 300,000."""

_NUMBERS = frozenset({"BININT1", "BININT2", "BININT", "INT", "LONG1"})
_TEXTS = frozenset(
    "BINSTRING SHORT_BINSTRING STRING BINUNICODE SHORT_BINUNICODE UNICODE BINBYTES SHORT_BINBYTES BINBYTES8".split()
)
_END = ("SETITEMS", "STOP")


def read_batch(path: Path, label_key: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return (N, 32, 32, 3) images and (N,) labels of a batch.

    Args:
        path: of ``data_batch_1``, ``test_batch``, ``train``, ...
        label_key: ``labels`` in CIFAR-10, ``fine_labels`` in CIFAR-100.

    Raises:
        ValueError: the file is no such batch.
    """
    listed = _listed(path)
    pixels = next((content for content in map(_bytes_of, listed) if len(content) >= PIXELS), b"")
    labels = np.array(_numbers_behind(listed, label_key), dtype=np.int64)
    if not pixels or len(pixels) % PIXELS or len(pixels) // PIXELS != len(labels):
        raise ValueError(f"{path.name} has {len(pixels)} bytes of pixels for {len(labels)} {label_key}: no CIFAR batch")
    images = np.frombuffer(pixels, np.uint8).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels


def read_names(path: Path, key: str) -> tuple[str, ...]:
    """Return the names of the classes, the texts in the list behind a key of ``batches.meta`` or ``meta``.

    Raises:
        ValueError: there are none.
    """
    names: list[str] = []
    behind = False
    for name, argument in _listed(path):
        if behind and names and name in (*_END, "APPENDS"):
            break
        if behind and name in _TEXTS:
            names.append(_text(argument))
        behind = behind or (name in _TEXTS and _text(argument) == key)
    if not names:
        raise ValueError(f"{path.name} has no {key}")
    return tuple(names)


def _listed(path: Path) -> list[tuple[str, Any]]:
    """Return the instructions of a pickle with their arguments; none is carried out."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes, more than any batch of CIFAR")
    with path.open("rb") as content:
        listed = [(code.name, argument) for code, argument, _ in islice(pickletools.genops(content), MOST_CODES)]
    if len(listed) == MOST_CODES:
        raise ValueError(f"{path.name} has {MOST_CODES:,} instructions, more than any batch of CIFAR")
    return listed


def _numbers_behind(listed: list[tuple[str, Any]], key: str) -> list[int]:
    numbers: list[int] = []
    behind = False
    for name, argument in listed:
        if behind and (name in _TEXTS or name in _END):
            break
        if behind and name in _NUMBERS:
            numbers.append(int(argument))
        behind = behind or (name in _TEXTS and _text(argument) == key)
    return numbers


def _bytes_of(instruction: tuple[str, Any]) -> bytes:
    name, argument = instruction
    if name not in _TEXTS:
        return b""
    return argument if isinstance(argument, bytes) else str(argument).encode("latin-1", "replace")


def _text(argument: Any) -> str:
    return argument.decode("latin-1") if isinstance(argument, bytes) else str(argument)
