"""Rendering of a report as Markdown, and as short plain text for a terminal."""

import re
import textwrap
from collections.abc import Iterable

from common.base.display import printable, shown
from common.reporting.document import Block, Cell, Document, Gallery, Section, Table, Text
from common.reporting.text_grid import grid

WIDTH = 100
"""Width of lines where there is no terminal."""

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
    if isinstance(block, Gallery):
        return _markdown_block(block.table, heading)
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
    return re.sub(r"([\\`*|\[\]<>])", r"\\\1", printable(" ".join(text.split())))


def terminal(document: Document, width: int = WIDTH, full: bool = True) -> str:
    """Return the short report: lines of at most ``width`` columns, without control characters; the summary comes last.

    Names are never cut, so a name that is longer than a line is a longer line.

    Args:
        document: the report.
        width: columns of the terminal.
        full: whether the sections of all tasks are shown; a single task's always is.
    """
    lines = [document.title, "=" * len(document.title)]
    tasks = document.tasks if full or len(document.tasks) == 1 else ()
    for section in (*tasks, *document.closing):
        lines += _terminal_section(section, width)
    lines += ["", *_wrapped([*document.headline, BRACKETS], width)]
    for section in document.summary:
        lines += _terminal_section(section, width)
    return "\n".join(_clean(line) for line in lines) + "\n"


def _terminal_section(section: Section, width: int) -> list[str]:
    lines = [line for block in section.blocks for line in _terminal_block(block, width)]
    return ["", *_heading(section, width), *lines] if lines else []


def _clean(line: str) -> str:
    return printable(line.replace("\t", " ").replace("\N{NO-BREAK SPACE}", " ")).rstrip()


def _heading(section: Section, width: int) -> list[str]:
    return [section.title, "-" * len(section.title), *_wrapped((f"!! {mark}" for mark in section.marks), width)]


def _wrapped(points: Iterable[str], width: int, indent: str = "") -> list[str]:
    return [
        line
        for point in points
        for line in textwrap.wrap(
            printable(point.replace("\N{NO-BREAK SPACE}", " ")),
            width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _terminal_block(block: Block, width: int) -> list[str]:
    if isinstance(block, Text) and block.brief:
        return [*(["", f"{block.heading}:"] if block.heading else []), *_wrapped(block.points, width, indent="  ")]
    if isinstance(block, Table) and block.brief is not None:
        columns = [block.columns[at] for at in block.brief]
        rows = [[_shown(row[at]) for at in block.brief] for row in block.rows]
        return ["", *_wrapped([block.caption], width), *grid(columns, rows, width)]
    return _terminal_block(block.table, width) if isinstance(block, Gallery) else []


def _shown(cell: Cell) -> tuple[str, str]:
    return _clean(shown(cell.text, WIDTH)), _clean(cell.short_note or cell.note)
