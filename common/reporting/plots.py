"""Plots of the report over tasks, noise levels, training sizes and studies."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from common.reporting.chart import TEXT, Axis, Line, chart, ranged_axis
from common.reporting.dot_plot import Mark, dot_plot
from common.reporting.task_plots import DASHES, OOD, RIGHT, SETS


def level_curve(lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Draw AUROC over the signal-to-noise ratio.

    Args:
        lines: by the name of the noise, (level in dB, AUROC as a fraction), ascending.
    """
    levels = sorted({level for line in lines.values() for level, _ in line}, reverse=True)
    x = Axis(
        "signal-to-noise ratio, dB (more noise to the right)",
        levels[0],
        levels[-1] if len(levels) > 1 else levels[0] - 1,
        tuple((level, f"{level:g}") for level in levels),
    )
    y = ranged_axis("AUROC, %", (100 * auroc for line in lines.values() for _, auroc in line), highest=100)
    drawn = [
        _joined([(level, 100 * auroc) for level, auroc in line], number, name)
        for number, (name, line) in enumerate(lines.items())
    ]
    return chart("AUROC by noise level", x, y, drawn, described=", ".join(lines))


def _joined(points: Sequence[tuple[float, float]], number: int, label: str) -> Line:
    """Return the line of a number through points, each marked by a dot."""
    colour, dash = SETS[number % len(SETS)], DASHES[number // len(SETS) % len(DASHES)]
    return Line([x for x, _ in points], [y for _, y in points], colour, label, dash, dots=True)


def size_curve(
    lines: Mapping[str, Sequence[tuple[float, float, float]]], published: Sequence[tuple[float, float]], **names: str
) -> str:
    """Draw the error (a fraction) over the number of training examples, published errors as dots without a line.

    Args:
        lines: by label of the trained model, (examples, mean error, standard deviation), ascending.
        published: (examples, error).
        names: labels of the ``x`` and ``y`` axes.
    """
    sizes = sorted({size for line in lines.values() for size, *_ in line} | {size for size, _ in published})
    spread = [100 * (error + sign * sd) for line in lines.values() for _, error, sd in line for sign in (-1, 1)]
    drawn: list[Line] = []
    for number, (name, line) in enumerate(lines.items()):
        drawn.append(_joined([(math.log10(size), 100 * error) for size, error, _ in line], number, name))
        for size, error, sd in line:
            ends = (100 * (error - sd), 100 * (error + sd))
            drawn.append(Line((math.log10(size),) * 2, ends, drawn[-1].colour, width=1))
    if published:
        across = [math.log10(size) for size, _ in published]
        drawn.append(Line(across, _percent(error for _, error in published), TEXT, "published", width=0, dots=True))
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])
    ticks = tuple((math.log10(size), f"{size:,.0f}") for size in sizes)
    x = Axis(names["x"], low, high if high > low else low + 1, ticks)
    y = ranged_axis(names["y"], [*spread, *(100 * error for _, error in published)], lowest=0)
    return chart("Error by size of the training set", x, y, drawn, described=names["y"])


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
    rows = {
        one.task: [
            (Mark("an OOD set", OOD), _percent(one.ood)),
            (Mark("right / wrong", RIGHT, "large dot"), _percent([] if one.errors is None else [one.errors])),
            (Mark("published, OOD", OOD, "diamond"), _percent(one.published_ood)),
            (Mark("published, right / wrong", RIGHT, "diamond"), _percent(one.published_errors)),
        ]
        for one in tasks
    }
    rows = {task: [(mark, values) for mark, values in row if values] for task, row in rows.items()}
    found = [value for row in rows.values() for _, values in row for value in values]
    axis = ranged_axis("AUROC, %  (50 is chance)", found, highest=100)
    return dot_plot(f"AUROC of {len(tasks)} tasks, one line per task", rows, axis)


def _percent(values: Iterable[float]) -> list[float]:
    return [100 * value for value in values]


def scatter_of_subjects(values: Mapping[str, Sequence[Sequence[float]]], figures: Sequence[str]) -> str:
    """Draw one or two figures of several subjects, one line a subject: a dot a seed, and a bar at their mean.

    Args:
        values: by subject, for each figure its values over seeds.
        figures: names of the figures, one or two.
    """
    rows = {
        name: [
            part
            for number, figure in enumerate(figures)
            if len(of[number])
            for part in (
                (Mark(figure, SETS[number]), list(of[number])),
                (Mark("", SETS[number], "bar"), [fmean(of[number])]),
            )
        ]
        for name, of in values.items()
    }
    axis = ranged_axis(" and ".join(figures), (value for row in rows.values() for _, found in row for value in found))
    return dot_plot(f"{' and '.join(figures)} of {len(values)} subjects", rows, axis)
