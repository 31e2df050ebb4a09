"""Recorded studies: the figures of each seed, kept in the repository, and their part of RESULTS.md.

Claims, means and pictures of a study are made from these figures alone. The rows behind them, tens of thousands for a
study of all detectors, are not kept: the command that stands beside the figures makes them again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from common.base.border import border
from common.discover import load_study, study_names
from common.reporting.recorded import RECORDED, check_commits
from common.reporting.render_text import markdown
from common.reporting.study_page import StudyResults, study_document
from common.store.files import write_text
from common.store.rows import Row, read_rows
from common.store.sealed_rows import check_sealed_rows
from common.study import RowsOf, Study, Table

STUDIES = RECORDED / "studies"
DIGITS = 6
"""Decimals of a recorded figure, in points of percent."""


@dataclass(frozen=True)
class RecordedStudy:
    """A study that was run.

    Attributes:
        profile: of all trainings.
        device: of all trainings.
        commit: of the code.
        ran: task and variant of each training.
        tables: the study's figures by subject, of each seed.
    """

    profile: str
    device: str
    commit: str
    ran: Sequence[Sequence[str]]
    tables: Sequence[Mapping[str, Mapping[str, float]]]


def record_study(name: str, results: Path, to: Path = STUDIES) -> Path:
    """Record the figures of a study from its rows, and return the file written.

    Raises:
        UserError: there is no such study, the file is missing, damaged or not what was written, or code that no commit
            holds made it.
    """
    study = load_study(name)
    check_sealed_rows(results)
    rows = read_rows(results)
    check_commits({row.commit for row in rows}, results)
    profile, device, commit = (
        ", ".join(sorted({getattr(row, field) for row in rows})) for field in ("profile", "device", "commit")
    )
    ran = list(dict.fromkeys((row.task, str(row.study_variant)) for row in rows))
    seeds = sorted({row.seed for row in rows})
    tables = [_rounded(_table(study, [row for row in rows if row.seed == seed])) for seed in seeds]
    path = to / f"{name.split('/')[-1]}.json"
    write_text(path, json.dumps(asdict(RecordedStudy(profile, device, commit, ran, tables)), indent=1) + "\n")
    return path


def read_study(path: Path) -> RecordedStudy:
    """Read a recorded study.

    Raises:
        UserError: the file is missing or damaged.
    """
    with border(path):
        return RecordedStudy(**json.loads(path.read_text(encoding="utf-8")))


def studies_section(recorded: Path = STUDIES) -> str:
    """Return the recorded studies as Markdown; empty without any."""
    parts = []
    for name in study_names():
        path = recorded / f"{name.split('/')[1]}.json"
        if path.is_file():
            parts.append(markdown(study_document(_results(name, read_study(path))), level=3))
    return "\n".join(["## Studies", "", *parts]) if parts else ""


def _results(name: str, found: RecordedStudy) -> StudyResults:
    study = load_study(name)
    ran = {(task, variant) for task, variant in found.ran}
    every = [(task, variant.name) for task in study.tasks for variant in study.variants]
    not_run = [f"{task}, {variant}: not in the recorded run" for task, variant in every if (task, variant) not in ran]
    profile = "" if found.profile == "quick" else f" --profile {found.profile}"
    command = f"uv run run_all.py --study {name} --seeds {len(found.tables)}{profile} --data-dir DIR"
    made = f"Command: {command}. Profile {found.profile}, on {found.device}, commit {found.commit}."
    return StudyResults(study, found.tables, not_run, (made,))


def _rounded(table: Table) -> Table:
    return {subject: {name: round(one, DIGITS) for name, one in own.items()} for subject, own in table.items()}


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
