"""What a file of arrays holds, told before any of it is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Entry:
    """One named array of a file.

    Attributes:
        name: as the file spells it; for numbered columns of a table, what stands before the numbers.
        axes: number of axes.
        bytes: memory that it takes, as the file announces.
        load: reads it.
        problem: why it cannot be read; empty if it can.
        rows: length of the first axis, where it can be read in pieces.
        pieces: reads it in pieces of at most so many rows, in order; None where the format has no such way.
    """

    name: str
    axes: int = 0
    bytes: int = 0
    load: Callable[[], NDArray[Any]] | None = None
    problem: str = ""
    rows: int = 0
    pieces: Callable[[int], Iterator[NDArray[Any]]] | None = None


Entries = dict[str, Entry]


def problem_of(entry: Entry) -> str:
    """Return a sentence on an entry that cannot be read."""
    return f"its array {entry.name!r} {entry.problem}"
