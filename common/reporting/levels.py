"""AUROC over the signal-to-noise ratio, for OOD sets that exist at several noise levels."""

from collections.abc import Mapping

from common.papers.table import POOLED
from common.reporting.document import NOTHING, Cell, Plots, Table, percent
from common.reporting.plots import level_curve
from common.reporting.task_results import AVERAGE, TaskResults, TrainedModel, name_of
from common.store.outputs import OodKey

Lines = Mapping[str, Mapping[float, float]]
"""AUROC by OOD set and by level in dB."""


def level_lines(results: TaskResults, trained: TrainedModel, detector: str) -> Lines:
    """Return the AUROCs of the OOD sets with two or more levels; ``Average`` is the mean over the sets.

    The pool ``All`` is excluded, because in the task's default setting it contains sets without a level.
    """
    lines: dict[str, dict[float, float]] = {}
    for key in results.sets(trained):
        one = results.ood(trained, detector, key)
        auroc = one.mean("auroc") if one else None
        if auroc is not None and key.level_db is not None and (key.name == AVERAGE or key.name not in POOLED):
            lines.setdefault(key.name, {})[key.level_db] = auroc
    return {name: line for name, line in lines.items() if len(line) > 1}


def level_plot(results: TaskResults, trained: TrainedModel, detector: str) -> Plots | None:
    """Return a plot of AUROC over the level, one line per OOD set."""
    lines = {
        name: sorted(line.items()) for name, line in level_lines(results, trained, detector).items() if name != AVERAGE
    }
    if not lines:
        return None
    label = results.label(trained, detector)
    return Plots(f"AUROC over the signal-to-noise ratio ({label})", (level_curve(lines),))


def level_table(results: TaskResults, trained: TrainedModel, detector: str) -> Table | None:
    """Return a table of AUROC by OOD set and level, the highest signal-to-noise ratio first."""
    lines = level_lines(results, trained, detector)
    levels = sorted({level for line in lines.values() for level in line}, reverse=True)
    if len(levels) < 2:
        return None
    return Table(
        caption=f"AUROC by signal-to-noise ratio ({results.label(trained, detector)})",
        columns=("OOD set", *(_column(level, level in results.primary_levels) for level in levels)),
        rows=tuple(
            (Cell(name_of(OodKey(name))), *(Cell(percent(line[at]) if at in line else NOTHING) for at in levels))
            for name, line in lines.items()
        ),
        notes=("Means over seeds; the table of OOD sets by noise level shows the spread over seeds.",),
        brief=tuple(range(len(levels) + 1)),
    )


def _column(level: float, is_default: bool) -> str:
    return f"{level:g} dB" + (", default" if is_default else "")
