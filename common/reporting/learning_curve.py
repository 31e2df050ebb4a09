"""The learning curve of a task: error and AUROC over the size of the training set, with published figures."""

from collections.abc import Iterable, Iterator
from math import log2
from statistics import fmean, linear_regression

from common.reporting.document import DASH, NOTHING, Cell, Plots, Table, percent, spread_cell
from common.reporting.plots import size_curve
from common.reporting.published import training_examples
from common.reporting.task_results import SOURCES, TaskResults, TrainedModel
from common.store.seed_means import SeedMean

Point = tuple[float, float, float]
"""Number of training examples, mean error over the seeds and its standard deviation (0 for one seed); fractions."""


def learning_table(results: TaskResults, trained: TrainedModel) -> Table | None:
    """Return error and AUROCs by the size of the training set; None without smaller training sets."""
    lines = [_line(smaller, trained, Cell(f"{size:,}")) for size, smaller in _sizes(results, trained)]
    if not lines:
        return None
    lines += [_line(results, trained, _full_size(results)), *_published_lines(results, trained)]
    shown = [at for at in range(4) if at == 0 or any(line[at].text not in ("", NOTHING) for line in lines)]
    names = (
        f"training {results.record.example_name}s",
        results.record.error_name,
        "AUROC right / wrong",
        "AUROC OOD, mean",
    )
    label = results.label(trained, results.leading_detectors(trained)[0])
    return Table(
        caption=f"Learning curve: smaller training sets ({label})",
        columns=tuple(names[at] for at in shown),
        rows=tuple(tuple(line[at] for at in shown) for line in lines),
        notes=_notes(results, trained),
        brief=tuple(range(len(shown))),
    )


def learning_plot(results: TaskResults) -> Plots | None:
    """Return a plot of the error over the size of the training set, one line per model with several sizes."""
    lines = {results.label(one) or results.record.error_name: _points(results, one) for one in results.trained_models}
    lines = {name: line for name, line in lines.items() if len(line) > 1}
    if not lines:
        return None
    published = [point for trained in results.trained_models for point in _published_errors(results, trained)]
    names = {"x": f"training {results.record.example_name}s", "y": f"{results.record.error_name}, %"}
    return Plots(
        "Error over the size of the training set", (size_curve(lines, list(dict.fromkeys(published)), **names),)
    )


def error_by_doubling(points: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return slope and intercept of the least-squares line through error over log2 of the number of examples.

    With x = log2 n, the slope, sum (x - mean x)(e - mean e) / sum (x - mean x)^2, is the change per doubling.

    Args:
        points: (n, error) for two or more sizes, in any unit of error.

    >>> error_by_doubling([(10, 0.5), (20, 0.4), (40, 0.3)])[0].__round__(6)
    -0.1
    """
    sizes, errors = zip(*points, strict=True)
    slope, intercept = linear_regression([log2(size) for size in sizes], errors)
    return slope, intercept


def _sizes(results: TaskResults, trained: TrainedModel) -> list[tuple[int, TaskResults]]:
    """List size and results of the smaller training sets that the model was trained on."""
    return [(size, smaller) for size, smaller in results.smaller.items() if trained in smaller.trained_models]


def _line(results: TaskResults, trained: TrainedModel, size: Cell) -> tuple[Cell, ...]:
    detector = results.leading_detectors(trained)[0]
    found = (results.right_wrong(trained, detector), results.ood_mean(trained, detector))
    return (size, spread_cell(results.error(trained)), *map(_auroc, found))


def _auroc(one: SeedMean | None) -> Cell:
    if one is None:
        return Cell(NOTHING)
    interval = (one.row.auroc_low, one.row.auroc_high) if len(one.rows) == 1 else (None, None)
    return spread_cell(one.figures["auroc"], interval)


def _full_size(results: TaskResults) -> Cell:
    """Return a cell with the size of the full training set; the split by seed may change the size."""
    sizes = sorted(set(results.record.n_train.values()))
    return Cell(DASH.join(f"{size:,}" for size in dict.fromkeys((sizes[0], sizes[-1]))) if sizes else "all", "full")


def _published_lines(results: TaskResults, trained: TrainedModel) -> Iterator[tuple[Cell, ...]]:
    """Yield a line for each published source whose training set size is known and that has one of the figures."""
    detector = results.leading_detectors(trained)[0]
    wanted = [
        (results.any_row(trained), "error"),
        (results.right_wrong(trained, detector), "auroc"),
        (results.ood_mean(trained, detector), "auroc"),
    ]
    for source, name in SOURCES.items():
        size = training_examples(source, results.record.published, trained.objective)
        found = [results.figures(one, field).get(source) if one else None for one, field in wanted]
        if size and any(found):
            yield Cell(f"{size:,}", name), *(Cell(f"{figure.value:g}" if figure else "") for figure in found)


def _published_errors(results: TaskResults, trained: TrainedModel) -> Iterator[tuple[float, float]]:
    """Yield (training examples, error as a fraction) of each source."""
    for source, figure in results.figures(results.any_row(trained), "error").items():
        if size := training_examples(source, results.record.published, trained.objective):
            yield size, figure.value / 100


def _points(results: TaskResults, trained: TrainedModel) -> list[Point]:
    """List the points of the learning curve: the smaller training sets, ascending, then the full training set."""
    sizes: list[tuple[float, TaskResults]] = [*_sizes(results, trained)]
    if results.record.n_train:
        sizes.append((fmean(results.record.n_train.values()), results))
    found = [(size, one.error(trained)) for size, one in sizes]
    return [(size, error.mean, error.sd or 0.0) for size, error in found if error is not None]


def _notes(results: TaskResults, trained: TrainedModel) -> tuple[str, ...]:
    """Explain how the smaller training sets were made, and state the trend of the error."""
    spread = "± standard deviation over the seeds, then their range. " * (len(results.seeds) > 1)
    made = (
        f"Percent, {spread}The seed draws the smaller training sets; each is a subset of the next. All"
        " trainings have the same number of optimiser steps, so examples of a smaller set are seen more often. The test"
        " and OOD sets are the same for all sizes."
    )
    return tuple(said for said in (made, _trend(results, trained)) if said)


def _trend(results: TaskResults, trained: TrainedModel) -> str:
    """State the change of the error per doubling, and its extrapolation to the publication's training set size."""
    line = _points(results, trained)
    if len(line) < 3:
        return ""
    slope, intercept = error_by_doubling((size, error) for size, error, _ in line)
    change = f"reduces the error by {percent(-slope)}" if slope < 0 else f"increases the error by {percent(slope)}"
    said = f"Least squares over {len(line)} sizes: each doubling of the training set {change} percentage points"
    known = [training_examples(source, results.record.published, trained.objective) for source in SOURCES]
    size = next(filter(None, known), None)
    if size and size > line[-1][0]:
        there = intercept + slope * log2(size)
        error = f"an error of {percent(there)} %" if there > 0 else "an error below zero"
        said += f"; extrapolated linearly to the publication's {size:,} examples, this gives {error}"
    return said + "."
