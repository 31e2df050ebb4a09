"""RESULTS.md: the figures of recorded runs in one page, each with the command, date, device and commit that made it.

uv run python -m common.reporting.results_page runs/paper runs/elsewhere
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from common.base.errors import UserError
from common.base.exits import guarded
from common.base.project import ROOT
from common.discover import task_names
from common.reporting.document import Block, Document, Plots, Section, Table, Text
from common.reporting.recorded import RECORDED, read_recorded, record_run
from common.reporting.render_text import markdown
from common.reporting.report import build
from common.store.files import write_text
from common.store.rows import Row
from common.store.run_record import RunRecord

INTRODUCTION = (
    "Made by `common/reporting/results_page.py` of the runs in `common/recorded`; edit nothing here. Percent; how to"
    " read each figure stands at the end of every report that a run writes. Beside AUROC stands its 95 % interval, over"
    " several seeds the standard deviation; beside a published figure, how far ours is above it; beside AUPR, the base"
    " rate."
)


def results_page(recorded: Path = RECORDED) -> str:
    """Return the page for all recorded runs: for each, how it was made and its tasks' main tables.

    Args:
        recorded: where a folder for each recorded run lies.

    Raises:
        UserError: a run's files are missing or damaged.
    """
    runs = read_recorded(recorded)
    sections = [run_section(record, rows) for record, rows in runs]
    return "\n".join(["# Results", "", INTRODUCTION, "", _not_measured([record for record, _ in runs]), "", *sections])


def _not_measured(records: Sequence[RunRecord]) -> str:
    """Say which tasks no run measured with the published budget, and on which devices the others were."""
    measured = {name for record in records if record.profile == "paper" for name in record.tasks}
    missing = [name for name in task_names() if name not in measured]
    devices = dict.fromkeys(record.device for record in records)
    return (
        f"Devices: {', '.join(devices) or 'none'}."
        f" Not measured with the published budget: {', '.join(missing) or 'nothing'}."
    )


def run_section(record: RunRecord, rows: Sequence[Row]) -> str:
    """Return the part of the page about one run, as Markdown with headings from the second level on."""
    document = build(record, tuple(rows))
    made = f"Command: {record.command}. Date: {record.date}. Device: {record.device}. Commit: {record.commit}."
    shown = Document(
        title=", ".join(record.tasks) or "nothing",
        headline=(made,),
        summary=(),
        tasks=tuple(main_tables(section) for section in document.tasks),
        closing=tuple(section for section in document.closing if section.title == "Not run"),
    )
    return markdown(shown, level=2)


def main_tables(section: Section) -> Section:
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
    outs: Annotated[list[Path] | None, typer.Argument(help="output folders of finished runs to record")] = None,
    name: Annotated[str, typer.Option(help="what to call the one run; its task, or the folder, by default")] = "",
    recorded: Annotated[Path, typer.Option(help="where recorded runs lie")] = RECORDED,
    to: Annotated[Path, typer.Option(help="the page to write")] = ROOT / "RESULTS.md",
) -> None:
    """Record finished runs, then write RESULTS.md from all recorded ones."""

    def written() -> int:
        if name and len(outs or ()) != 1:
            raise UserError(f"--name {name} is for one run, and {len(outs or ())} are given; record them one by one")
        for out in outs or ():
            record_run(out, name, recorded)
        write_text(to, results_page(recorded))
        return 0

    guarded(written)


if __name__ == "__main__":
    typer.run(main)
