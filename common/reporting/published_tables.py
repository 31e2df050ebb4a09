"""Comparison of a task with the published figures, and of published draws with ours."""

from collections.abc import Iterator

from common.papers.table import Figure
from common.reporting.document import Cell, Table, listed, percent, points
from common.reporting.published import pooled_sets, published, remarks
from common.reporting.task_results import AVERAGE, SOURCES, TaskResults, TrainedModel, name_of, sources_of
from common.store.outputs import OodKey
from common.store.seed_means import SeedMean

_ERROR_FIELDS = {
    "auroc": "AUROC",
    "aupr_positive": "AUPR right (trapezoid)",
    "aupr_negative": "AUPR wrong (trapezoid)",
    "mean_msp_positive": "mean MSP of right",
    "mean_msp_negative": "mean MSP of wrong",
}
_OOD_FIELDS = {
    "auroc": "AUROC",
    "aupr_positive": "AUPR In (trapezoid)",
    "aupr_negative": "AUPR Out (trapezoid)",
    "mean_msp_negative": "mean MSP of OOD",
}
_EXPOSURE_FIELDS = {"auroc": "AUROC", "ap_negative": "AUPR Out", "fpr95_out": "FPR95 out"}

_Line = tuple[str, str, str, SeedMean, str]
"""Question or OOD set, label of the score, name of the figure, our mean over seeds, name of the field."""


def published_table(results: TaskResults) -> Table | None:
    """Return every published figure of the task and ours, with base rates and differences."""
    lines = [line for trained in results.trained_models for line in _lines(results, trained)]
    found = [(line, figures) for line in lines if (figures := results.figures(line[3], line[4]))]
    if not found:
        return None
    sources = sources_of(figures for _, figures in found)
    rows = []
    for (about, score, name, one, field), figures in found:
        ours = one.mean(field)
        cells = [Cell(about, score), Cell(name), Cell(percent(ours), _base(one, field))]
        for source in sources:
            figure = figures.get(source)
            base = f"base {figure.base:g}" if figure and figure.base and field.startswith("aupr") else ""
            cells.append(Cell(f"{figure.value:g}", base) if figure else Cell(""))
            cells.append(Cell(points(100 * ours - figure.value)) if figure and ours is not None else Cell(""))
        rows.append(tuple(cells))
    columns = [name for source in sources for name in (SOURCES[source], "difference")]
    return Table(
        caption="All published figures and ours",
        columns=("comparison", "figure", "ours", *columns),
        rows=tuple(rows),
        notes=(
            "Percent; differences are ours minus published, in percentage points. AUPR depends on the base rate:"
            " compare it only where the base rates are similar.",
            *remarks(results.record.published),
        ),
        folded=True,
    )


def figures_of_ours(results: TaskResults) -> Iterator[tuple[Figure, SeedMean]]:
    """Yield every published figure that a task's results answer, with our mean that measures the same."""
    for trained in results.trained_models:
        for _, _, _, one, field in _lines(results, trained):
            for figure in results.figures(one, field).values():
                yield figure, one


def _base(one: SeedMean, field: str) -> str:
    base = one.mean(field.replace("aupr", "base")) if field.startswith("aupr") else None
    return "" if base is None else f"base {percent(base)}"


def _lines(results: TaskResults, trained: TrainedModel) -> Iterator[_Line]:
    """Yield every figure of ours for which there may be a published figure."""
    label = results.label(trained)
    yield "test set", label, results.record.error_name, results.any_row(trained), "error"
    for one in results.errors(trained):
        first = one.row.detector == results.leading_detectors(trained)[0]
        for field, name in _ERROR_FIELDS.items():
            if first or not field.startswith("mean"):
                yield "right / wrong", results.label(trained, one.row.detector), name, one, field
    yield from _ood_lines(results, trained)


def _ood_lines(results: TaskResults, trained: TrainedModel) -> Iterator[_Line]:
    leading = results.leading_detectors(trained)[0]
    for key in results.sets(trained):
        for detector in results.detectors(trained):
            one = results.ood(trained, detector, key)
            for field, name in _OOD_FIELDS.items():
                if one and (detector == leading or not field.startswith("mean")):
                    yield name_of(key), results.label(trained, detector), name, one, field
        all_rows = results.ood(trained, leading, key, "all")
        if all_rows and key == results.sets(trained)[0]:
            yield "test set", results.label(trained), "mean MSP", all_rows, "mean_msp_positive"


def exposure_table(results: TaskResults) -> Table | None:
    """Return our means over OOD sets and those of the Outlier Exposure paper, which has other OOD sets."""
    rows = []
    for trained in results.trained_models:
        one = results.ood(trained, "msp", OodKey(AVERAGE), "all")
        for field, name in _EXPOSURE_FIELDS.items() if one else ():
            wanted = {"in_dist": one.row.in_dist, "objective": trained.objective, "field": field} if one else {}
            figures = published(source="outlier-exposure", **wanted)
            if one and figures:
                theirs = " / ".join(f"{figure.value:g}" for figure in figures)
                tables = " / ".join(f"table {figure.table}" for figure in figures)
                label = results.label(trained, "msp")
                rows.append((Cell(label), Cell(name), Cell(percent(one.mean(field))), Cell(theirs, tables)))
    if not rows:
        return None
    return Table(
        caption="Means over OOD sets, ours and those of the Outlier Exposure paper",
        columns=("score", "figure", "ours", "Outlier Exposure"),
        rows=tuple(rows),
        notes=("The OOD sets and base rates differ, so the means are only roughly comparable.",),
        folded=True,
    )


def unanswered_pool(results: TaskResults) -> str:
    """Return a sentence if the published ``All`` pools other sets than ours; otherwise an empty string."""
    theirs = pooled_sets(results.record.published)
    pooled = published(task=results.record.published, out_dist="All", metric="auroc")
    if not pooled or not results.pooled or theirs == results.pooled:
        return ""
    return (
        f"The published figures of All cannot be compared with ours: the paper pools {listed(sorted(theirs))};"
        f" this run pools {listed(sorted(results.pooled))}."
    )


def draws(results: TaskResults) -> tuple[str, ...]:
    """Return sentences that compare each published draw of held-out classes with our draws."""
    if len(results.seeds) < 2 or not any(row.held_out for row in results.rows):
        return ()
    trained = results.trained_models[0]
    labels = (results.label(trained), results.label(trained, results.leading_detectors(trained)[0]))
    said = []
    for about, score, name, one, field in _lines(results, trained):
        figures = results.figures(one, field)
        ours = sorted(100 * figure for row in one.rows if (figure := getattr(row, field)) is not None)
        if field in ("error", "auroc") and score in labels and figures and ours:
            places = "; ".join(f"{SOURCES[source]} {_place(one.value, ours)}" for source, one in figures.items())
            said.append(f"{name}, {about}: our {len(ours)} draws span {ours[0]:.1f} to {ours[-1]:.1f}; {places}.")
    return tuple(said)


def _place(value: float, ours: list[float]) -> str:
    """Say where a published value lies among the (ascending) figures of our draws."""
    where = "below all" if value < ours[0] else "above all" if value > ours[-1] else ""
    return f"{value:g} lies " + (where or f"within, above {sum(figure < value for figure in ours)} of {len(ours)}")
