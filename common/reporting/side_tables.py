"""A task from other sides: ways of training, scores and seeds beside each other."""

from collections.abc import Sequence

from common.papers.table import POOLED
from common.reporting.document import NOTHING, Cell, Table, percent
from common.reporting.study import SOURCES, TaskResults, TrainedModel, name_of, sources_of
from common.store.outputs import OodKey
from common.store.rows import Row, SeedMean

_FIGURES = {"AUROC": "auroc", "AUPR In": "aupr_positive", "AUPR Out": "aupr_negative"}


def own_sets(study: TaskResults, setting: TrainedModel) -> list[OodKey]:
    """Return the OOD sets in the task's own setting, pool and mean last."""
    return [key for key in study.sets(setting) if key[1] is None]


def objective_table(study: TaskResults) -> Table | None:
    """Return the leading scores of every setting beside each other, where there are several settings."""
    if len(study.settings) < 2:
        return None
    pairs = [(setting, detector) for setting in study.settings for detector in study.leading(setting)]
    keys = dict.fromkeys(key for setting in study.settings for key in own_sets(study, setting))
    rows = []
    for key in keys:
        found = [study.ood(setting, detector, key) for setting, detector in pairs]
        cells = [cell for field in _FIGURES.values() for cell in _beside_each_other(study, found, field)]
        rows.append((Cell(name_of(key)), *cells))
    labels = [study.label(setting, detector) for setting, detector in pairs]
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


def _beside_each_other(study: TaskResults, found: Sequence[SeedMean | None], field: str) -> list[Cell]:
    """Return one figure of several settings, each with its base rate and the first published figure."""
    cells = []
    for one in found:
        if one is None:
            cells.append(Cell(NOTHING))
            continue
        figures = study.figures(one, field)
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


def score_table(study: TaskResults, setting: TrainedModel) -> Table | None:
    """Return the AUROC of every score of a setting on every question, where there are several scores."""
    detectors = study.detectors(setting)
    if len(detectors) < 2:
        return None
    columns: dict[str, list[SeedMean | None]] = {}
    errors = {one.row.detector: one for one in study.errors(setting) if one.row.variant is None}
    if errors:
        columns["right / wrong"] = [errors.get(detector) for detector in detectors]
    for key in own_sets(study, setting):
        columns[name_of(key)] = [study.ood(setting, detector, key) for detector in detectors]
    cells = [_with_best(list(map(_auroc, found)), found, "auroc") for found in columns.values()]
    label = study.label(setting)
    return Table(
        caption="AUROC of every score" + (f" ({label})" if label else ""),
        columns=("score", *columns),
        rows=tuple((Cell(name), *(column[at] for column in cells)) for at, name in enumerate(detectors)),
        notes=("The best of a column is bold; a lead smaller than the intervals above means little.",),
    )


def _auroc(one: SeedMean | None) -> Cell:
    return Cell(percent(one.mean("auroc")) if one else NOTHING)


def seed_table(study: TaskResults, setting: TrainedModel) -> Table | None:
    """Return a line a seed, where there are several: the error, AUROCs of the first score, what was held out."""
    if len(study.seeds) < 2:
        return None
    columns = _by_seed(study, setting)
    errors = {row.seed: row.error for found in columns.values() for row in found.values()}
    held_out = {row.seed: row.held_out for row in study.rows if row.held_out is not None}
    rows = tuple(
        (
            Cell(str(seed)),
            Cell(percent(errors.get(seed))),
            *(Cell(percent(found[seed].auroc) if seed in found else NOTHING) for found in columns.values()),
            *((Cell(", ".join(held_out.get(seed, ()))),) if held_out else ()),
        )
        for seed in study.seeds
    )
    return Table(
        caption=f"Seed by seed: AUROC of {study.label(setting, study.leading(setting)[0])}",
        columns=("seed", study.facts.error_name, *columns, *(("held out of training",) if held_out else ())),
        rows=rows,
        notes=("A seed fixes the weights, the order of the examples and every draw, that of held-out classes too.",),
        folded=True,
    )


def _by_seed(study: TaskResults, setting: TrainedModel) -> dict[str, dict[int, Row]]:
    """Return by question or OOD set, and by seed, the rows of the first score; pools alone where sets are many."""
    detector = study.leading(setting)[0]
    keys = own_sets(study, setting)
    keys = keys if len(keys) < 6 else [key for key in keys if key[0] in POOLED]
    found = {name_of(key): study.ood(setting, detector, key) for key in keys}
    errors = {one.row.detector: one for one in study.errors(setting) if one.row.variant is None}
    every = {"right / wrong": errors.get(detector)} | found
    return {name: {row.seed: row for row in one.rows} for name, one in every.items() if one is not None}
