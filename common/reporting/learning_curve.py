"""The learning curve of a task: what a smaller training set costs, beside the publication's."""

from collections.abc import Iterable, Iterator
from math import log2
from statistics import fmean, linear_regression

from common.reporting.document import DASH, NOTHING, Cell, Plots, Table, percent, spread_cell
from common.reporting.plots import size_curve
from common.reporting.published import training_examples
from common.reporting.study import SOURCES, TaskResults, TrainedModel
from common.store.rows import SeedMean

Point = tuple[float, float, float]
"""Number of training examples, mean error over the seeds and its standard deviation (0 for one seed); fractions."""


def learning_table(study: TaskResults, setting: TrainedModel) -> Table | None:
    """Return error and AUROCs by the number of training examples, where there are trainings on fewer."""
    lines = [_line(smaller, setting, Cell(f"{size:,}")) for size, smaller in _sizes(study, setting)]
    if not lines:
        return None
    lines += [_line(study, setting, _whole(study)), *_published_lines(study, setting)]
    shown = [at for at in range(4) if at == 0 or any(line[at].text not in ("", NOTHING) for line in lines)]
    names = (f"training {study.facts.example_name}s", study.facts.error_name, "AUROC right / wrong", "AUROC OOD, mean")
    label = study.label(setting, study.leading(setting)[0])
    return Table(
        caption=f"What a smaller training set costs ({label})",
        columns=tuple(names[at] for at in shown),
        rows=tuple(tuple(line[at] for at in shown) for line in lines),
        notes=_notes(study, setting),
        brief=tuple(range(len(shown))),
    )


def learning_plot(study: TaskResults) -> Plots | None:
    """Return the error over the number of training examples, a line for each setting that has trainings on fewer."""
    lines = {study.label(one) or study.facts.error_name: _points(study, one) for one in study.settings}
    lines = {name: line for name, line in lines.items() if len(line) > 1}
    if not lines:
        return None
    published = [point for setting in study.settings for point in _published_errors(study, setting)]
    names = {"x": f"training {study.facts.example_name}s", "y": f"{study.facts.error_name}, %"}
    return Plots(
        "Error over the size of the training set", (size_curve(lines, list(dict.fromkeys(published)), **names),)
    )


def error_by_doubling(points: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return slope and intercept of the least-squares line through error over log2 of the number of examples.

    With x = log2 n, the slope is sum (x - mean x)(e - mean e) / sum (x - mean x)^2: what a doubling adds to the error.

    Args:
        points: (n, error) for two or more sizes, in any unit of error.

    >>> error_by_doubling([(10, 0.5), (20, 0.4), (40, 0.3)])[0].__round__(6)
    -0.1
    """
    sizes, errors = zip(*points, strict=True)
    slope, intercept = linear_regression([log2(size) for size in sizes], errors)
    return slope, intercept


def _sizes(study: TaskResults, setting: TrainedModel) -> list[tuple[int, TaskResults]]:
    """List the smaller training sets that the setting was trained on."""
    return [(size, smaller) for size, smaller in study.smaller.items() if setting in smaller.settings]


def _line(study: TaskResults, setting: TrainedModel, size: Cell) -> tuple[Cell, ...]:
    detector = study.leading(setting)[0]
    found = (study.right_wrong(setting, detector), study.ood_mean(setting, detector))
    return (size, spread_cell(study.error(setting)), *map(_auroc, found))


def _auroc(one: SeedMean | None) -> Cell:
    if one is None:
        return Cell(NOTHING)
    interval = (one.row.auroc_low, one.row.auroc_high) if len(one.rows) == 1 else (None, None)
    return spread_cell(one.figures["auroc"], interval)


def _whole(study: TaskResults) -> Cell:
    """Name the task's own training set by its size, which a seed's split may change."""
    sizes = sorted(set(study.facts.n_train.values()))
    return Cell(DASH.join(f"{size:,}" for size in dict.fromkeys((sizes[0], sizes[-1]))) if sizes else "all", "whole")


def _published_lines(study: TaskResults, setting: TrainedModel) -> Iterator[tuple[Cell, ...]]:
    """Yield a line for each source whose training set's size is known and that has a figure of the same."""
    detector = study.leading(setting)[0]
    wanted = [
        (study.any_row(setting), "error"),
        (study.right_wrong(setting, detector), "auroc"),
        (study.ood_mean(setting, detector), "auroc"),
    ]
    for source, name in SOURCES.items():
        size = training_examples(source, study.facts.published, setting.objective)
        found = [study.figures(one, field).get(source) if one else None for one, field in wanted]
        if size and any(found):
            yield Cell(f"{size:,}", name), *(Cell(f"{figure.value:g}" if figure else "") for figure in found)


def _published_errors(study: TaskResults, setting: TrainedModel) -> Iterator[tuple[float, float]]:
    """Yield (training examples, error as a fraction) of each source."""
    for source, figure in study.figures(study.any_row(setting), "error").items():
        if size := training_examples(source, study.facts.published, setting.objective):
            yield size, figure.value / 100


def _points(study: TaskResults, setting: TrainedModel) -> list[Point]:
    """List what is drawn and fitted: the smaller training sets, ascending, then the whole."""
    sizes: list[tuple[float, TaskResults]] = [*_sizes(study, setting)]
    if study.facts.n_train:
        sizes.append((fmean(study.facts.n_train.values()), study))
    found = [(size, one.error(setting)) for size, one in sizes]
    return [(size, error.mean, error.sd or 0.0) for size, error in found if error is not None]


def _notes(study: TaskResults, setting: TrainedModel) -> tuple[str, ...]:
    """Say how the smaller trainings were made, and how the error goes with the size."""
    spread = "± standard deviation over the seeds, then the smallest and the largest seed. " * (len(study.seeds) > 1)
    made = (
        f"Percent, {spread}Smaller training sets are drawn by the seed, each a part of the next; all trainings have as"
        " many optimiser steps, so fewer examples are seen more often. Test and OOD sets are the same for all."
    )
    return tuple(said for said in (made, _trend(study, setting)) if said)


def _trend(study: TaskResults, setting: TrainedModel) -> str:
    """Say what a doubling does to the error, and where a straight line would arrive at the publication's size."""
    line = _points(study, setting)
    if len(line) < 3:
        return ""
    slope, intercept = error_by_doubling((size, error) for size, error, _ in line)
    change = f"takes {percent(-slope)} points off" if slope < 0 else f"adds {percent(slope)} points to"
    said = f"Least squares over {len(line)} sizes: each doubling of the training set {change} the error"
    known = [training_examples(source, study.facts.published, setting.objective) for source in SOURCES]
    size = next(filter(None, known), None)
    if size and size > line[-1][0]:
        there = intercept + slope * log2(size)
        arrives = f"give {percent(there)} %" if there > 0 else "have passed zero"
        said += f"; continued straight to the publication's {size:,} it would {arrives}, an extrapolation"
    return said + "."
