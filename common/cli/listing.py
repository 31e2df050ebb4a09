"""The output of ``--list``: tasks with their data, downloads, detectors, objectives and models."""

from common.base.errors import UserError
from common.base.project import modalities
from common.data.download import downloads
from common.data.locations import Folders
from common.data.sources import AnySource
from common.discover import load_task, names, task_names, title
from common.task import Task


def listing(folders: Folders, modality: str | None = None) -> str:
    """Return the list as plain text. Only declarations are loaded; data files are looked for, not read."""
    lines = ["Tasks and their data (+ found, ~ replaced by a stand-in, - missing)"]
    for name in task_names(modality):
        task = load_task(name)
        lines += ["", f"{name}: {task.title} [{', '.join(task.objectives)}; model {_models(task)}]"]
        listed = [("train", task.train), ("test", task.test), *(("OOD", source) for source in task.ood)]
        lines += dict.fromkeys(_source_line(role, source, folders) for role, source in listed)
    lines += ["", "Downloads (--download NAME)", *_downloads(folders, modality)]
    lines += ["", "Detectors", *_titles("common/detectors")]
    lines += ["", "Objectives", *_titles("common/objectives")]
    for package in modalities() if modality is None else (modality,):
        lines += ["", f"Models of {package}", *_titles(f"{package}/models")]
    return "\n".join(lines)


def _models(task: Task) -> str:
    quick = f" (quick: {task.quick_model.name})" if task.quick_model else ""
    return task.model.name + quick


def _source_line(role: str, source: AnySource, folders: Folders) -> str:
    try:
        found = source.resolve(folders)
    except UserError as error:
        return f"  - {role:5} {source.name}: {error}"
    about = f" ({source.about})" if source.about else ""
    if found is None:
        return f"  - {role:5} {source.name}{about}: {source.remedy}"
    if found is not source:
        return f"  ~ {role:5} {source.name}: replaced by {found.name}; to get the original: {source.remedy}"
    return f"  + {role:5} {source.name}{about}"


def _downloads(folders: Folders, modality: str | None) -> list[str]:
    """Return one line per data set that can be fetched; + marks those whose files are all in a data folder."""
    lines = []
    for name, entry in sorted(downloads().items()):
        if modality is None or entry.files[0].startswith(f"{modality}/"):
            there = all(any((folder / file).is_file() for folder in folders.data) for file in entry.files)
            lines.append(f"  {'+' if there else '-'} {name:16} {entry.about}")
    return lines


def _titles(folder: str) -> list[str]:
    return [f"  {name:20} {title(folder, name)}" for name in names(folder)]
