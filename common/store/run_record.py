"""The record of a run, OUT/run.json: command, tasks, skipped parts, plot data. Written and read by this module only."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from common.base.errors import UserError
from common.store.files import hash_of, write_text

WHOLES = {"token": "sentence", "frame": "utterance"}
"""Name of the example that rows of a name are parts of; rows of one example are not independent."""

_OLD_NAMES = {"paper_task": "published", "departures": "deviations_from_paper"}
"""Keys of tasks in records of earlier formats, and the present names of the fields."""


@dataclass(frozen=True)
class TaskRecord:
    """Facts about a task that the report shows; fields without description are those of ``common.task.Task``.

    Attributes:
        data: ``full``, ``sample`` or ``synthetic``.
        dropped: number of items that readers skipped, by data set and reason.
        seconds: duration, by training and phase.
        n_train: number of training examples, by seed.
        budget: training budget, the fields of ``common.task.Budget``.
    """

    name: str
    title: str
    modality: str = ""
    in_dist: str = ""
    model: str = ""
    data: str = ""
    published: str = ""
    population: str = "correct"
    unit: str = "row"
    row_name: str = "example"
    error_name: str = "test error"
    deviations_from_paper: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    n_train: Mapping[str, int] = field(default_factory=dict)
    budget: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unit_name(self) -> str:
        """Name of the scored unit: of a row, or of the example that rows are parts of."""
        return self.example_name if self.unit == "group" else self.row_name

    @property
    def example_name(self) -> str:
        """Name of an example, in which the size of training sets is counted."""
        return WHOLES.get(self.row_name, self.row_name)


@dataclass(frozen=True)
class Missing:
    """A part that did not run, the reason, and the command that fixes it."""

    what: str
    why: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class RunRecord:
    """A run: its command, device, tasks, skipped parts, and the points of its plots.

    Attributes:
        command: the command line that started it.
        date: of the start, YYYY-MM-DD.
        finished: False where the run was interrupted.
        tasks: by name.
        curves: result of ``common.plot_points.curves`` for each plotted model.
        families: what each detector learns from (``common.detector.Family``), by name.
        results_sha256: SHA-256 of results.jsonl in hexadecimal; empty if unknown.
    """

    command: str = ""
    date: str = ""
    profile: str = ""
    seeds: tuple[int, ...] = ()
    device: str = ""
    commit: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    finished: bool = True
    tasks: Mapping[str, TaskRecord] = field(default_factory=dict)
    not_run: tuple[Missing, ...] = ()
    curves: tuple[Mapping[str, Any], ...] = ()
    families: Mapping[str, str] = field(default_factory=dict)
    results_sha256: str = ""

    def task(self, name: str) -> TaskRecord:
        """Return the record of a task; for an unknown task, one with default values."""
        return self.tasks.get(name) or TaskRecord(name, title=name, published=name.split("/")[-1])


def belongs(record: RunRecord, results: Path) -> bool:
    """Whether a file of results is the one that the record was written with; true where the record does not say.

    Raises:
        UserError: the file is missing or cannot be read.
    """
    return record.results_sha256 in ("", hash_of(results))


def write_record(path: Path, record: RunRecord) -> None:
    """Write a run's record as JSON.

    Raises:
        UserError: the folder cannot be written, or the disk is full. The file is then as it was before.
    """
    write_text(path, json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n")


def read_record(path: Path) -> RunRecord:
    """Read a run's record; missing keys get default values, unknown keys are ignored.

    Records of earlier formats are read too, see ``_OLD_NAMES``.

    Raises:
        UserError: the file is missing or damaged.
    """
    remedy = "run the same command again; stored model outputs are used again"
    try:
        return _run(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError(f"no run in {path.parent}: {path.name} is missing; {remedy}") from error
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise UserError(f"{path} is damaged ({error}); {remedy}") from error


def _run(record: Mapping[str, Any]) -> RunRecord:
    known = _known(RunRecord, record)
    known["tasks"] = {name: _task(name, one) for name, one in known.get("tasks", {}).items()}
    known["not_run"] = tuple(Missing(**_known(Missing, one)) for one in known.get("not_run", ()))
    return RunRecord(**known)


def _task(name: str, record: Mapping[str, Any]) -> TaskRecord:
    renamed = {_OLD_NAMES.get(key, key): value for key, value in record.items()}
    return TaskRecord(**({"title": name} | _known(TaskRecord, renamed) | {"name": name}))


def _known(kind: type, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a record that are fields of ``kind`` and are not null; lists become tuples."""
    found = [(one, record[one.name]) for one in fields(kind) if record.get(one.name) is not None]
    return {one.name: tuple(value) if isinstance(one.default, tuple) else value for one, value in found}
