"""RESULTS.md: the figures of the recorded runs, with the command, date, device and commit of each run.

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
from common.reporting.closing import missing_section
from common.reporting.document import Block, Document, Gallery, Plots, Section, Table, Text, Tiles
from common.reporting.recorded import RECORDED, read_recorded, record_run
from common.reporting.recorded_studies import STUDIES, record_study, studies_section
from common.reporting.render_text import markdown
from common.reporting.report import build, results_by_task
from common.reporting.reproduced import reproduced_section
from common.reporting.summary import CHANGED
from common.store.files import write_text
from common.store.rows import Row
from common.store.run_record import RunRecord

INTRODUCTION = (
    "`common/reporting/results_page.py` generates this file from the runs in `common/recorded`; do not edit it. Figures"
    " are percentages. In brackets: after AUROC its 95 % interval (for several seeds, the standard deviation); after a"
    " published figure, ours minus published; after AUPR, the base rate. The report of every run ends with an"
    " explanation of the figures."
)


def results_page(recorded: Path = RECORDED) -> str:
    """Return the page of all recorded runs: command, date, device, commit and main tables of each.

    Args:
        recorded: folder of the recorded runs.

    Raises:
        UserError: a run's files are missing or damaged.
    """
    runs = read_recorded(recorded)
    sections = [run_section(one.record, one.rows, one.changed) for one in runs]
    return "\n".join(
        [
            "# Results",
            "",
            INTRODUCTION,
            "",
            _not_measured([one.record for one in runs]),
            "",
            _published_against_measured([(one.record, one.rows) for one in runs]),
            *sections,
            studies_section(recorded / STUDIES.name),
        ]
    )


def _not_measured(records: Sequence[RunRecord]) -> str:
    """State the devices of the runs, and the tasks that no run measured with the paper budget."""
    measured = {name for record in records if record.profile == "paper" for name in record.tasks}
    missing = [name for name in task_names() if name not in measured]
    devices = dict.fromkeys(record.device for record in records)
    return (
        f"Devices: {', '.join(devices) or 'none'}."
        f" Tasks without a recorded run of the paper budget: {', '.join(missing) or 'none'}."
    )


def _published_against_measured(runs: Sequence[tuple[RunRecord, tuple[Row, ...]]]) -> str:
    """Return the section on what became of every published figure, from the runs of the published budget."""
    results = [one for record, rows in runs if record.profile == "paper" for one in results_by_task(record, rows)]
    section = reproduced_section(results)
    return markdown(
        Document(section.title, (section.subtitle,), (replace(section, title="By table", subtitle=""),), (), ()),
        level=2,
    )


def run_section(record: RunRecord, rows: Sequence[Row], changed: bool = False) -> str:
    """Return the section of one run, as Markdown with headings of level 2 and below.

    Args:
        record: of the run.
        rows: of the run.
        changed: whether the rows are not those of the record, which is said.
    """
    document = build(record, tuple(rows))
    made = f"Command: {record.command}. Date: {record.date}. Device: {record.device}. Commit: {record.commit}."
    shown = Document(
        title=", ".join(record.tasks) or "nothing",
        headline=(made, CHANGED) if changed else (made,),
        summary=(),
        tasks=tuple(main_tables(section) for section in document.tasks),
        closing=() if (missing := missing_section(record)) is None else (missing,),
    )
    return markdown(shown, level=2)


def main_tables(section: Section) -> Section:
    """Return the section without plots and folded tables."""
    return replace(section, blocks=tuple(block for block in section.blocks if _is_main(block)))


def _is_main(block: Block) -> bool:
    match block:
        case Table():
            return block.brief is not None
        case Text():
            return True
        case Plots() | Tiles() | Gallery():
            return False


def main(
    outs: Annotated[list[Path] | None, typer.Argument(help="output folders of finished runs to record")] = None,
    name: Annotated[str, typer.Option(help="name of the recorded run; by default its task or folder")] = "",
    study: Annotated[list[Path] | None, typer.Option(help="folder of a finished study to record; repeatable")] = None,
    recorded: Annotated[Path, typer.Option(help="folder of the recorded runs")] = RECORDED,
    to: Annotated[Path, typer.Option(help="file to write")] = ROOT / "RESULTS.md",
) -> None:
    """Record finished runs, then write RESULTS.md from all recorded runs."""

    def written() -> int:
        if name and len(outs or ()) != 1:
            raise UserError(
                f"--name {name} needs exactly one run, but {len(outs or ())} are given; record them one by one"
            )
        for out in outs or ():
            record_run(out, name, recorded)
        for folder in study or ():
            record_study(folder.name, folder / "results.jsonl")
        write_text(to, results_page(recorded))
        return 0

    guarded(written)


if __name__ == "__main__":
    typer.run(main)
