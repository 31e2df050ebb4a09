"""Mean ranks of all scores over the tasks of a run, and which of them are told apart: a critical-difference picture."""

from collections.abc import Callable, Mapping, Sequence

from common.metrics.ranks import MeanRanks, mean_ranks
from common.reporting.chart import Axis
from common.reporting.document import Plots, counted
from common.reporting.dot_plot import Mark, Row, dot_plot
from common.reporting.task_plots import OOD
from common.reporting.task_results import TaskResults

FEWEST_TASKS, FEWEST_SCORES = 3, 3
MANY = 12
"""Scores from which on the pictures are folded."""

Figure = Callable[[TaskResults, str], float | None]
"""A figure of a task's first way of training, by the name of the score."""


def rank_plots(tasks: Sequence[TaskResults], figures: Mapping[str, Figure]) -> Plots | None:
    """Return a picture for each figure, by its name; None with fewer than 3 tasks or scores.

    A task counts once. Scores are left out that lack the figure on a task where others have it.
    """
    drawn, alike, most = [], [], 0
    for name, figure in figures.items():
        scores = _everywhere(tasks, figure)
        sets = len(next(iter(scores.values()), ()))
        if sets >= FEWEST_TASKS and len(scores) >= FEWEST_SCORES:
            ranks = mean_ranks(list(zip(*scores.values(), strict=True)))
            drawn.append(_drawing(name, list(scores), ranks, sets))
            alike += [] if ranks.p_value is None else [f"{name} p = {ranks.p_value:.2g}"]
            most = max(most, len(scores))
    caption = (
        "Mean rank of each score over tasks, 1 is best. Two scores whose bars do not overlap differ by more than chance"
        " (Nemenyi's test, 5 % for all pairs together)."
    )
    caption += f" Friedman's test of no difference at all: {', '.join(alike)}." if alike else ""
    return Plots(caption, tuple(drawn), folded=most > MANY) if drawn else None


def _everywhere(tasks: Sequence[TaskResults], figure: Figure) -> dict[str, list[float]]:
    """Return the figures of the scores that have one on every task on which any score has one."""
    of_tasks = [
        {name: value for name in one.detectors(one.trained_models[0]) if (value := figure(one, name)) is not None}
        for one in tasks
    ]
    of_tasks = [found for found in of_tasks if found]
    names = dict.fromkeys(name for found in of_tasks for name in found)
    return {name: [found[name] for found in of_tasks] for name in names if all(name in found for found in of_tasks)}


def _drawing(title: str, scores: Sequence[str], found: MeanRanks, sets: int) -> str:
    half, most = found.critical_difference / 2, len(scores)
    bar, dot = Mark("critical difference", OOD, "span"), Mark("mean rank", OOD, "large dot")
    rows: dict[str, Row] = {
        f"{name}: {rank:.1f}": [(bar, [max(rank - half, 1), min(rank + half, most)]), (dot, [rank])]
        for rank, name in sorted(zip(found.ranks.tolist(), scores, strict=True))
    }
    ticks = tuple((float(at), str(at)) for at in range(1, most + 1) if most <= MANY or at % 5 == 0)
    axis = Axis(f"{title}: mean rank over {counted(sets, 'task')}", 1.0, float(most), ticks)
    return dot_plot(f"Mean ranks of {most} scores, {title}", rows, axis)
