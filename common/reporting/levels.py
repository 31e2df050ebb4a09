"""AUROC over a level in decibels, where OOD sets or their variants are named by one."""

import re
from collections.abc import Mapping

from common.reporting.document import NOTHING, Cell, Plots, Table, percent
from common.reporting.plots import level_curve
from common.reporting.study import AVERAGE, OWN_SETTING, TaskResults, TrainedModel, name_of

Lines = Mapping[str, Mapping[float | None, float]]
"""By OOD set, the AUROC at each level; None stands for the task's own setting where that has no known level."""


def level_lines(study: TaskResults, setting: TrainedModel, detector: str) -> Lines:
    """Return the sets that come at two levels or more; ``Average`` among them is the mean over the others.

    The pool ``All`` is left out: in the task's own setting it holds sets that come at no level, too.
    """
    lines: dict[str, dict[float | None, float]] = {}
    for name, variant in study.sets(setting):
        one = study.ood(setting, detector, (name, variant))
        auroc = one.mean("auroc") if one else None
        if auroc is None or name == "All" or (name == AVERAGE and variant is None):
            continue
        own = variant in (None, OWN_SETTING)
        at = study.facts.own_variant if own else variant
        if found := level_of(f"{name} {at}" if at else name):
            lines.setdefault(found[0], {})[found[1]] = auroc
        elif own:
            lines.setdefault(name, {})[None] = auroc
    return {name: line for name, line in lines.items() if len(set(line) - {None}) > 0 and len(line) > 1}


def level_plot(study: TaskResults, setting: TrainedModel, detector: str) -> Plots | None:
    """Return AUROC as a curve over the level, a line a set."""
    lines = {
        name: sorted((level, auroc) for level, auroc in line.items() if level is not None)
        for name, line in level_lines(study, setting, detector).items()
        if name != AVERAGE
    }
    lines = {name: line for name, line in lines.items() if len(line) > 1}
    if not lines:
        return None
    label = study.label(setting, detector)
    return Plots(f"AUROC over the signal-to-noise ratio ({label})", (level_curve(lines),))


def level_table(study: TaskResults, setting: TrainedModel, detector: str) -> Table | None:
    """Return AUROC by set and level, the quietest noise first."""
    lines = level_lines(study, setting, detector)
    levels = sorted({level for line in lines.values() for level in line if level is not None}, reverse=True)
    if len(levels) < 2:
        return None
    columns: list[float | None] = [*([None] if any(None in line for line in lines.values()) else []), *levels]
    own = level_of(study.facts.own_variant)
    return Table(
        caption=f"AUROC by signal-to-noise ratio ({study.label(setting, detector)})",
        columns=("OOD set", *(_column(level, own[1] if own else None) for level in columns)),
        rows=tuple(
            (Cell(name_of((name, None))), *(Cell(percent(line[at]) if at in line else NOTHING) for at in columns))
            for name, line in lines.items()
        ),
        notes=("Means over seeds; what varies between them stands in the table of variants.",),
        brief=tuple(range(len(columns) + 1)),
    )


def _column(level: float | None, own: float | None) -> str:
    if level is None:
        return "own setting"
    return f"{level:g} dB" + (", own" if level == own else "")


def level_of(name: str) -> tuple[str, float] | None:
    """Return the name without its level, and the level in decibels, or None where it names none.

    >>> level_of("TIMIT+babble -5 dB"), level_of("Mandarin")
    (('TIMIT+babble', -5.0), None)
    """
    found = re.search(r"[\s,(]*(?:at )?([-+\u2212]?\d+(?:\.\d+)?) ?dB(?: SNR)?\)?", name)
    if found is None:
        return None
    return (name[: found.start()] + name[found.end() :]).strip(), float(found[1].replace("\N{MINUS SIGN}", "-"))
