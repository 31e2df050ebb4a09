"""A task from other sides: ways of training, scores and seeds beside each other."""

from collections.abc import Sequence

from common.papers.table import POOLED
from common.reporting.document import NOTHING, Cell, Table, percent
from common.reporting.task_results import SOURCES, TaskResults, TrainedModel, name_of, sources_of
from common.store.rows import Row
from common.store.seed_means import SeedMean

_FIGURES = {"AUROC": "auroc", "AUPR In": "aupr_positive", "AUPR Out": "aupr_negative"}


def objective_table(results: TaskResults) -> Table | None:
    """Return the leading scores of every trained model beside each other, where there are several."""
    if len(results.trained_models) < 2:
        return None
    pairs = [(trained, detector) for trained in results.trained_models for detector in results.leading(trained)]
    keys = dict.fromkeys(key for trained in results.trained_models for key in results.own_sets(trained))
    rows = []
    for key in keys:
        found = [results.ood(trained, detector, key) for trained, detector in pairs]
        cells = [cell for field in _FIGURES.values() for cell in _beside_each_other(results, found, field)]
        rows.append((Cell(name_of(key)), *cells))
    labels = [results.label(trained, detector) for trained, detector in pairs]
    return Table(
        caption="Ways of training beside each other",
        columns=("OOD set", *(f"{figure}: {label}" for figure in _FIGURES for label in labels)),
        rows=tuple(rows),
        notes=(
            "The best of each figure is bold. A published figure stands where its network was trained alike;"
            " as there, AUPR is the trapezoid area in this table.",
        ),
        brief=tuple(range(1 + len(pairs))),
    )


def _beside_each_other(results: TaskResults, found: Sequence[SeedMean | None], field: str) -> list[Cell]:
    """Return one figure of several trained models, each with its base rate and the first published figure."""
    cells = []
    for one in found:
        if one is None:
            cells.append(Cell(NOTHING))
            continue
        figures = results.figures(one, field)
        source = next(iter(sources_of([figures])), None)
        base = one.mean(field.replace("aupr", "base")) if field.startswith("aupr") else None
        notes = [f"base {percent(base)}"] * (base is not None)
        notes += [f"{SOURCES[source]} {figures[source].value:g}"] if source else []
        cells.append(Cell(percent(one.mean(field)), ", ".join(notes)))
    return _with_best(cells, found, field)


def _with_best(cells: Sequence[Cell], found: Sequence[SeedMean | None], field: str) -> list[Cell]:
    """Mark the cells with the largest figure, unless all are the same as printed."""
    values = [-1.0 if one is None or (mean := one.mean(field)) is None else round(mean, 3) for one in found]
    best = max(values, default=-1.0)
    marked = len(set(values)) > 1
    return [
        Cell(cell.text, cell.note, strong=marked and value == best) for cell, value in zip(cells, values, strict=True)
    ]


def score_table(results: TaskResults, trained: TrainedModel) -> Table | None:
    """Return the AUROC of every score of a trained model on every question, where there are several scores."""
    detectors = results.detectors(trained)
    if len(detectors) < 2:
        return None
    columns: dict[str, list[SeedMean | None]] = {}
    errors = {one.row.detector: one for one in results.errors(trained) if one.row.subset is None}
    if errors:
        columns["right / wrong"] = [errors.get(detector) for detector in detectors]
    for key in results.own_sets(trained):
        columns[name_of(key)] = [results.ood(trained, detector, key) for detector in detectors]
    cells = [_with_best(list(map(_auroc, found)), found, "auroc") for found in columns.values()]
    label = results.label(trained)
    return Table(
        caption="AUROC of every score" + (f" ({label})" if label else ""),
        columns=("score", *columns),
        rows=tuple((Cell(name), *(column[at] for column in cells)) for at, name in enumerate(detectors)),
        notes=("The best of a column is bold; a lead smaller than the intervals above means little.",),
    )


def _auroc(one: SeedMean | None) -> Cell:
    return Cell(percent(one.mean("auroc")) if one else NOTHING)


def seed_table(results: TaskResults, trained: TrainedModel) -> Table | None:
    """Return a line a seed, where there are several: the error, AUROCs of the first score, what was held out."""
    if len(results.seeds) < 2:
        return None
    columns = _by_seed(results, trained)
    errors = {row.seed: row.error for found in columns.values() for row in found.values()}
    held_out = {row.seed: row.held_out for row in results.rows if row.held_out is not None}
    rows = tuple(
        (
            Cell(str(seed)),
            Cell(percent(errors.get(seed))),
            *(Cell(percent(found[seed].auroc) if seed in found else NOTHING) for found in columns.values()),
            *((Cell(", ".join(held_out.get(seed, ()))),) if held_out else ()),
        )
        for seed in results.seeds
    )
    return Table(
        caption=f"Seed by seed: AUROC of {results.label(trained, results.leading(trained)[0])}",
        columns=("seed", results.facts.error_name, *columns, *(("held out of training",) if held_out else ())),
        rows=rows,
        notes=("A seed fixes the weights, the order of the examples and every draw, that of held-out classes too.",),
        folded=True,
    )


def _by_seed(results: TaskResults, trained: TrainedModel) -> dict[str, dict[int, Row]]:
    """Return by question or OOD set, and by seed, the rows of the first score; pools alone where sets are many."""
    detector = results.leading(trained)[0]
    keys = results.own_sets(trained)
    keys = keys if len(keys) < 6 else [key for key in keys if key.name in POOLED]
    found = {name_of(key): results.ood(trained, detector, key) for key in keys}
    errors = {one.row.detector: one for one in results.errors(trained) if one.row.subset is None}
    every = {"right / wrong": errors.get(detector)} | found
    return {name: {row.seed: row for row in one.rows} for name, one in every.items() if one is not None}
