"""The output of ``--list``: one line a task, and the names of all else; everything of a task for ``--list TASK``."""

import textwrap
from collections.abc import Iterable, Sequence

from common.base.project import modalities
from common.cli.task_listing import BROKEN, FOUND, MISSING, STAND_IN, state_of
from common.data.download import downloads
from common.data.locations import Folders
from common.data.sources import AnySource
from common.discover import load_task, names, study_names, task_names
from common.task import Task

WIDTH = 100
LEGEND = (
    f"{FOUND} data found  {STAND_IN} part of it replaced by a stand-in  {MISSING} missing, so the task does not run"
)


def listing(folders: Folders, modality: str | None = None) -> str:
    """Return the list as plain text, at most 60 lines of 100 columns.

    Only declarations are loaded; data files are looked for, not read.
    """
    lines = [f"Tasks ({LEGEND})", *(_task_line(name, folders) for name in task_names(modality)), ""]
    lines += _named("Downloads (--download NAME; + here already)", _downloads(folders, modality))
    lines += _named("Detectors (--detectors)", names("common/detectors"))
    lines += _named("Objectives (--objectives)", names("common/objectives"))
    lines += _named("Studies (--study)", _studies(modality))
    for package in modalities() if modality is None else (modality,):
        lines += _named(f"Models of {package} (--model)", names(f"{package}/models"))
    return "\n".join([*lines, "", "--list TASK tells all of one task: its data, files, columns, and how to get them."])


def _task_line(name: str, folders: Folders) -> str:
    """Return one line: the mark of the task's data, its name, its title, and its OOD sets."""
    task = load_task(name)
    line = f"{_mark(task, folders)} {name:27} {task.title}"
    ood = f"  {_counted(task.ood, folders)}"
    room = WIDTH - len(ood)
    return (line if len(line) <= room else line[: room - 3] + "...") + ood


def _counted(sources: Sequence[AnySource], folders: Folders) -> str:
    """Return how many OOD sets are here and how many there are; those at several noise levels count once."""
    here = {source.name for source in sources if state_of(source, folders) in (FOUND, STAND_IN)}
    every = {source.name for source in sources}
    return f"OOD {len(here)}/{len(every)}" if every else "OOD by split"


def _mark(task: Task, folders: Folders) -> str:
    needed = {state_of(source, folders) for source in (task.train, task.test)}
    if needed & {MISSING, BROKEN}:
        return MISSING
    every = needed | {state_of(source, folders) for source in task.ood}
    return STAND_IN if STAND_IN in every else FOUND


def _downloads(folders: Folders, modality: str | None) -> list[str]:
    """Return the data sets that can be fetched; + follows those whose files are all in a data folder."""
    found = []
    for name, entry in sorted(downloads().items()):
        if modality is None or entry.files[0].startswith(f"{modality}/"):
            there = all(any((folder / file).is_file() for folder in folders.data) for file in entry.files)
            found.append(name + "+" * there)
    return found


def _studies(modality: str | None) -> list[str]:
    """Return the studies of a modality, and those of several."""
    return [name for name in study_names() if modality is None or name.split("/")[0] in ("common", modality)]


def _named(heading: str, found: Iterable[str]) -> list[str]:
    text = f"{heading}: {', '.join(found)}"
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
