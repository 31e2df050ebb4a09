"""The state of a run, and its end: writing results, record and report."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.base.errors import StoreUnreached, UserError
from common.base.progress import Progress
from common.base.workers import RANK
from common.examples import write_examples
from common.predictions import Predictions
from common.reporting.formats import DEFAULT
from common.reporting.report import write_report
from common.store.files import sha256
from common.store.object_store import ObjectStore
from common.store.provenance import commit, versions
from common.store.rows import Row, write_rows
from common.store.run_record import Missing, RunRecord, TaskRecord, write_record


@dataclass
class Run:
    """The record and the results that a run has collected so far.

    Attributes:
        record: written to ``run.json``.
        rows: written to ``results.jsonl``.
        failed: whether a part of the run failed.
        report: short report for a terminal; set when the run ends.
        predictions: written to ``predictions.parquet``.
        examples: results of ``common.examples.examples_of`` by task; written to ``examples.json``.
        started: trainings that other processes do, by task, seed, objective and size of a smaller training set.
    """

    record: RunRecord
    rows: list[Row] = field(default_factory=list)
    failed: bool = False
    report: str = ""
    predictions: Predictions = field(default_factory=Predictions)
    examples: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    started: "Mapping[tuple[str, int, str, int | None], Future[UserError | None]]" = field(default_factory=dict)

    def wait_for(self, task: str, seed: int, objective: str, examples: int | None) -> None:
        """Wait until another process has done a training, where one does it.

        Raises:
            UserError: what stopped it.
        """
        job = self.started.get((task, seed, objective, examples))
        if job is not None and (stopped := job.result()) is not None:
            raise stopped

    def skip(self, what: str, why: str, remedy: str = "") -> None:
        """Record a part that did not run, the reason, and the command that fixes it; duplicates are dropped."""
        missing = Missing(what, why, remedy)
        if missing not in self.record.not_run:
            self.record = replace(self.record, not_run=(*self.record.not_run, missing))

    def describe(self, task: TaskRecord) -> None:
        """Add the record of a task, replacing an earlier one."""
        self.record = replace(self.record, tasks={**self.record.tasks, task.name: task})


def new_record(command: str, profile: str, seeds: int, device: str) -> RunRecord:
    """Return the record of a run that starts now."""
    return RunRecord(
        command=command,
        date=datetime.now(UTC).date().isoformat(),
        profile=profile,
        seeds=tuple(range(seeds)),
        device=device,
        commit=commit(),
        versions=versions(),
        finished=False,
    )


def finish(run: Run, out: Path, full: bool = False, formats: Collection[str] = DEFAULT) -> None:
    """Write the results, the record and the report to ``out``.

    Args:
        run: that ends.
        out: folder of the run.
        full: whether the terminal's report has a section for every task.
        formats: of the report, by name.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    if RANK:
        return
    results = out / "results.jsonl"
    write_rows(results, run.rows)
    run.predictions.write(out)
    run.record = replace(run.record, results_sha256=sha256(results))
    write_examples(out, run.record.results_sha256, run.examples)
    write_record(out / "run.json", run.record)
    run.report = write_report(out, full, formats=formats, rows=tuple(run.rows))


def put(run: Run, store: ObjectStore | None, progress: Progress) -> None:
    """Put the results into the object store, if there is one.

    Where the run was stopped, the reason for that is what ends the process, and a store out of reach is only noted.

    Raises:
        StoreUnreached: the run has ended well, and the store cannot be used.
    """
    try:
        if store is not None:
            store.put_results()
    except StoreUnreached as error:
        if run.record.finished:
            raise
        progress.note(str(error))
