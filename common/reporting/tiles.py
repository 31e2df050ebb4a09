"""The first screen: one tile a modality, with the MSP's two AUROCs and the best other score on OOD sets.

As in the summary's tables each task counts once, by its mean over seeds and the OOD sets of its own setting.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from common.reporting.differences import (
    BASELINE,
    MeanDifference,
    error_rows,
    from_msp,
    mean_difference,
    of_auroc,
    ood_rows,
)
from common.reporting.document import DASH, NOTHING, Tile, Tiles, counted, percent, points
from common.reporting.task_results import TaskResults
from common.store.rows import Row

Parts = list[tuple[float, float, float]]
"""Figures with their bounds."""

TITLES = {"vision": "Vision", "nlp": "Language", "speech": "Speech"}


def tiles(tasks: Sequence[TaskResults]) -> Tiles:
    """Return the tiles of the modalities that ran, in the order vision, language, speech."""
    modalities = dict.fromkeys(results.rows[0].modality for results in tasks)
    order = [*(name for name in TITLES if name in modalities), *(name for name in modalities if name not in TITLES)]
    return Tiles(tuple(_tile(name, [one for one in tasks if one.rows[0].modality == name]) for name in order))


def _tile(modality: str, tasks: Sequence[TaskResults]) -> Tile:
    errors = [error_rows(one, one.trained_models[0]) for one in tasks]
    ood = [[row for row in ood_rows(one, one.trained_models[0]) if row.primary] for one in tasks]
    figures = (
        ("right / wrong", *_figure(_mean(errors, BASELINE, of_auroc))),
        ("OOD", *_figure(_mean(ood, BASELINE, of_auroc))),
    )
    return Tile(TITLES.get(modality, modality), counted(len(tasks), "task"), figures, _best(ood))


def _mean(
    tasks: Sequence[Sequence[Row]], detector: str, read: Callable[[Sequence[Row], str], Parts]
) -> MeanDifference | None:
    """Return the mean over tasks of a detector's mean over rows; ``count`` is that of all rows."""
    each = [mean for rows in tasks if (mean := mean_difference(read(rows, detector))) is not None]
    over_tasks = mean_difference([(one.value, one.low, one.high) for one in each])
    return over_tasks and replace(over_tasks, count=sum(one.count for one in each))


def _figure(mean: MeanDifference | None) -> tuple[str, str]:
    if mean is None:
        return NOTHING, ""
    return percent(mean.value), f"{percent(max(mean.low, 0.0))}{DASH}{percent(min(mean.high, 1.0))}"


def _best(tasks: Sequence[Sequence[Row]]) -> str:
    """Say which other score has the largest mean difference among those that ran wherever the MSP did."""
    everywhere = sum(len(of_auroc(rows, BASELINE)) for rows in tasks)
    others = dict.fromkeys(row.detector for rows in tasks for row in rows if row.detector != BASELINE)
    means = {name: mean for name in others if (mean := _mean(tasks, name, from_msp)) is not None}
    complete = {name: mean for name, mean in means.items() if mean.count == everywhere}
    if not complete:
        return ""
    name = max(complete, key=lambda one: complete[one].value)
    best = complete[name]
    said = f"{points(100 * best.value)} ({points(100 * best.low)} to {points(100 * best.high)})"
    return f"Best other score on OOD sets: {name}, {said} against the MSP; best of {counted(len(complete), 'score')}."
