"""Published against measured: what became of every published figure in the recorded runs."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from common.papers.table import POOLED, Figure
from common.reporting.document import Cell, Section, Table, Text, counted, percent, points
from common.reporting.published import all_figures, not_run_reason
from common.reporting.published_tables import figures_of_ours
from common.reporting.task_results import SOURCES, TaskResults
from common.store.seed_means import SeedMean, Spread

TOLERANCE = 2.0
"""Percentage points between our mean over seeds and a published figure that count as reproduced."""
SAME_BASE = 2.0
"""Percentage points between the base rates of two AUPRs that may be compared."""

Status = Literal["reproduced", "within our seeds", "further away", "other base rate", "sample", "not run"]
STATUSES: tuple[Status, ...] = (
    "reproduced", "within our seeds", "further away", "other base rate", "sample", "not run",
)  # fmt: skip

MEANING = (
    f"Reproduced: our mean over seeds lies within {TOLERANCE:g} percentage points of the published figure.",
    "Within our seeds: it does not, but the published figure lies within the range of our seeds, up to its rounding. A"
    " seed draws the classes left out, and the publication is one such draw.",
    "Further away: neither.",
    f"Other base rate: an AUPR whose base rate differs by more than {SAME_BASE:g} points, so that the two cannot be"
    " compared.",
    "Sample: measured on a part of the data, which reproduces nothing, whatever the figure.",
    "Not run: no recorded run has it; the reasons stand below.",
)


@dataclass(frozen=True)
class Outcome:
    """What became of a published figure.

    Attributes:
        figure: the published one.
        status: see ``MEANING``.
        ours: what measures the same; None where nothing does.
        why: reason of what was not run.
    """

    figure: Figure
    status: Status
    ours: Spread | None = None
    why: str = ""


def outcomes(runs: Iterable[TaskResults]) -> list[Outcome]:
    """Return what became of every published figure, in the order of the papers.

    Where several runs measure the same, one of the whole data comes before one of a sample, and then the first.

    Args:
        runs: results of the tasks of runs with the published budget.
    """
    runs = sorted(runs, key=lambda results: results.kinds != ("full",))
    found: dict[Figure, Outcome] = {}
    for results in runs:
        for figure, ours in figures_of_ours(results):
            if (spread := ours.figures[figure.field]) is not None:
                found.setdefault(figure, Outcome(figure, _status(figure, ours, spread), spread))
    return [found.get(figure) or Outcome(figure, "not run", why=_why(figure, runs)) for figure in all_figures()]


def _status(figure: Figure, ours: SeedMean, spread: Spread) -> Status:
    if ours.row.data != "full":
        return "sample"
    base = ours.mean(figure.field.replace("aupr", "base")) if figure.field.startswith("aupr") else None
    if base is not None and figure.base is not None and abs(100 * base - figure.base) > SAME_BASE:
        return "other base rate"
    if abs(100 * spread.mean - figure.value) <= TOLERANCE:
        return "reproduced"
    rounding = 0.5 if figure.source == "paper" else 0.005
    inside = 100 * spread.low - rounding <= figure.value <= 100 * spread.high + rounding
    return "within our seeds" if inside else "further away"


def _why(figure: Figure, runs: Sequence[TaskResults]) -> str:
    """Return why no recorded run has a figure: the task was not run, or a training, a set or a score of it."""
    own = [results for results in runs if results.record.published == figure.task]
    if not own:
        return not_run_reason(figure.task) or f"no recorded run of {figure.task}"
    rows = [row for results in own for row in results.rows]
    if figure.objective not in (None, *(row.objective for row in rows)):
        return f"{figure.task}: no recorded training with {figure.objective}"
    if figure.out_dist in POOLED:
        return f"{figure.task}: the paper pools other OOD sets than are here"
    if figure.out_dist is not None and figure.out_dist not in {row.out_dist for row in rows}:
        return f"{figure.task}: {figure.out_dist} is not here"
    if figure.score not in {row.detector for row in rows}:
        return f"{figure.task}: the score {figure.score} is not recorded"
    return f"{figure.task}: a figure that the run does not have"


def reproduced_section(runs: Iterable[TaskResults]) -> Section:
    """Return the page: counts by published table, reasons of what was not run, and the figures further away."""
    found = outcomes(runs)
    counts = Counter(one.status for one in found)
    said = ", ".join(f"{counts[status]} {status}" for status in STATUSES)
    whys = Counter(one.why for one in found if one.status == "not run")
    reasons = tuple(f"{counted(count, 'cell')}: {why}." for why, count in whys.most_common())
    return Section(
        "Published against measured",
        (
            _counts_table(found),
            Text(MEANING),
            Text(reasons, heading="Why cells were not run"),
            _away_table("Cells further away", [one for one in found if one.status == "further away"]),
        ),
        subtitle=f"{counted(len(found), 'published cell')}: {said}.",
    )


def _counts_table(found: Sequence[Outcome]) -> Table:
    tables: dict[tuple[str, str], list[Outcome]] = {}
    for one in found:
        tables.setdefault((one.figure.source, one.figure.table), []).append(one)
    rows = [(_table_name(*key), own) for key, own in tables.items()]
    return Table(
        caption="Cells of every published table, by what became of them",
        columns=("table", "cells", *STATUSES),
        rows=tuple((Cell(name), Cell(str(len(own))), *map(_count_cell(own), STATUSES)) for name, own in rows),
    )


def _count_cell(own: Sequence[Outcome]) -> Callable[[Status], Cell]:
    counts = Counter(one.status for one in own)
    return lambda status: Cell(str(counts[status]))


def _table_name(source: str, table: str) -> str:
    name = SOURCES.get(source, source)
    return f"{name}, table {table}" if table else name


def _away_table(caption: str, found: Sequence[Outcome]) -> Table:
    rows = tuple(
        (
            Cell(f"{one.figure.task}: {one.figure.out_dist or 'right / wrong'}", _trained(one.figure)),
            Cell(_metric(one.figure), _table_name(one.figure.source, one.figure.table)),
            Cell(f"{one.figure.value:g}", f"base {one.figure.base:g}" if one.figure.base and _is_aupr(one) else ""),
            Cell(percent(one.ours.mean), _range(one.ours)),
            Cell(points(100 * one.ours.mean - one.figure.value)),
        )
        for one in found
        if one.ours is not None
    )
    return Table(caption, ("comparison", "figure", "published", "ours", "difference"), rows)


def _is_aupr(one: Outcome) -> bool:
    return one.figure.field.startswith("aupr")


def _trained(figure: Figure) -> str:
    parts = [figure.detector, *([figure.objective] if figure.objective not in (None, "cross_entropy") else [])]
    return " · ".join(map(str, parts))


def _metric(figure: Figure) -> str:
    name = figure.metric.replace("_", " ")
    return f"{name} of {figure.subset}" if figure.metric == "mean_msp" else name


def _range(ours: Spread) -> str:
    return f"{percent(ours.low)} to {percent(ours.high)} over {ours.count} seeds" if ours.count > 1 else ""
