"""The report of a run: OUT/report.md and OUT/report.html, made of OUT/results.jsonl and OUT/run.json alone."""

from pathlib import Path

from common.reporting.closing import legend_section, missing_section, provenance_section
from common.reporting.document import Document
from common.reporting.render_html import page
from common.reporting.render_text import markdown, terminal
from common.reporting.study import TaskResults
from common.reporting.summary import headline, summary_section
from common.reporting.task_section import task_section
from common.store.files import write_text
from common.store.rows import Row, read_rows, trained_on
from common.store.run_record import RunRecord, read_record

TITLE = "How far can a classifier's confidence be trusted?"


def write_report(out: Path) -> str:
    """Write the report of the run in ``out`` and return it in brief for a terminal.

    Reads ``results.jsonl`` and ``run.json``; writes ``report.md`` and ``report.html``, one self-contained page. The
    same two files give the same report.

    Returns:
        Plain lines of at most 100 columns, the last of which says where the page is.

    Raises:
        UserError: a file is missing or damaged, or ``out`` cannot be written.
    """
    document = build(read_record(out / "run.json"), read_rows(out / "results.jsonl"))
    write_text(out / "report.md", markdown(document))
    write_text(out / "report.html", page(document))
    return f"{terminal(document)}\nFull report: {out / 'report.html'}\n"


def build(facts: RunRecord, rows: tuple[Row, ...]) -> Document:
    """Return the report as a document: one section a task, in the order of the rows."""
    names = dict.fromkeys(row.task for row in rows if trained_on(row.variant) is None)
    studies = [TaskResults.of(facts.task(name), (row for row in rows if row.task == name)) for name in names]
    curves = {name: [curve for curve in facts.curves if curve.get("task") == name] for name in names}
    missing = missing_section(facts)
    return Document(
        title=TITLE,
        headline=headline(facts, studies),
        summary=(summary_section(studies),) if studies else (),
        tasks=tuple(task_section(study, curves[study.facts.name]) for study in studies),
        closing=(*((missing,) if missing else ()), legend_section(), provenance_section(facts, studies)),
    )
