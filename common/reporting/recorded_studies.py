"""Recorded studies: the rows of their figures, kept in the repository, and their part of RESULTS.md."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common.discover import load_study, study_names
from common.reporting.recorded import RECORDED, check_commits
from common.reporting.render_text import markdown
from common.reporting.study_page import StudyResults, study_document
from common.store.rows import Row, read_rows, write_rows_briefly
from common.store.sealed_rows import check_sealed_rows
from common.study import RowsOf, Study, Table

STUDIES = RECORDED / "studies"


def record_study(name: str, results: Path, to: Path = STUDIES) -> Path:
    """Copy the rows of a study, without versions, and return the file written.

    Raises:
        UserError: there is no such study, the file is missing, damaged or not what was written, or code that no commit
            holds made it.
    """
    study = load_study(name)
    check_sealed_rows(results)
    wanted = None if "all" in study.detectors else set(study.detectors)
    rows = [row for row in read_rows(results) if _is_read(row) and (wanted is None or row.detector in wanted)]
    check_commits({row.commit for row in rows}, results)
    path = to / f"{name.split('/')[-1]}.jsonl"
    write_rows_briefly(path, (replace(row, versions={}, detector_options={}) for row in rows))
    return path


def _is_read(row: Row) -> bool:
    """Whether figures of studies read a row: see ``common.study_figures``."""
    return row.population == "all" and row.out_dist != "All" and (row.primary or row.level_db is None)


def studies_section(recorded: Path = STUDIES) -> str:
    """Return the recorded studies as Markdown, each made anew from its rows; empty without any."""
    parts = []
    for name in study_names():
        path = recorded / f"{name.split('/')[1]}.jsonl"
        if path.is_file():
            parts.append(markdown(study_document(_results(load_study(name), name, read_rows(path))), level=3))
    return "\n".join(["## Studies", "", *parts]) if parts else ""


def _results(study: Study, name: str, rows: Sequence[Row]) -> StudyResults:
    tables = [_table(study, [row for row in rows if row.seed == seed]) for seed in sorted({row.seed for row in rows})]
    ran = {(row.task, row.study_variant) for row in rows}
    every = [(task, variant.name) for task in study.tasks for variant in study.variants]
    not_run = [f"{task}, {variant}: not in the recorded run" for task, variant in every if (task, variant) not in ran]
    commits = ", ".join(sorted({row.commit for row in rows}))
    profiles, devices = ({getattr(row, field) for row in rows} for field in ("profile", "device"))
    command = f"uv run run_all.py --study {name} --seeds {len(tables)} --data-dir DIR"
    made = (
        f"Command: {command}. Profile {', '.join(sorted(profiles))}, on {', '.join(sorted(devices))}, commit {commits}."
    )
    return StudyResults(study, tables, not_run, (made,))


def _table(study: Study, rows: Sequence[Row]) -> Table:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.task, str(row.study_variant)), []).append(row)
    ordered: RowsOf = {
        key: found[key]
        for key in ((task, variant.name) for task in study.tasks for variant in study.variants)
        if key in found
    }
    return study.measure(ordered)
