"""The report of a run: OUT/report.html and other files, made of OUT/results.jsonl, run.json and examples.json."""

from collections.abc import Collection, Mapping
from pathlib import Path

from common.base.errors import UserError
from common.base.terminal import terminal_width
from common.reporting.accuracy_paradox import accuracy_paradox
from common.reporting.closing import legend_section, missing_section, provenance_section
from common.reporting.document import Document
from common.reporting.examples import Examples, read_examples
from common.reporting.formats import CARD, DEFAULT, write_formats
from common.reporting.paper_tables import paper_tables
from common.reporting.render_card import write_cards
from common.reporting.render_text import WIDTH, terminal
from common.reporting.summary import CHANGED, headline, summary_section
from common.reporting.task_results import TaskResults
from common.reporting.task_section import task_section
from common.reporting.tiles import tiles
from common.store.files import sha256
from common.store.rows import Row, read_rows
from common.store.run_record import RunRecord, belongs, read_record

TITLE = "How far can a classifier's confidence be trusted?"


def write_report(
    out: Path,
    full: bool = False,
    width: int | None = None,
    formats: Collection[str] = DEFAULT,
    rows: tuple[Row, ...] | None = None,
) -> str:
    """Write the report of the run in ``out`` and return a short version for a terminal.

    Reads ``results.jsonl``, ``run.json`` and, where there is one, ``examples.json``; writes ``report.md`` and the
    self-contained page ``report.html``, or what ``formats`` say. The same input files give the same report.

    Args:
        out: folder of the run.
        full: whether the terminal's version has a section for every task.
        width: columns of the terminal; None: those of the one that there is, else 100.
        formats: names of ``common.reporting.formats.FORMATS``, and ``card``.
        rows: those of ``results.jsonl``, where they are known: reading tens of thousands takes seconds.

    Returns:
        Plain lines, the summary last; the last line gives the path of the page, or of another file of the report.

    Raises:
        UserError: a file is missing or damaged, or ``out`` cannot be written.
    """
    record, results = read_record(out / "run.json"), out / "results.jsonl"
    rows = read_rows(results) if rows is None else rows
    examples, problem = read_examples(out, sha256(results))
    changed = "" if belongs(record, results) else CHANGED
    document = build(record, rows, tuple(filter(None, (changed, problem))), examples)
    written = write_formats(document, out, formats)
    if CARD in formats and changed:
        raise UserError(f"no card is written: {changed} Run the same command again")
    if CARD in formats:
        write_cards(record, results_by_task(record, rows), out)
    folded = "" if full or len(document.tasks) < 2 else " (every task here: --full)"
    return f"{terminal(document, width or terminal_width(WIDTH), full)}\nFull report: {written}{folded}\n"


def build(
    record: RunRecord,
    rows: tuple[Row, ...],
    warnings: tuple[str, ...] = (),
    examples: Mapping[str, Examples] | None = None,
) -> Document:
    """Return the report as a document: one section per task, in the order of the rows.

    Args:
        record: the record of the run.
        rows: results of the run.
        warnings: sentences on files that do not fit each other.
        examples: of ``read_examples``, by task.
    """
    tasks = results_by_task(record, rows)
    curves = {
        one.record.name: [curve for curve in record.curves if curve.get("task") == one.record.name] for one in tasks
    }
    closing = (
        missing_section(record),
        paper_tables(tasks),
        legend_section(),
        accuracy_paradox(tasks),
        provenance_section(record, tasks),
    )
    return Document(
        title=TITLE,
        headline=headline(record, tasks, warnings),
        summary=(summary_section(tasks, record.families),) if tasks else (),
        tasks=tuple(
            task_section(results, curves[results.record.name], (examples or {}).get(results.record.name))
            for results in tasks
        ),
        closing=tuple(section for section in closing if section is not None),
        first=tiles(tasks) if tasks else None,
    )


def results_by_task(record: RunRecord, rows: tuple[Row, ...]) -> list[TaskResults]:
    """Return the results of every task, in the order of the rows."""
    names = dict.fromkeys(row.task for row in rows if row.train_examples is None)
    return [TaskResults.of(record.task(name), (row for row in rows if row.task == name)) for name in names]
