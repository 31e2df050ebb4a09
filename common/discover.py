"""Finds tasks, detectors, objectives and architectures by their folder: a new one is a new file, no list to edit."""

import ast
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.base.errors import UserError, did_you_mean
from common.base.project import ROOT, modalities
from common.data.sources import Derived, Folders
from common.task import Model, Task

if TYPE_CHECKING:
    from common.detector import Detector
    from common.model import Architecture
    from common.objective import Objective

ALL = "all"
"""What ``--objectives`` takes beside names."""

GROUPS = ("default", ALL)
"""What ``--detectors`` takes beside names."""


def names(folder: str) -> list[str]:
    """Return the names of the modules in ``folder`` (``common/detectors``), sorted."""
    return sorted(file.stem for file in (ROOT / folder).glob("*.py") if not file.stem.startswith("_"))


def title(folder: str, name: str) -> str:
    """Return the first line of a module's docstring, without importing the module."""
    docstring = ast.get_docstring(ast.parse((ROOT / folder / f"{name}.py").read_text(encoding="utf-8")))
    return (docstring or "").split("\n")[0]


def task_names(modality: str | None = None) -> list[str]:
    """Return the full names (``nlp/reuters8``) of all tasks, or of one modality's."""
    return [
        f"{package}/{name}"
        for package in modalities()
        if modality in (None, package)
        for name in names(f"{package}/tasks")
    ]


def resolve_task(name: str, modality: str | None = None) -> str:
    """Return the full name of a task that is given in full or by its last part.

    Raises:
        UserError: there is none of that name, or more than one.
    """
    known = task_names(modality)
    matches = [full for full in known if name in (full, full.split("/")[1])]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UserError(f"task {name!r} is ambiguous: {', '.join(matches)}; give it in full")
    near = did_you_mean(name, known + [full.split("/")[1] for full in known])
    raise UserError(f"unknown task {name!r}{near}; --list shows all")


def load_task(full_name: str) -> Task:
    """Return the declaration of a task by its full name."""
    modality, name = full_name.split("/")
    task: Task = _attribute(f"{modality}/tasks", name, "TASK", "task")
    return task


def load_detector(name: str) -> "Detector":
    """Return a detector by name."""
    detector: Detector = _attribute("common/detectors", name, "DETECTOR", "detector")
    return detector


def chosen_detectors(chosen: Sequence[str] | None, task: Sequence[str] = ()) -> "list[Detector]":
    """Return the detectors that a selection means, each once.

    Args:
        chosen: names; ``default`` stands for those that run when none is named, ``all`` for every one. None: default.
        task: names of further detectors that a task runs by default.
    """
    found: dict[str, Detector] = {}
    for name in chosen or ("default",):
        if name in GROUPS:
            every = [load_detector(one) for one in names("common/detectors")]
            found |= {one.name: one for one in every if name == "all" or one.default or one.name in task}
        else:
            found[name] = load_detector(name)
    return list(found.values())


def check_detector(name: str) -> None:
    """Raise ``UserError`` unless the name is a detector's, ``default`` or ``all``."""
    if name not in GROUPS:
        load_detector(name)


def check_objective(name: str) -> None:
    """Raise ``UserError`` unless the name is an objective's or ``all``."""
    if name != ALL:
        load_objective(name)


def load_objective(name: str) -> "Objective":
    """Return an objective by name."""
    objective: Objective = _attribute("common/objectives", name, "OBJECTIVE", "objective")
    return objective


def load_architecture(modality: str, model: Model, folders: Folders | None = None) -> "Architecture":
    """Return an architecture with its options set; one that has a field ``folders`` is told where data lies."""
    build = _attribute(f"{modality}/models", model.name, "ARCHITECTURE", f"{modality} model")
    try:
        architecture: Architecture = build(**model.options, **_folders(build, folders))
    except TypeError as error:
        raise UserError(f"model {model.name!r} does not take these options: {error}") from error
    return architecture


def _folders(build: Any, folders: Folders | None) -> dict[str, Folders]:
    return {"folders": folders} if folders and "folders" in getattr(build, "__dataclass_fields__", {}) else {}


def user_file_modalities() -> list[str]:
    """Return the modalities that can make a task of files of one's own: those with a ``user_files.py``."""
    return [name for name in modalities() if (ROOT / name / "user_files.py").is_file()]


def load_user_files(modality: str) -> "Callable[[Path, Mapping[str, Path]], Task]":
    """Return what makes a task of files of one's own: ``user_task`` of ``MODALITY/user_files.py``.

    Raises:
        UserError: the modality cannot do that.
    """
    if modality not in user_file_modalities():
        raise UserError(f"--in is not for modality {modality!r}; it is for: {', '.join(user_file_modalities())}")
    user_task: Callable[[Path, Mapping[str, Path]], Task] = importlib.import_module(f"{modality}.user_files").user_task
    return user_task


def load_pseudo_ood(modality: str) -> tuple[Derived, ...]:
    """Return the kinds of pseudo-OOD that a modality makes of held-out data; none where it defines none."""
    if not (ROOT / modality / "data" / "pseudo_ood.py").is_file():
        return ()
    kinds: tuple[Derived, ...] = importlib.import_module(f"{modality}.data.pseudo_ood").PSEUDO_OOD
    return kinds


def parse_model(modality: str, text: str) -> Model:
    """Return the model that ``--model NAME`` or ``NAME:ARGUMENT`` names; the argument is the first option of NAME.

    Raises:
        UserError: the modality has no such model, or it takes no argument.
    """
    name, colon, argument = text.partition(":")
    build = _attribute(f"{modality}/models", name, "ARCHITECTURE", f"{modality} model")
    if not colon:
        return Model(name)
    options = list(getattr(build, "__dataclass_fields__", {}).values())
    if not options:
        raise UserError(f"model {name!r} takes no argument, and {argument!r} was given")
    return Model(name, {options[0].name: _like(options[0].default, argument, name)}, argument)


def _like(default: object, argument: str, name: str) -> object:
    """Return the argument as a whole number where the option's default is one, else as it is."""
    if not isinstance(default, int):
        return argument
    if not argument.isdecimal() or int(argument) == 0:
        raise UserError(f"--model {name}:N takes a whole number above 0, not {argument!r}")
    return int(argument)


def _attribute(folder: str, name: str, attribute: str, what: str) -> Any:
    known = names(folder)
    if name not in known:
        raise UserError(f"unknown {what} {name!r}{did_you_mean(name, known)}; there are: {', '.join(known)}")
    return getattr(importlib.import_module(f"{folder.replace('/', '.')}.{name}"), attribute)
