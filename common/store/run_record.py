"""What a run says about itself besides its rows: OUT/run.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.base.errors import UserError

WHOLES = {"token": "sentence", "frame": "utterance"}
"""What rows that are parts of an example are parts of; they are not independent of each other."""


@dataclass(frozen=True)
class TaskRecord:
    """What the report says about a task besides its figures; see ``common.task.Task`` for the meaning of each."""

    name: str
    title: str
    in_dist: str = ""
    model: str = ""
    published: str = ""
    population: str = "correct"
    unit: str = "row"
    own_variant: str = ""
    row_name: str = "example"
    error_name: str = "test error"
    deviations_from_paper: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    n_train: Mapping[str, int] = field(default_factory=dict)
    """Number of training examples, by seed."""

    @property
    def unit_name(self) -> str:
        """What is scored: a row, or the example that its rows are parts of."""
        return self.example_name if self.unit == "group" else self.row_name

    @property
    def example_name(self) -> str:
        """What training sets are counted in: rows, or what these are parts of."""
        return WHOLES.get(self.row_name, self.row_name)


@dataclass(frozen=True)
class Missing:
    """What did not run, why, and the command that mends it."""

    what: str
    why: str
    remedy: str = ""


@dataclass(frozen=True)
class RunRecord:
    """A run: how it was started, where, what of it is missing, and the points of its plots."""

    command: str
    profile: str
    seeds: tuple[int, ...]
    device: str
    commit: str
    versions: Mapping[str, str]
    finished: bool
    tasks: Mapping[str, TaskRecord]
    not_run: tuple[Missing, ...]
    curves: tuple[Mapping[str, Any], ...]
    date: str = ""

    def task(self, name: str) -> TaskRecord:
        """Return the facts of a task; what is not known of it is left plain."""
        return self.tasks.get(name) or TaskRecord(name, title=name, published=name.split("/")[-1])


def read_record(path: Path) -> RunRecord:
    """Read a run's facts; keys that it lacks are left plain, further keys are passed over.

    Raises:
        UserError: the file is missing or damaged.
    """
    remedy = "run the same command again; stored model outputs are used again"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return _facts(record)
    except FileNotFoundError as error:
        raise UserError(f"no run in {path.parent}: {path.name} is missing; {remedy}") from error
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise UserError(f"{path} is damaged ({error}); {remedy}") from error


def _facts(record: Mapping[str, Any]) -> RunRecord:
    return RunRecord(
        command=record.get("command", ""),
        profile=record.get("profile", ""),
        seeds=tuple(record.get("seeds", ())),
        device=record.get("device", ""),
        commit=record.get("commit", ""),
        versions=dict(record.get("versions", {})),
        finished=record.get("finished", True),
        tasks={name: _task(name, one) for name, one in record.get("tasks", {}).items()},
        not_run=tuple(
            Missing(one["what"], one.get("why", ""), one.get("remedy") or "") for one in record.get("not_run", ())
        ),
        curves=tuple(record.get("curves", ())),
        date=record.get("date", ""),
    )


def _task(name: str, record: Mapping[str, Any]) -> TaskRecord:
    texts = ("title", "in_dist", "model", "population", "unit", "own_variant", "row_name", "error_name")
    known: dict[str, Any] = {key: record[key] for key in texts if record.get(key)}
    return TaskRecord(
        **({"title": name} | known),
        name=name,
        published=record.get("paper_task") or "",
        deviations_from_paper=tuple(record.get("departures", ())),
        notes=tuple(record.get("notes", ())),
        dropped=dict(record.get("dropped", {})),
        seconds=dict(record.get("seconds", {})),
        n_train=dict(record.get("n_train", {})),
    )
