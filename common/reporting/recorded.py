"""Recorded runs: the part of a run that RESULTS.md shows, copied to ``common/recorded`` in the repository."""

import re
import shlex
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from common.base.errors import UserError
from common.base.project import ROOT
from common.reporting.published import answers
from common.reporting.task_results import TaskResults, TrainedModel
from common.store.files import sha256
from common.store.provenance import CHANGES
from common.store.rows import Row, read_rows, write_rows_briefly
from common.store.run_record import Missing, RunRecord, belongs, read_record, write_record

RECORDED = ROOT / "common" / "recorded"
"""Holds one folder per recorded run, with ``results.jsonl`` and ``run.json``."""

_FOLDER_OPTIONS = ("--data-dir", "--out")
_FILE_OPTIONS = ("--in", "--ood", "--test", "--train", "--weights")


def record_run(out: Path, name: str = "", recorded: Path = RECORDED) -> Path:
    """Copy the results and the record of a finished run, replacing a recorded run of the same name.

    Only the rows that RESULTS.md shows are copied, and those that a published figure answers to, without versions (the
    record has them); local paths are removed.

    Args:
        out: the run's output folder.
        name: of the folder to write; by default the name of the task, or of ``out`` if there are several tasks.
        recorded: folder of the recorded runs.

    Returns:
        The folder written.

    Raises:
        UserError: a file of the run is missing or damaged, the run is unfinished, its rows are not its record's, or
            code that no commit holds made it.
    """
    record, rows = read_record(out / "run.json"), read_rows(out / "results.jsonl")
    if not record.finished:
        raise UserError(f"the run in {out} is unfinished; continue it with the same command, then record it")
    if not belongs(record, out / "results.jsonl"):
        raise UserError(
            f"{out / 'results.jsonl'} does not belong to run.json; run the same command again, then record it"
        )
    check_commits({record.commit}, out)
    folder = recorded / (name or _default_name(record, out))
    write_rows_briefly(folder / "results.jsonl", (replace(row, versions={}) for row in shown_rows(record, rows)))
    kept = replace(
        record,
        command=without_local_paths(record.command),
        not_run=tuple(_without_folders(one) for one in record.not_run),
        curves=(),
        results_sha256=sha256(folder / "results.jsonl"),
    )
    write_record(folder / "run.json", kept)
    return folder


def check_commits(commits: Collection[str], what: Path) -> None:
    """Refuse figures that nobody could make again.

    Raises:
        UserError: one of the commits is changed, unknown or missing.
    """
    unclear = sorted(one or "no commit" for one in commits if not one or one == "unknown" or one.endswith(CHANGES))
    if unclear:
        raise UserError(
            f"{what} was made by code that no commit holds ({', '.join(unclear)}); "
            "commit the code, run the same command in an empty --out, then record it"
        )


class Recorded(NamedTuple):
    """A recorded run.

    Attributes:
        record: of the run.
        rows: that were recorded.
        changed: whether the rows are not those that the record was written with.
    """

    record: RunRecord
    rows: tuple[Row, ...]
    changed: bool


def read_recorded(recorded: Path = RECORDED) -> list[Recorded]:
    """Read all recorded runs, in the order of their names.

    Raises:
        UserError: a file is missing or damaged.
    """
    folders = sorted(path.parent for path in recorded.glob("*/run.json"))
    return [_read(folder) for folder in folders]


def _read(folder: Path) -> Recorded:
    record, results = read_record(folder / "run.json"), folder / "results.jsonl"
    return Recorded(record, read_rows(results), changed=not belongs(record, results))


def _default_name(record: RunRecord, out: Path) -> str:
    tasks = list(record.tasks)
    return tasks[0].replace("/", "-") if len(tasks) == 1 else out.resolve().name


def shown_rows(record: RunRecord, rows: Iterable[Row]) -> list[Row]:
    """Return the rows that the main tables show, and those that measure the same as a published figure.

    The main tables show the rows of leading detectors and of the shown population.
    """
    by_task: dict[str, list[Row]] = {}
    for row in rows:
        by_task.setdefault(row.task, []).append(row)
    shown = []
    for name, found in by_task.items():
        results = TaskResults.of(record.task(name), found)
        leading = {(one, detector) for one in results.trained_models for detector in results.leading_detectors(one)}
        shown += [row for row in found if _is_in_main_tables(results, leading, row) or _is_published(results, row)]
    return shown


def _is_in_main_tables(results: TaskResults, leading: Collection[tuple[TrainedModel, str]], row: Row) -> bool:
    if (TrainedModel.of(row), row.detector) not in leading:
        return False
    of_the_task = (row.primary or row.level_db is None) and row.train_examples is None
    return of_the_task or row.question == "misclassification" or row.population == results.population


def _is_published(results: TaskResults, row: Row) -> bool:
    fields = ("auroc", "aupr_positive", "aupr_negative")
    return any(True for field in fields for _ in answers(row, field, results.record.published, results.pooled))


def without_local_paths(command: str) -> str:
    """Remove local paths from a command.

    >>> without_local_paths("run_all.py --task nlp/imdb --data-dir=/home/me/data --ood web=/home/me/web.npz")
    'run_all.py --task nlp/imdb --data-dir DIR --ood web=web.npz'
    """
    words: list[str] = []
    option = ""
    for word in _words(command):
        if word.startswith("-") and option not in (*_FOLDER_OPTIONS, *_FILE_OPTIONS):  # whose values may begin so
            option = word
            words.append(word)
        else:
            words.append(_cleaned(option, word))
            option = ""
    return shlex.join(words)


def _words(command: str) -> list[str]:
    """Split a command into words; ``--option=value`` becomes two words."""
    words = shlex.split(command)
    return [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]


def _cleaned(option: str, word: str) -> str:
    if option in _FOLDER_OPTIONS:
        return "DIR"
    name, equals, path = word.rpartition("=")
    is_local = option in _FILE_OPTIONS or path.startswith(("/", "~", "."))
    return f"{name}{equals}{Path(path).name}" if is_local else word


def _without_folders(missing: Missing) -> Missing:
    """Shorten absolute paths in the texts to their last part."""
    paths = re.compile(r"(?<![\w.])~?/(?:[^\s/]+/)+")
    return Missing(*(paths.sub("", text) for text in (missing.what, missing.why, missing.remedy)))
