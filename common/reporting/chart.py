"""A chart of lines as SVG, written directly.

It has no ids, a few kilobytes, the page's font and colours, and takes a millisecond, so a report of many tasks draws a
hundred. On a narrow screen it keeps the size of its text, as it is no wider than a phone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.display import shown

WIDTH, LEFT, RIGHT, TOP = 330, 46, 12, 28
LEGEND_LINE = 16
WITHIN = 0.25
"""Pixels by which a line may pass a point that is left out: a seventh of its width."""

LONGEST = 40
"""Characters of a name in the legend; two columns take half of it."""

TEXT, FAINT = "currentColor", "var(--line)"


@dataclass(frozen=True)
class Axis:
    """An axis: its label, its range, and position and text of its ticks."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Line:
    """A line through points.

    Attributes:
        x, y: coordinates of the points.
        colour: CSS colour.
        label: in the legend; "" for none.
        dash: lengths of dashes and gaps; "" for a solid line.
        width: in pixels; 0 for dots without a line.
        area: whether the area between the line and the lower axis is filled.
        dots: whether each point is marked.
    """

    x: Sequence[float] | NDArray[Any]
    y: Sequence[float] | NDArray[Any]
    colour: str
    label: str = ""
    dash: str = ""
    width: float = 1.8
    area: bool = False
    dots: bool = False


def percent_axis(label: str, high: float = 100.0) -> Axis:
    """Return an axis from 0 to ``high`` percent with five or so round ticks.

    >>> percent_axis("x", 7).ticks
    ((0.0, '0'), (2.0, '2'), (4.0, '4'), (6.0, '6'))
    """
    step = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if high / step <= 5 or step == 20)
    ticks = [step * number for number in range(int(high / step + 1e-9) + 1)]
    return Axis(label, 0.0, high, tuple((float(tick), f"{tick:g}") for tick in ticks))


def ranged_axis(label: str, values: Iterable[float], lowest: float | None = None, highest: float | None = None) -> Axis:
    """Return an axis around values, with round ticks; ``lowest`` and ``highest`` fix its ends.

    >>> ranged_axis("x", [61.5, 88.0], highest=100).ticks
    ((60.0, '60'), (70.0, '70'), (80.0, '80'), (90.0, '90'), (100.0, '100'))
    """
    known = list(values) or [0.0]
    low = min(known) if lowest is None else lowest
    high = max(known) if highest is None else highest
    span = high - low or 1.0
    size = 10.0 ** floor(log10(span / 2))
    step = next(size * factor for factor in (0.5, 1, 2, 5, 10, 20) if span / (size * factor) <= 5)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple((step * number, f"{step * number:g}") for number in range(first, max(last, first + 1) + 1))
    return Axis(label, ticks[0][0], ticks[-1][0], ticks)


def chart(title: str, x: Axis, y: Axis, lines: Sequence[Line], described: str = "", height: int = 200) -> str:
    """Return a chart as SVG.

    Args:
        title: stands above the chart.
        x: horizontal axis.
        y: vertical axis.
        lines: the first lies below the others.
        described: what a blind reader is told besides the title.
        height: of the plotted area in pixels.
    """
    frame = _Frame(x, y, height)
    legend, legend_height = _legend([line for line in lines if line.label], top=TOP + height + 40)
    total = TOP + height + 40 + legend_height
    heading = f'<text x="{LEFT}" y="14" font-weight="600" font-size="12">{escape(title)}</text>'
    spoken = f"{title}: {described}" if described else title
    parts = [heading, *frame.axes(), *(part for line in lines for part in frame.line(line)), *legend]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(shown(spoken))}" width="{WIDTH}"'
        f' height="{total}" viewBox="0 0 {WIDTH} {total}" font-size="11" fill="{TEXT}">{"".join(parts)}</svg>'
    )


@dataclass(frozen=True)
class _Frame:
    """The plotted area, which maps values to pixels."""

    x: Axis
    y: Axis
    height: int

    def across(self, value: float) -> float:
        part = (value - self.x.low) / (self.x.high - self.x.low)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def down(self, value: float) -> float:
        return TOP + self.height - (value - self.y.low) / (self.y.high - self.y.low) * self.height

    def axes(self) -> Iterator[str]:
        bottom, middle = TOP + self.height, TOP + self.height / 2
        across = [(round(self.across(value), 1), text) for value, text in self.x.ticks]
        down = [(round(self.down(value), 1), text) for value, text in self.y.ticks]
        grid = [f"M{at:g} {TOP}v{self.height}" for at, _ in across]
        grid += [f"M{LEFT} {at:g}h{WIDTH - RIGHT - LEFT}" for at, _ in down]
        yield f'<path d="{"".join(grid)}" stroke="{FAINT}"/>'
        numbers = "".join(f'<tspan x="{at:g}">{escape(text)}</tspan>' for at, text in across)
        yield f'<text y="{bottom + 15}" text-anchor="middle">{numbers}</text>'
        numbers = "".join(f'<tspan x="{LEFT - 6}" y="{at + 4:g}">{escape(text)}</tspan>' for at, text in down)
        yield f'<text text-anchor="end">{numbers}</text>'
        centre = (LEFT + WIDTH - RIGHT) / 2
        yield f'<text x="{centre}" y="{bottom + 32}" text-anchor="middle">{escape(self.x.label)}</text>'
        turned = f'transform="translate(12 {middle})rotate(-90)"'
        yield f'<text {turned} text-anchor="middle">{escape(self.y.label)}</text>'

    def line(self, line: Line) -> Iterator[str]:
        points = np.array([self.across(x) + 1j * self.down(y) for x, y in zip(line.x, line.y, strict=True)])
        path = _path(thinned(points) if line.width else points)
        if line.area and path:
            bottom = TOP + self.height
            yield f'<path d="{path}V{bottom}H{points[0].real:.1f}Z" fill="{line.colour}" opacity=".18"/>'
        if line.width:
            yield f'<path d="{path}" fill="none" {_stroke(line)} stroke-linejoin="round"/>'
        if line.dots:
            dots = "".join(f"M{_tenth(round(10 * one.real))} {_tenth(round(10 * one.imag))}h.01" for one in points)
            yield f'<path d="{dots}" stroke="{line.colour}" stroke-width="5.2" stroke-linecap="round"/>'


def thinned(points: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return those points of a line, x + iy, that it needs: no other lies farther than ``WITHIN`` from the new line.

    Source: Ramer, Computer Graphics and Image Processing 1 (1972); Douglas & Peucker, Cartographica 10 (1973).
    """
    kept = {0, max(len(points) - 1, 0)}
    parts = [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        chord, inner = points[last] - points[first], points[first + 1 : last] - points[first]
        along = np.clip((inner * chord.conjugate()).real / (abs(chord) ** 2 or 1.0), 0, 1)
        away = abs(inner - along * chord)
        farthest = int(away.argmax())
        if away[farthest] > WITHIN:
            middle = first + 1 + farthest
            kept.add(middle)
            parts += [(first, middle), (middle, last)]
    return points[sorted(kept)] if len(points) else points


def _path(points: NDArray[np.complex128]) -> str:
    """Return a path in tenths of a pixel, each step from the point before it."""
    tenths = [(round(10 * one.real), round(10 * one.imag)) for one in points]
    path = "".join(f"M{_tenth(x)} {_tenth(y)}" for x, y in tenths[:1])
    for (x, y), (to_x, to_y) in pairwise(tenths):
        across, down = _tenth(to_x - x), _tenth(to_y - y)
        if across == "0":
            path += f"v{down}" * (down != "0")
        else:
            path += f"h{across}" if down == "0" else f"l{across}{'' if down[0] == '-' else ' '}{down}"
    return path


def _tenth(number: int) -> str:
    """Return a tenth of a whole number, as short as SVG allows.

    >>> [_tenth(number) for number in (1003, 20, 5, 0, -5, -12)]
    ['100.3', '2', '.5', '0', '-.5', '-1.2']
    """
    text = f"{number / 10:g}"
    return text.replace("0.", ".", 1) if abs(number) < 10 else text


def _stroke(line: Line) -> str:
    dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
    return f'stroke="{line.colour}" stroke-width="{line.width}"{dash}'


def _legend(lines: Sequence[Line], top: float) -> tuple[list[str], int]:
    """Return the legend and its height: one name a row, or two where all are short."""
    columns = 2 if lines and max(len(line.label) for line in lines) <= LONGEST // 2 else 1
    parts = []
    for number, line in enumerate(lines):
        left = LEFT + (WIDTH - LEFT) / columns * (number % columns)
        middle = top + LEGEND_LINE * (number // columns) + 8
        stroke = f'<path d="M{left:g} {middle:g}h20" {_stroke(line)}/>'
        parts.append(
            stroke if line.width else f'<circle cx="{left + 10:g}" cy="{middle:g}" r="2.6" fill="{line.colour}"/>'
        )
        name = escape(shown(line.label, LONGEST // columns))
        parts.append(f'<text x="{left + 26:g}" y="{middle:g}" dy=".35em">{name}</text>')
    return parts, LEGEND_LINE * -(-len(lines) // columns)
