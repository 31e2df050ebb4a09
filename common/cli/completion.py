"""What a shell offers when Tab is pressed.

eval "$(uv run run_all.py --completion bash)"       # now type run_all --task reu and press Tab
"""

from collections.abc import Callable, Sequence
from shlex import quote

from common.base.errors import UserError
from common.base.exits import guarded
from common.base.project import ROOT, modalities
from common.base.terminal import say
from common.data.download import downloads
from common.discover import GROUPS, names, task_names

WANTED = "RUN_ALL_COMPLETE"
"""Environment variable with the words typed so far, which asks for the last one's completions in place of a run."""

_SCRIPT = """run_all() {{ uv run --project {root} {root}/run_all.py "$@"; }}
_run_all() {{
  local typed="${{COMP_WORDS[*]:1:COMP_CWORD}}"
  COMPREPLY=( $( env {wanted}="$typed" uv run --quiet --project {root} {root}/run_all.py 2>/dev/null ) )
}}
complete -o default -F _run_all run_all"""
_FIRST = {"bash": "", "zsh": "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n"}


def show_completion(shell: str | None) -> None:
    """Print lines for a shell that define the command ``run_all`` and its completion, then exit."""
    if shell is None:
        return

    def shown() -> int:
        if shell not in _FIRST:
            raise UserError(f"no completion for {shell!r}; there are: {', '.join(_FIRST)}")
        say(_FIRST[shell] + _SCRIPT.format(root=quote(str(ROOT)), wanted=WANTED))
        return 0

    guarded(shown)


def completions(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return what the last word may become: names for the option before it, or options.

    Args:
        words: typed after the command; the last may be empty.
        options: of the command.

    >>> completions(["--detectors", "msp,ener"], []), completions(["--task", "reuters5"], [])
    (['msp,energy'], ['reuters52'])
    >>> completions(["--ta"], ["--task", "--tune"])
    ['--task']
    """
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if before in _NAMES:
        done, comma, part = last.rpartition(",")
        return [f"{done}{comma}{name}" for name in _NAMES[before]() if name.startswith(part)]
    return [option for option in options if option.startswith(last)] if last.startswith("-") else []


def _tasks() -> list[str]:
    full = task_names()
    return [*full, *(name.split("/")[1] for name in full)]


_NAMES: dict[str, Callable[[], Sequence[str]]] = {
    "--task": _tasks,
    "--list": _tasks,
    "--modality": modalities,
    "--detectors": lambda: [*GROUPS, *names("common/detectors")],
    "--objectives": lambda: ["all", *names("common/objectives")],
    "--download": lambda: sorted(downloads()),
    "--profile": lambda: ["quick", "paper"],
    "--device": lambda: ["auto", "cpu", "cuda"],
}
