"""The publications' tables as they are printed, with our figure beneath each of theirs."""

from collections.abc import Iterable, Sequence

from common.papers.table import Figure
from common.reporting.document import Cell, Section, Table, percent
from common.reporting.published import all_figures
from common.reporting.published_tables import figures_of_ours
from common.reporting.task_results import AVERAGE, TaskResults
from common.store.outputs import OodKey
from common.store.seed_means import SeedMean

EXPOSURE = "outlier-exposure"
PAPERS = {"paper": "Hendrycks & Gimpel 2017", EXPOSURE: "Hendrycks, Mazeika & Dietterich 2019, Outlier Exposure"}
"""Sources with numbered tables."""

METRICS = {
    "auroc": "AUROC",
    "aupr_success": "AUPR Succ",
    "aupr_error": "AUPR Err",
    "aupr_in": "AUPR In",
    "aupr_out": "AUPR Out",
    "mean_msp:wrong": "MSP wrong",
    "mean_msp:out": "MSP OOD",
    "error": "test error",
    "fpr95": "FPR95",
}
NOTES = {
    "paper": "Percent: the printed figure, and its base rate where one is printed; beneath, ours, with our base rate.",
    EXPOSURE: "Percent: the printed mean over that paper's OOD sets; beneath, the mean over ours, which are others and"
    " have other base rates. FPR95 has OOD as the side to find (FPR95 out).",
}


def paper_tables(tasks: Sequence[TaskResults]) -> Section | None:
    """Return every published table of which this run has a figure; None if it has none."""
    ours = {figure: one for results in tasks for figure, one in (*figures_of_ours(results), *_exposure(results))}
    tables: dict[tuple[str, str], list[Figure]] = {}
    for figure in all_figures():
        if figure.source in PAPERS and figure.table:
            tables.setdefault((figure.source, figure.table), []).append(figure)
    found = [_table(*name, figures, ours) for name, figures in tables.items() if any(one in ours for one in figures)]
    return Section("The papers' tables, and ours", tuple(found)) if found else None


def _exposure(results: TaskResults) -> Iterable[tuple[Figure, SeedMean]]:
    """Yield the figures of Outlier Exposure for our in-distribution and training, with our mean over OOD sets."""
    for figure in all_figures():
        if figure.source == EXPOSURE and figure.in_dist == results.rows[0].in_dist:
            for trained in results.trained_models:
                one = results.ood(trained, figure.score, OodKey(AVERAGE), "all")
                if one is not None and trained.objective == figure.objective:
                    yield figure, one


def _table(source: str, number: str, figures: Sequence[Figure], ours: dict[Figure, SeedMean]) -> Table:
    metrics = list(dict.fromkeys(map(_metric, figures)))
    detectors = {one.detector for one in figures}
    lines: dict[tuple[str, str | None, str], dict[str, Figure]] = {}
    for one in figures:
        lines.setdefault((one.in_dist, one.out_dist, one.detector), {})[_metric(one)] = one
    rows = []
    for (in_dist, out_dist, detector), line in lines.items():
        named = " against ".join(part for part in (in_dist, out_dist) if part)
        cells = [_cell(line[metric], ours.get(line[metric])) if metric in line else Cell("") for metric in metrics]
        rows.append((Cell(named), *((Cell(detector),) if len(detectors) > 1 else ()), *cells))
    columns = ("comparison", *(("score",) if len(detectors) > 1 else ()), *(METRICS.get(one, one) for one in metrics))
    name = f"{PAPERS[source]}, table {number}"
    return Table(name, columns, tuple(rows), (NOTES[source],), folded=True)


def _metric(figure: Figure) -> str:
    plain = figure.metric
    return f"{plain}:{figure.subset}" if plain == "mean_msp" else plain


def _cell(theirs: Figure, ours: SeedMean | None) -> Cell:
    printed = f"{theirs.value:g}" + (f"/{theirs.base:g}" if theirs.base is not None else "")
    if ours is None:
        return Cell(printed)
    base = ours.mean(theirs.field.replace("aupr", "base")) if theirs.field.startswith("aupr") else None
    return Cell(printed, f"ours {percent(ours.mean(theirs.field))}" + (f"/{percent(base)}" if base is not None else ""))
