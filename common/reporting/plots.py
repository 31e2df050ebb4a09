"""Plots of the report, as SVG that takes its colours from the HTML page.

Matplotlib draws with placeholder colours, which are replaced by CSS variables and the page's text colour, so the same
drawing works on light and dark pages. Text stays text. The same points give the same bytes.
"""

import re
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT, GRID, RIGHT, WRONG, OOD = "#010101", "#020202", "#030303", "#040404", "#050505"
SETS = tuple(f"#06060{digit}" for digit in range(8))
"""Colours of OOD sets; with more sets they repeat with other dash patterns."""

_VARIABLES = {
    TEXT: "currentColor",
    GRID: "var(--line)",
    RIGHT: "var(--right)",
    WRONG: "var(--wrong)",
    OOD: "var(--ood)",
}
_VARIABLES |= {colour: f"var(--set{number})" for number, colour in enumerate(SETS)}
_DASHES = ("-", "--", ":", "-.")
_PLAIN: dict[str, Any] = {"linestyle": "none", "clip_on": False}
_HOLLOW = _PLAIN | {"marker": "D", "markerfacecolor": "none", "markersize": 8, "zorder": 4}
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 10,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.solid_joinstyle": "round",
}


def _draw(width: float, height: float, title: str, name: str, fill: Any) -> str:
    """Let ``fill`` draw on the axes of a new figure (inches); return it as SVG with ``title`` as its description."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    style: Any = _STYLE | {"svg.hashsalt": name}
    with mpl.rc_context(style), warnings.catch_warnings():
        # Text stays text: the browser draws a letter that Matplotlib's font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        layout = ConstrainedLayoutEngine(w_pad=0.12)  # leaves room for a page font that is wider than Matplotlib's
        figure = Figure(figsize=(width, height), layout=layout)
        fill(figure.add_subplot())
        return _themed(figure, title, name)


def _themed(figure: "Figure", title: str, name: str) -> str:
    from html import escape
    from zlib import crc32

    buffer = StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
    )
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    prefix = f"p{crc32((name + svg).encode()):08x}-"
    svg = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{prefix}", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(title, quote=True)}" ', 1).strip()


def _legend(axes: "Axes", **where: Any) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(**where)


def _set_style(number: int) -> dict[str, Any]:
    return {"color": SETS[number % len(SETS)], "linestyle": _DASHES[number // len(SETS) % len(_DASHES)]}


def _folded(name: str) -> str:
    """Wrap a name for a legend."""
    return textwrap.fill(name.lstrip("_"), 24)


def level_curve(lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Draw AUROC over the signal-to-noise ratio.

    Args:
        lines: by the name of the noise, (level in dB, AUROC as a fraction), ascending.
    """

    def fill(axes: "Axes") -> None:
        for number, (name, line) in enumerate(lines.items()):
            levels, aurocs = np.asarray(line, dtype=float).T
            axes.plot(levels, 100 * aurocs, marker="o", markersize=4, label=_folded(name), **_set_style(number))
        axes.set(xlabel="signal-to-noise ratio, dB (more noise to the right)", ylabel="AUROC, %")
        axes.set_xticks(sorted({level for line in lines.values() for level, _ in line}))
        axes.invert_xaxis()
        _legend(axes, loc="center left", bbox_to_anchor=(1.0, 0.5))

    return _draw(7.0, 3.3, "AUROC over the signal-to-noise ratio: " + ", ".join(lines), "levels", fill)


def size_curve(
    lines: Mapping[str, Sequence[tuple[float, float, float]]], published: Sequence[tuple[float, float]], **names: str
) -> str:
    """Draw the error (a fraction) over the number of training examples; published errors are hollow diamonds.

    Args:
        lines: by label of the trained model, (examples, mean error, standard deviation), ascending.
        published: (examples, error).
        names: labels of the ``x`` and ``y`` axes.
    """

    def fill(axes: "Axes") -> None:
        for number, (name, line) in enumerate(lines.items()):
            sizes, errors, stds = np.asarray(line, dtype=float).T
            style = _set_style(number) | {"marker": "o", "markersize": 4, "capsize": 3}
            axes.errorbar(sizes, 100 * errors, 100 * stds, label=_folded(name), **style)
        if published:
            sizes, errors = np.asarray(published, dtype=float).T
            axes.plot(sizes, 100 * errors, label="published", color=TEXT, **_HOLLOW)
        axes.set(xlabel=names["x"], ylabel=names["y"], xscale="log")
        ticks = sorted({size for line in lines.values() for size, *_ in line} | {size for size, _ in published})
        axes.set_xticks(ticks, [f"{size:,.0f}" for size in ticks])
        axes.minorticks_off()
        _legend(axes, loc="center left", bbox_to_anchor=(1.0, 0.5))

    return _draw(7.0, 3.3, f"{names['y']} over the number of {names['x']}", "sizes", fill)


@dataclass(frozen=True)
class Overview:
    """One line of the overview: a task's AUROCs (fractions) of misclassification and OOD sets, ours and published."""

    task: str
    errors: float | None
    ood: Sequence[float]
    published_errors: Sequence[float]
    published_ood: Sequence[float]


def overview(tasks: Sequence[Overview]) -> str:
    """Draw the AUROCs of all tasks, one line per task; published AUROCs are hollow diamonds."""
    kinds: list[tuple[str, Any, dict[str, Any]]] = [
        ("an OOD set", lambda one: one.ood, _PLAIN | {"marker": "o", "color": OOD, "alpha": 0.65, "markersize": 7}),
        ("right / wrong", lambda one: [one.errors], _PLAIN | {"marker": "o", "color": RIGHT, "markersize": 9}),
        ("published, OOD", lambda one: one.published_ood, _HOLLOW | {"color": OOD}),
        ("published, right / wrong", lambda one: one.published_errors, _HOLLOW | {"color": RIGHT}),
    ]

    def fill(axes: "Axes") -> None:
        for label, values, style in kinds:
            found = [(100 * value, at) for at, one in enumerate(tasks) for value in values(one) if value is not None]
            if found:
                axes.plot(*np.asarray(found).T, label=label, **style)
        axes.set(xlabel="AUROC, %  (50 is chance)", xlim=(None, 100), ylim=(len(tasks) - 0.5, -0.5))
        axes.set_yticks(range(len(tasks)), [_folded(one.task) for one in tasks])
        axes.tick_params(left=False)
        axes.spines["left"].set_visible(False)
        _legend(axes, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(kinds), columnspacing=1.4, handletextpad=0.2)

    return _draw(9.2, 1.3 + 0.42 * len(tasks), f"AUROC of {len(tasks)} tasks, one line per task", "overview", fill)


def scatter_of_subjects(values: Mapping[str, Sequence[Sequence[float]]], figures: Sequence[str]) -> str:
    """Draw one or two figures of several subjects, one line a subject: a dot a seed, and a bar at their mean.

    Args:
        values: by subject, for each figure its values over seeds.
        figures: names of the figures, one or two.
    """

    def fill(axes: "Axes") -> None:
        for number, figure in enumerate(figures):
            style = _PLAIN | {"marker": "o", "color": SETS[number], "alpha": 0.7, "markersize": 7}
            found = [(value, at) for at, one in enumerate(values.values()) for value in one[number]]
            axes.plot(*np.asarray(found, dtype=float).T, label=figure, **style)
            means = [float(np.mean(one[number])) for one in values.values()]
            axes.plot(means, range(len(means)), color=SETS[number], marker="|", markersize=16, linestyle="none")
        axes.set(xlabel=" and ".join(figures), ylim=(len(values) - 0.5, -0.5))
        axes.set_yticks(range(len(values)), [_folded(name) for name in values])
        axes.tick_params(left=False)
        axes.spines["left"].set_visible(False)
        _legend(axes, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)

    return _draw(9.2, 1.3 + 0.42 * len(values), f"{' and '.join(figures)} of {len(values)} subjects", "subjects", fill)
