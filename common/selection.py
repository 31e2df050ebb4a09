"""What a run was asked to do: tasks, seeds, ways of training, detectors."""

from dataclasses import dataclass

from common.discover import ALL, names
from common.reporting.formats import DEFAULT
from common.task import Task


@dataclass(frozen=True)
class Selection:
    """What to run.

    Attributes:
        tasks: full names.
        seeds: how many, from 0.
        objectives: by name, ``all`` for every one that fits a task, or None for each task's own.
        detectors: by name, ``default`` or ``all``; None: default.
        examples: training sets of so many examples, drawn from the task's own, are trained on beside it.
        required: whether missing data is an error, because the tasks were asked for by name.
        command: what the user typed, for the record.
        full: whether the report for the terminal has a section for every task.
        formats: of the report, by name.
    """

    tasks: tuple[str, ...]
    seeds: int = 1
    objectives: tuple[str, ...] | None = None
    detectors: tuple[str, ...] | None = None
    examples: tuple[int, ...] = ()
    required: bool = False
    command: str = ""
    full: bool = False
    formats: tuple[str, ...] = DEFAULT

    def objectives_of(self, task: Task) -> tuple[list[str], list[str]]:
        """Return the ways of training that a task was asked for, and those that ``all`` adds to them."""
        chosen = self.objectives or task.objectives
        asked = [name for name in chosen if name != ALL]
        every = dict.fromkeys([*task.objectives, *names("common/objectives")]) if ALL in chosen else {}
        return asked, [name for name in every if name not in asked]
