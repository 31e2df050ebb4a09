"""RESULTS.md: the figures of finished runs in one page, each with the command, date, device and commit that made it.

uv run python -m common.reporting.results_page runs/paper runs/elsewhere
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from common.base.exits import guarded
from common.base.project import ROOT
from common.discover import task_names
from common.reporting.document import Block, Document, Plots, Section, Table, Text
from common.reporting.render_text import markdown
from common.reporting.report import build
from common.store.files import write_text
from common.store.rows import read_rows
from common.store.run_record import read_record

INTRODUCTION = (
    "Made by `common/record.py` of the results of finished runs; edit nothing here. Percent; how to read each figure"
    " stands at the end of every report that a run writes. Beside AUROC stands its 95 % interval, over several seeds"
    " the standard deviation; beside a published figure, how far ours is above it; beside AUPR, the base rate."
)


def record(outs: list[Path], page: str = "") -> str:
    """Return the page for the runs in ``outs``: for each, how it was made and its tasks' main tables.

    Args:
        outs: output folders of finished runs.
        page: the page as it was. Its other sections stay: the folders of their runs may be gone. A section gives way to
            one of the same tasks and the same command.

    Raises:
        UserError: a run's files are missing or damaged.
    """
    made = [_run(out) for out in outs]
    replaced = {_identity(section) for section in made}
    sections = [section for section in _sections(page) if _identity(section) not in replaced] + made
    return "\n".join(["# Results", "", INTRODUCTION, "", _not_measured(sections), "", *sections])


def _sections(page: str) -> list[str]:
    """Return the parts of a page that stand for a run each."""
    return [f"## {part.rstrip()}\n" for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]]


def _identity(section: str) -> tuple[str, str]:
    """Return the title of a section and the command that made it."""
    lines = section.splitlines()
    return lines[0], next((line.split(". Date:")[0] for line in lines if line.startswith("Command:")), "")


def _tasks(section: str) -> list[str]:
    """Return the tasks of a section, by its title."""
    return [name for name in section.splitlines()[0].removeprefix("## ").split(", ") if name in task_names()]


def _not_measured(sections: list[str]) -> str:
    """Say which tasks no section measured with the published budget, and on which devices the others were."""
    measured = {name for section in sections if "--profile paper" in _identity(section)[1] for name in _tasks(section)}
    missing = [name for name in task_names() if name not in measured]
    devices = dict.fromkeys(re.findall(r"^Command: .* Device: (\S+)\. Commit:", "\n".join(sections), re.MULTILINE))
    return f"Devices: {', '.join(devices)}. Not measured with the published budget: {', '.join(missing) or 'nothing'}."


def _run(out: Path) -> str:
    facts = read_record(out / "run.json")
    document = build(facts, read_rows(out / "results.jsonl"))
    command = re.sub(r"(--data-dir|--out)[ =]\S+", r"\1 DIR", facts.command)  # whose folders is nobody's business
    made = f"Command: {command}. Date: {facts.date}. Device: {facts.device}. Commit: {facts.commit}."
    shown = Document(
        title=", ".join(facts.tasks) or "nothing",
        headline=(made,),
        summary=(),
        tasks=tuple(_main_tables(section) for section in document.tasks),
        closing=tuple(section for section in document.closing if section.title == "Not run"),
    )
    return re.sub("^#", "##", markdown(shown), flags=re.MULTILINE)


def _main_tables(section: Section) -> Section:
    """Leave out plots and what a page folds away."""
    return replace(section, blocks=tuple(block for block in section.blocks if _is_main(block)))


def _is_main(block: Block) -> bool:
    match block:
        case Table():
            return block.brief is not None
        case Text():
            return True
        case Plots():
            return False


def main(
    outs: Annotated[list[Path], typer.Argument(help="output folders of finished runs")],
    to: Annotated[Path, typer.Option(help="the page to write")] = ROOT / "RESULTS.md",
) -> None:
    """Write RESULTS.md from the results of finished runs; what it says of other runs stays."""

    def written() -> int:
        write_text(to, record(outs, to.read_text(encoding="utf-8") if to.is_file() else ""))
        return 0

    guarded(written)


if __name__ == "__main__":
    typer.run(main)
