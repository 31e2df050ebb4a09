"""What a command line gives away before its work: words that belong to no option, and the list."""

from collections.abc import Sequence
from typing import get_args

from common.base.errors import UserError, did_you_mean
from common.base.terminal import say
from common.data.locations import Folders
from common.discover import resolve_task, task_names
from common.task import Tune


def check_words(words: Sequence[str]) -> None:
    """Raise ``UserError`` for words that belong to no option: often the name of a task."""
    if not words:
        return
    known = [name for full in task_names() for name in (full, full.split("/")[1])]
    if words[0] in known:
        raise UserError(f"{words[0]!r} stands alone; did you mean --task {words[0]}?")
    near = did_you_mean(words[0], known)
    raise UserError(f"{words[0]!r} belongs to no option{near}; --task NAME runs a task, --list shows all")


def show_list(words: Sequence[str], folders: Folders, modality: str | None) -> int:
    """Print the list, or all of the tasks that are named; return the exit code."""
    named = [resolve_task(name.strip(), modality) for word in words for name in word.split(",")]
    if named:
        from common.cli.task_listing import task_listing

        say("\n\n".join(task_listing(name, folders) for name in dict.fromkeys(named)))
    else:
        from common.cli.listing import listing

        say(listing(folders, modality))
    return 0


def chosen_tune(name: str) -> Tune:
    """Return the way of choosing options that was typed.

    Raises:
        UserError: there is none of that name.
    """
    known: tuple[Tune, ...] = get_args(Tune)
    found = next((one for one in known if one == name), None)
    if found is None:
        raise UserError(f"unknown --tune {name!r}{did_you_mean(name, list(known))}; there are: {', '.join(known)}")
    return found


def chosen_device(name: str) -> str:
    """Return the device to compute on: cpu or cuda.

    Raises:
        UserError: there is none of that name, or none is usable here.
    """
    if name not in ("cpu", "cuda", "auto"):
        raise UserError(f"unknown device {name!r}; there are: cpu, cuda, auto")
    if name == "cpu":
        return name
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if name == "cuda":
        raise UserError("--device cuda: no CUDA device is usable here; use --device cpu")
    return "cpu"
