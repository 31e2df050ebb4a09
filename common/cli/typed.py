"""What was typed of tasks, data, models and budgets, checked before any work begins."""

from dataclasses import replace
from pathlib import Path

from common.base.arguments import parse_named_files
from common.base.border import absent
from common.base.errors import UserError, did_you_mean
from common.base.project import ROOT, modalities
from common.discover import own_modality, parse_model, resolve_task, task_names
from common.own_data import OwnData
from common.papers.table import POOLED
from common.task import Model


def known_modality(modality: str | None) -> str | None:
    """Return the modality that was named, or None if none was.

    Raises:
        UserError: there is none of that name.
    """
    if modality is not None and modality not in modalities():
        near = did_you_mean(modality, list(modalities()))
        raise UserError(f"unknown modality {modality!r}{near}; there are: {', '.join(modalities())}")
    return modality


def chosen_tasks(chosen: list[str] | None, modality: str | None) -> tuple[str, ...]:
    """Return the full names of the tasks that were named, each once; all of the modality, or of all, without names."""
    modality = known_modality(modality)
    named = [name.strip() for text in chosen or () for name in text.split(",")]
    return tuple(dict.fromkeys(resolve_task(name, modality) for name in named)) or tuple(task_names(modality))


def own_data(data: Path | None, ood: list[str] | None, task: list[str] | None, options: OwnData) -> OwnData | None:
    """Return the user's data with further ``options``, or None if --in is not given."""
    if data is None:
        if ood:
            raise UserError("--ood NAME=FILE needs --in FILE")
        if options != OwnData(Path()):
            raise UserError("--test, --text-column, --label-column and --label-pattern need --in")
        return None
    if task:
        raise UserError("--in defines the task, so it cannot be combined with --task; omit one of the two")
    return replace(options, data=data, ood=parse_named_files(ood, POOLED))


def modality_of(own: OwnData | None, modality: str | None) -> str | None:
    """Return the modality of the user's data: the one named, or the one that its files belong to; None without --in."""
    if own is None:
        return None
    own.check()
    return known_modality(modality) or own_modality(own.data)


def check_budgets(profile: str, seeds: int, weights: Path | None, sizes: tuple[int, ...]) -> None:
    """Raise ``UserError`` if profile, seeds, weights or sizes of training sets make no run."""
    if profile not in ("quick", "paper"):
        raise UserError(
            f"unknown profile {profile!r}{did_you_mean(profile, ['quick', 'paper'])}; there are: quick, paper"
        )
    if seeds < 1:
        raise UserError(f"--seeds must be 1 or more, not {seeds}")
    if weights is not None and not weights.is_file():
        raise absent(weights, "--weights")
    if weights is not None and sizes:
        raise UserError("--weights replaces training, so it cannot be combined with --examples; omit one of the two")


def data_folders(data_dir: Path | None) -> tuple[Path, ...]:
    """Return the data folders to search: the one named, or the default folder of downloads."""
    if data_dir is None:
        return (ROOT / "data",)
    if not data_dir.is_dir():
        if not data_dir.exists():
            raise absent(data_dir, "--data-dir")
        raise UserError(f"--data-dir {data_dir} is not a folder; create it or name another")
    return (data_dir,)


def chosen_model(text: str | None, tasks: tuple[str, ...], no_train: bool, weights: Path | None) -> Model | None:
    """Return the architecture of --model; None: each task's own."""
    if text is None:
        if no_train and weights is None:
            raise UserError("--no-train needs a trained classifier: --model hf:NAME_OR_PATH, or --weights FILE")
        return None
    found = {name.split("/")[0] for name in tasks}
    if len(found) > 1:
        raise UserError("--model needs --task or --modality, because an architecture belongs to one modality")
    model = parse_model(found.pop(), text)
    return model.as_it_is() if no_train and weights is None else model
