"""A table as plain lines that fit a terminal: figures lose their notes and columns move below before a name is cut."""

import textwrap
from collections.abc import Sequence

GAP = 2


def grid(columns: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]], width: int) -> list[str]:
    """Return a table as lines of at most ``width`` columns, its first column being the names of the rows.

    Headings wrap. Where that is not enough, notes are left out, from the last column on; where that is not enough
    either, the columns that are too many follow below in a table with the same names. A single column that is wider
    than the terminal stays whole.

    Args:
        columns: headings.
        rows: a cell for each column: its text, and a note that is shown in brackets.
        width: of the terminal.
    """
    noted = [True] * len(columns)
    for place in reversed(range(len(columns))):
        if _total(_widths(columns, rows, noted)) <= width:
            break
        noted[place] = False
    widths = _widths(columns, rows, noted)
    lines: list[str] = []
    for part in _parts(widths, width):
        lines += [""] * bool(lines)
        lines += _lines([columns[at] for at in part], [[_cell(row[at], noted[at]) for at in part] for row in rows])
    return lines


def _cell(cell: tuple[str, str], noted: bool) -> str:
    text, note = cell
    return f"{text} ({note})" if noted and note and text else text


def _widths(columns: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]], noted: Sequence[bool]) -> list[int]:
    """Return the least width of each column: of its longest cell and of the longest word of its heading."""
    cells = [[_cell(row[at], noted[at]) for row in rows] for at in range(len(columns))]
    return [
        max([*map(len, texts), *map(len, name.split()), min(len(name), 8)])
        for name, texts in zip(columns, cells, strict=True)
    ]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _parts(widths: Sequence[int], width: int) -> list[list[int]]:
    """Return the columns of each table below the other: the first column, and as many others as fit."""
    parts = [[0]]
    for at in range(1, len(widths)):
        if len(parts[-1]) > 1 and _total([widths[one] for one in [*parts[-1], at]]) > width:
            parts.append([0])
        parts[-1].append(at)
    return parts


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    plain = [[(cell, "") for cell in row] for row in rows]
    widths = _widths(columns, plain, [False] * len(columns))
    headings = [textwrap.wrap(name, width) for name, width in zip(columns, widths, strict=True)]
    height = max(map(len, headings))
    head = [[*[""] * (height - len(words)), *words] for words in headings]
    return [
        *(_padded(line, widths) for line in zip(*head, strict=True)),
        "-" * _total(widths),
        *(_padded(row, widths) for row in rows),
    ]


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (" " * GAP).join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
