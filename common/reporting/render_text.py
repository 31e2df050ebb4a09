"""Rendering of a report as Markdown, and as short plain text for a terminal."""

import re
import textwrap
from collections.abc import Iterable, Sequence

from common.reporting.document import Block, Cell, Document, Section, Table, Text

WIDTH = 100
"""Width of terminal lines."""

BRACKETS = (
    "Figures are percentages. In brackets: after AUROC its 95 % interval (for several seeds, the standard deviation);"
    " after a published figure, ours minus published; after AUPR, the base rate."
)


def markdown(document: Document, level: int = 1) -> str:
    """Return the report as Markdown, without its plots; its title is a heading of the ``level`` given."""
    parts = [f"{'#' * level} {_escaped(document.title)}", *map(_escaped, document.headline)]
    for section in document.sections:
        parts.append(f"{'#' * (level + 1)} {_escaped(section.title)}")
        parts += [f"**{_escaped(mark)}**" for mark in section.marks]
        parts += [_escaped(section.subtitle)] if section.subtitle else []
        for block in section.blocks:
            parts += _markdown_block(block, "#" * (level + 2))
    return "\n\n".join(parts) + "\n"


def _markdown_block(block: Block, heading: str) -> list[str]:
    if isinstance(block, Text):
        listed = [f"- {_escaped(point)}" for point in block.points]
        return [*([f"{heading} {_escaped(block.heading)}"] if block.heading else []), "\n".join(listed)]
    if isinstance(block, Table):
        lines = [_line(block.columns), _line(["---"] * len(block.columns))]
        lines += [_line([_marked(cell) for cell in row]) for row in block.rows]
        return [f"{heading} {_escaped(block.caption)}", "\n".join(lines), *map(_escaped, block.notes)]
    return []


def _marked(cell: Cell) -> str:
    text = f"**{_escaped(cell.text)}**" if cell.strong else _escaped(cell.text)
    return f"{text} ({_escaped(cell.note)})" if cell.note else text


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    """Return the text on one line, with the characters that have a meaning in Markdown or HTML escaped."""
    return re.sub(r"([\\`*|\[\]<>])", r"\\\1", " ".join(text.split()))


def terminal(document: Document) -> str:
    """Return the short report: lines of at most ``WIDTH`` columns, without control characters."""
    lines = [document.title, "=" * len(document.title), *_wrapped([*document.headline, BRACKETS])]
    for section in document.sections:
        shown = [line for block in section.blocks for line in _terminal_block(block)]
        if shown:
            lines += ["", *_heading(section), *shown]
    return "\n".join(_clean(line) for line in lines) + "\n"


def _clean(line: str) -> str:
    return "".join(character if character.isprintable() else " " for character in line).rstrip()


def _heading(section: Section) -> list[str]:
    return [section.title, "-" * len(section.title), *_wrapped(f"!! {mark}" for mark in section.marks)]


def _wrapped(points: Iterable[str], indent: str = "") -> list[str]:
    return [line for point in points for line in textwrap.wrap(point, WIDTH, subsequent_indent=indent)]


def _terminal_block(block: Block) -> list[str]:
    if isinstance(block, Text) and block.brief:
        return [*(["", f"{block.heading}:"] if block.heading else []), *_wrapped(block.points, indent="  ")]
    if isinstance(block, Table) and block.brief is not None:
        columns = [block.columns[at] for at in block.brief]
        rows = [[_plain(row[at]) for at in block.brief] for row in block.rows]
        return ["", *_wrapped([block.caption]), *_grid(columns, rows)]
    return []


def _plain(cell: Cell) -> str:
    note = cell.short_note or cell.note
    return f"{cell.text} ({note})" if note and cell.text else cell.text


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as lines; long headings are wrapped and long names truncated to fit the terminal."""
    widths = [
        max(*map(len, [*column, *name.split()]), min(len(name), 8))
        for name, *column in zip(columns, *rows, strict=True)
    ]
    while sum(widths) + 2 * (len(widths) - 1) > WIDTH and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    headings = [textwrap.wrap(name, width) for name, width in zip(columns, widths, strict=True)]
    height = max(map(len, headings))
    head = [[*[""] * (height - len(words)), *words] for words in headings]
    lines = [_padded(line, widths) for line in zip(*head, strict=True)]
    return [*lines, "-" * len(_padded(["x" * width for width in widths], widths)), *(_padded(r, widths) for r in rows)]


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_cut(cell, width).ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
