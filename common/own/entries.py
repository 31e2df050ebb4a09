"""What a file of arrays holds, told before any of it is read."""

from collections.abc import Callable
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
    """

    name: str
    axes: int = 0
    bytes: int = 0
    load: Callable[[], NDArray[Any]] | None = None
    problem: str = ""


Entries = dict[str, Entry]


def problem_of(entry: Entry) -> str:
    """Return a sentence on an entry that cannot be read."""
    return f"its array {entry.name!r} {entry.problem}"
