"""A plot of dots, one line a subject, as wide as the page: positions are percentages, and letters keep their size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from common.base.display import shown
from common.reporting.chart import FAINT, TEXT, Axis

ROW, LEGEND_LINE = 40, 20
EDGE = 3.0
"""Percent of the width that are free on each side, where half a dot may lie."""


@dataclass(frozen=True)
class Mark:
    """One kind of mark: its name in the legend, CSS colour and shape; a ``span`` lies between two values."""

    label: str
    colour: str
    shape: Literal["dot", "large dot", "diamond", "bar", "span"] = "dot"


Row = Sequence[tuple[Mark, Sequence[float]]]
"""The marks of one line, in the order in which they are drawn, each with its values."""


def dot_plot(title: str, rows: Mapping[str, Row], axis: Axis) -> str:
    """Return the plot as SVG whose accessible name is ``title``; ``rows`` are by name, from the top."""
    marks = [mark for mark in dict.fromkeys(mark for row in rows.values() for mark, _ in row) if mark.label]
    top = LEGEND_LINE * -(-len(marks) // 2) + 8
    bottom = top + ROW * len(rows)
    parts = [*_legend(marks), *_grid(axis, top, bottom)]
    for number, (name, row) in enumerate(rows.items()):
        middle = top + ROW * number + 28
        parts.append(f'<text x="0" y="{middle - 13}" fill="{TEXT}">{escape(shown(name))}</text>')
        parts.append(f'<line x1="0" x2="100%" y1="{middle}" y2="{middle}" stroke="{FAINT}"/>')
        parts += [sign for mark, values in row for sign in _signs(mark, [_across(axis, one) for one in values], middle)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(shown(title))}" width="100%"'
        f' height="{bottom + 40}" font-size="11" fill="{TEXT}">{"".join(parts)}</svg>'
    )


def _across(axis: Axis, value: float) -> str:
    part = (value - axis.low) / (axis.high - axis.low)
    return f"{EDGE + (100 - 2 * EDGE) * part:.2f}%"


def _grid(axis: Axis, top: int, bottom: int) -> Iterator[str]:
    for value, text in axis.ticks:
        at = _across(axis, value)
        yield f'<line x1="{at}" x2="{at}" y1="{top}" y2="{bottom}" stroke="{FAINT}"/>'
        yield f'<text x="{at}" y="{bottom + 16}" text-anchor="middle">{escape(text)}</text>'
    yield f'<text x="50%" y="{bottom + 34}" text-anchor="middle">{escape(axis.label)}</text>'


def _legend(marks: Sequence[Mark]) -> Iterator[str]:
    for number, mark in enumerate(marks):
        left, middle = 50 * (number % 2), LEGEND_LINE * (number // 2) + 10
        places = ["0", "16"] if mark.shape == "span" else ["8"]
        yield f'<svg x="{left}%" overflow="visible">{"".join(_signs(mark, places, middle))}'
        yield f'<text x="20" y="{middle}" dy=".35em">{escape(shown(mark.label, 40))}</text></svg>'


def _signs(mark: Mark, across: Sequence[str], middle: int) -> list[str]:
    if mark.shape == "span":
        return [_span(mark, across[0], across[-1], middle)]
    return [_mark(mark, one, middle) for one in across]


def _span(mark: Mark, low: str, high: str, middle: int) -> str:
    ends = f'x1="{low}" x2="{high}" y1="{middle}" y2="{middle}"'
    return f'<line {ends} stroke="{mark.colour}" stroke-width="6" opacity=".35"/>'


def _mark(mark: Mark, across: str, middle: int) -> str:
    if mark.shape in ("dot", "large dot"):
        radius, opacity = (4.2, ".65") if mark.shape == "dot" else (5.6, "1")
        return f'<circle cx="{across}" cy="{middle}" r="{radius}" fill="{mark.colour}" opacity="{opacity}"/>'
    path = "M0-6L6 0L0 6L-6 0Z" if mark.shape == "diamond" else "M0-9V9"
    drawn = f'<path d="{path}" fill="none" stroke="{mark.colour}" stroke-width="1.6"/>'
    return f'<svg x="{across}" y="{middle}" overflow="visible">{drawn}</svg>'
