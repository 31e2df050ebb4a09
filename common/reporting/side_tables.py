"""Tables that compare training objectives, scores and seeds of a task."""

from collections.abc import Sequence
from dataclasses import replace

from common.papers.table import POOLED
from common.reporting.document import NOTHING, Cell, Table, percent
from common.reporting.task_results import SOURCES, TaskResults, TrainedModel, name_of, sources_of
from common.store.rows import Row
from common.store.seed_means import SeedMean

_FIGURES = {"AUROC": "auroc", "AUPR In": "aupr_positive", "AUPR Out": "aupr_negative"}


def objective_table(results: TaskResults) -> Table | None:
    """Return the leading scores of all trained models in one table; None for a single trained model."""
    if len(results.trained_models) < 2:
        return None
    pairs = [
        (trained, detector) for trained in results.trained_models for detector in results.leading_detectors(trained)
    ]
    keys = dict.fromkeys(key for trained in results.trained_models for key in results.primary_sets(trained))
    rows = []
    for key in keys:
        found = [results.ood(trained, detector, key) for trained, detector in pairs]
        cells = [cell for field in _FIGURES.values() for cell in _beside_each_other(results, found, field)]
        rows.append((Cell(name_of(key)), *cells))
    labels = [results.label(trained, detector) for trained, detector in pairs]
    return Table(
        caption="Comparison of training objectives",
        columns=("OOD set", *(f"{figure}: {label}" for figure in _FIGURES for label in labels)),
        rows=tuple(rows),
        notes=(
            "The best value of each figure is bold. Published figures are shown for networks trained with the same"
            " objective. In this table AUPR is the trapezoid area, as in the publication.",
        ),
        brief=tuple(range(1 + len(pairs))),
    )


def _beside_each_other(results: TaskResults, found: Sequence[SeedMean | None], field: str) -> list[Cell]:
    """Return a figure of several trained models, each with its base rate and the first published figure."""
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
        short = percent(base) if base is not None else next(iter(notes), "")
        cells.append(Cell(percent(one.mean(field)), "; ".join(notes), short_note=short))
    return _with_best(cells, found, field)


def _with_best(cells: Sequence[Cell], found: Sequence[SeedMean | None], field: str) -> list[Cell]:
    """Mark the cells with the largest figure, unless all printed figures are equal."""
    values = [-1.0 if one is None or (mean := one.mean(field)) is None else round(mean, 3) for one in found]
    best = max(values, default=-1.0)
    marked = len(set(values)) > 1
    return [replace(cell, strong=marked and value == best) for cell, value in zip(cells, values, strict=True)]


def score_table(results: TaskResults, trained: TrainedModel) -> Table | None:
    """Return the AUROC of every score of a trained model on every question; None for a single score."""
    detectors = results.detectors(trained)
    if len(detectors) < 2:
        return None
    columns: dict[str, list[SeedMean | None]] = {}
    errors = {one.row.detector: one for one in results.errors(trained) if one.row.subset is None}
    if errors:
        columns["right / wrong"] = [errors.get(detector) for detector in detectors]
    for key in results.primary_sets(trained):
        columns[name_of(key)] = [results.ood(trained, detector, key) for detector in detectors]
    cells = [_with_best(list(map(_auroc, found)), found, "auroc") for found in columns.values()]
    label = results.label(trained)
    return Table(
        caption="AUROC of every score" + (f" ({label})" if label else ""),
        columns=("score", *columns),
        rows=tuple((Cell(name), *(column[at] for column in cells)) for at, name in enumerate(detectors)),
        notes=("The best score of each column is bold; differences smaller than the intervals above mean little.",),
    )


def _auroc(one: SeedMean | None) -> Cell:
    return Cell(percent(one.mean("auroc")) if one else NOTHING)


def seed_table(results: TaskResults, trained: TrainedModel) -> Table | None:
    """Return one row per seed: error, AUROCs of the first score, held-out classes; None for a single seed."""
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
        caption=f"By seed: AUROC of {results.label(trained, results.leading_detectors(trained)[0])}",
        columns=("seed", results.record.error_name, *columns, *(("held-out classes",) if held_out else ())),
        rows=rows,
        notes=(
            "The seed determines the initial weights, the order of examples and every draw, such as held-out classes.",
        ),
        folded=True,
    )


def _by_seed(results: TaskResults, trained: TrainedModel) -> dict[str, dict[int, Row]]:
    """Return the rows of the first score, by question or OOD set and by seed; with many OOD sets only the pools."""
    detector = results.leading_detectors(trained)[0]
    keys = results.primary_sets(trained)
    keys = keys if len(keys) < 6 else [key for key in keys if key.name in POOLED]
    found = {name_of(key): results.ood(trained, detector, key) for key in keys}
    errors = {one.row.detector: one for one in results.errors(trained) if one.row.subset is None}
    columns = {"right / wrong": errors.get(detector)} | found
    return {name: {row.seed: row for row in one.rows} for name, one in columns.items() if one is not None}
