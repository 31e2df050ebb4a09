"""Discovery of tasks, detectors, objectives and architectures: each file of their folder defines one."""

import ast
import importlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.base.errors import UserError, did_you_mean
from common.base.project import ROOT, modalities
from common.data.class_folders import suffixes_below
from common.data.locations import Folders
from common.data.sources import Derived
from common.own_data import OwnData
from common.task import Model, Task

if TYPE_CHECKING:
    from common.architecture import Architecture
    from common.detector import Detector
    from common.objective import Objective
    from common.study import Study

ALL = "all"
"""Value of ``--detectors`` and ``--objectives`` that stands for every one."""

GROUPS = ("default", ALL)
"""Values of ``--detectors`` that stand for several detectors."""


def names(folder: str) -> list[str]:
    """Return the sorted names of the modules in ``folder`` (such as ``common/detectors``)."""
    return sorted(file.stem for file in (ROOT / folder).glob("*.py") if not file.stem.startswith("_"))


def title(folder: str, name: str) -> str:
    """Return the first line of a module's docstring, without importing the module."""
    docstring = ast.get_docstring(ast.parse((ROOT / folder / f"{name}.py").read_text(encoding="utf-8")))
    return (docstring or "").split("\n")[0]


def task_names(modality: str | None = None) -> list[str]:
    """Return the full names (``nlp/reuters8``) of all tasks, or of the tasks of one modality."""
    return [
        f"{package}/{name}"
        for package in modalities()
        if modality in (None, package)
        for name in names(f"{package}/tasks")
    ]


def resolve_task(name: str, modality: str | None = None) -> str:
    """Return the full name of a task, given its full name or its last part.

    Raises:
        UserError: no task or several tasks have that name.
    """
    known = task_names(modality)
    matches = [full for full in known if name in (full, full.split("/")[1])]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UserError(f"task {name!r} is ambiguous: {', '.join(matches)}; give the full name")
    near = did_you_mean(name, known + [full.split("/")[1] for full in known])
    raise UserError(f"unknown task {name!r}{near}; --list shows all")


def load_task(full_name: str) -> Task:
    """Return the declaration of the task with this full name."""
    modality, name = full_name.split("/")
    task: Task = _attribute(f"{modality}/tasks", name, "TASK", "task")
    return task


def load_detector(name: str) -> "Detector":
    """Return the detector with this name."""
    detector: Detector = _attribute("common/detectors", name, "DETECTOR", "detector")
    if detector.name != name:
        raise UserError(
            f"common/detectors/{name}.py defines a detector with the name {detector.name!r}; give it the name {name!r},"
            " that of its file"
        )
    return detector


def chosen_detectors(chosen: Sequence[str] | None, task: Sequence[str] = ()) -> "list[Detector]":
    """Return the selected detectors without duplicates.

    Args:
        chosen: names; ``default`` stands for the detectors that run by default, ``all`` for every detector.
            None: ``default``.
        task: names of additional detectors that the task runs by default.
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
    """Raise ``UserError`` unless ``name`` is a detector, ``default`` or ``all``."""
    if name not in GROUPS:
        load_detector(name)


def check_objective(name: str) -> None:
    """Raise ``UserError`` unless the name is an objective's or ``all``."""
    if name != ALL:
        load_objective(name)


def load_objective(name: str) -> "Objective":
    """Return the objective with this name."""
    objective: Objective = _attribute("common/objectives", name, "OBJECTIVE", "objective")
    return objective


def load_architecture(modality: str, model: Model, folders: Folders | None = None) -> "Architecture":
    """Return an architecture with the options of ``model``; ``folders`` sets its field of that name, if it has one."""
    build = _attribute(f"{modality}/models", model.name, "ARCHITECTURE", f"{modality} model")
    if model.untrained and "trained" not in getattr(build, "__dataclass_fields__", {}):
        raise UserError(f"--no-train: {modality} model {model.name!r} is no trained classifier; choose hf:NAME_OR_PATH")
    try:
        architecture: Architecture = build(**model.options, **_folders(build, folders))
    except TypeError as error:
        raise UserError(f"model {model.name!r} does not take these options: {error}") from error
    return architecture


def takes_augmented(modality: str, name: str) -> bool:
    """Whether an architecture takes what a task's augmentation makes of the inputs of the task's own architecture."""
    return bool(
        getattr(_attribute(f"{modality}/models", name, "ARCHITECTURE", f"{modality} model"), "augmented", False)
    )


def _folders(build: Any, folders: Folders | None) -> dict[str, Folders]:
    return {"folders": folders} if folders and "folders" in getattr(build, "__dataclass_fields__", {}) else {}


def user_file_modalities() -> list[str]:
    """Return the modalities that can make a task of the user's files: those with a ``user_files.py``."""
    return [name for name in modalities() if (ROOT / name / "user_files.py").is_file()]


OUTPUTS = (".npz", ".npy", ".safetensors")
"""Suffixes of files of a model's outputs, which another command reads."""


def own_modality(data: Path) -> str:
    """Return the modality of a file or folder of the user's: the one that most of its files belong to by their names.

    Raises:
        UserError: no file has a suffix that a modality knows.
    """
    counts = Counter(suffixes_below(data) if data.is_dir() else [data.suffix.lower()])
    known = {name: own_suffixes(name) for name in user_file_modalities()}
    fits = {name: sum(counts[suffix] for suffix in suffixes) for name, suffixes in known.items()}
    best = max(fits, key=lambda name: fits[name])
    if data.suffix.lower() in OUTPUTS:
        raise UserError(f"{data} holds outputs of a model; evaluate them with: python -m common.evaluate {data}")
    if not fits[best]:
        every = "; ".join(f"{name} {' '.join(sorted(suffixes))}" for name, suffixes in known.items())
        raise UserError(f"{data}: no file has a suffix that is read ({every}); convert, or name --modality")
    return best


def own_suffixes(modality: str) -> frozenset[str]:
    """Return the suffixes of files that a modality reads as the user's own, in lower case."""
    suffixes: frozenset[str] = importlib.import_module(f"{modality}.user_files").SUFFIXES
    return suffixes


def load_user_files(modality: str) -> "Callable[[OwnData], Task]":
    """Return the function that makes a task of the user's files: ``user_task`` of ``MODALITY/user_files.py``.

    Raises:
        UserError: the modality does not support the user's files.
    """
    if modality not in user_file_modalities():
        raise UserError(
            f"--in does not support modality {modality!r}; it supports: {', '.join(user_file_modalities())}"
        )
    user_task: Callable[[OwnData], Task] = importlib.import_module(f"{modality}.user_files").user_task
    return user_task


def load_pseudo_ood(modality: str) -> tuple[Derived, ...]:
    """Return the pseudo-OOD sets that a modality derives from validation data; () if it defines none."""
    if not (ROOT / modality / "data" / "pseudo_ood.py").is_file():
        return ()
    kinds: tuple[Derived, ...] = importlib.import_module(f"{modality}.data.pseudo_ood").PSEUDO_OOD
    return kinds


def parse_model(modality: str, text: str) -> Model:
    """Parse ``--model NAME`` or ``NAME:ARGUMENT``; the argument sets the first option of the architecture.

    Raises:
        UserError: the modality has no such model, or the model takes no argument.
    """
    name, colon, argument = text.partition(":")
    build = _attribute(f"{modality}/models", name, "ARCHITECTURE", f"{modality} model")
    if not colon:
        return Model(name)
    options = list(getattr(build, "__dataclass_fields__", {}).values())
    if not options:
        raise UserError(f"model {name!r} takes no argument, but {argument!r} was given; use --model {name}")
    return Model(name, {options[0].name: _like(options[0].default, argument, name)}, argument)


def _like(default: object, argument: str, name: str) -> object:
    """Return ``argument`` as an int if the option's default is an int, else unchanged."""
    if not isinstance(default, int):
        return argument
    if not argument.isdecimal() or int(argument) == 0:
        raise UserError(f"--model {name}:N takes a whole number above 0, not {argument!r}")
    return int(argument)


def study_names() -> list[str]:
    """Return the full names (``vision/which_outliers``) of all studies; ``common`` has those of several modalities."""
    return [f"{package}/{name}" for package in ("common", *modalities()) for name in names(f"{package}/studies")]


def load_study(name: str) -> "Study":
    """Return the study with this full name, or with this last part of it.

    Raises:
        UserError: no study or several studies have that name.
    """
    known = study_names()
    matches = [full for full in known if name in (full, full.split("/")[1])]
    if len(matches) != 1:
        near = did_you_mean(name, [*known, *(full.split("/")[1] for full in known)])
        what = f"study {name!r} is ambiguous" if matches else f"unknown study {name!r}{near}"
        raise UserError(f"{what}; there are: {', '.join(matches or known)}")
    package, last = matches[0].split("/")
    study: Study = _attribute(f"{package}/studies", last, "STUDY", "study")
    return study


def _attribute(folder: str, name: str, attribute: str, what: str) -> Any:
    known = names(folder)
    if name not in known:
        raise UserError(f"unknown {what} {name!r}{did_you_mean(name, known)}; there are: {', '.join(known)}")
    return getattr(importlib.import_module(f"{folder.replace('/', '.')}.{name}"), attribute)
