"""Rendering a report from rows and record: processor seconds, and how they grow with the rows, in one process.

    python -m tests.benchmarks.benchmark_report [OUT]

OUT is the output folder of a run; without it, all recorded runs are one run of as many tasks. The first rendering
imports what it needs. The ratio compares the same rows with twice as many, the others under other names of tasks: it is
2 where time grows in line with rows.
"""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from common.reporting.recorded import read_recorded
from common.reporting.report import write_report
from common.store.rows import Row, read_rows, write_rows
from common.store.run_record import RunRecord, read_record, write_record
from tests.benchmarks.measure import print_environment


def main(out: Path | None = None) -> None:
    """Print the seconds and the ratio."""
    print_environment()
    record, rows = (read_record(out / "run.json"), read_rows(out / "results.jsonl")) if out else recorded()
    again = tuple(replace(row, task=f"{row.task}_again") for row in rows)
    names = {f"{name}_again": replace(task, name=f"{name}_again") for name, task in record.tasks.items()}
    first, once = seconds(record, rows), seconds(record, rows)
    twice = seconds(replace(record, tasks={**record.tasks, **names}), (*rows, *again))
    print(f"{len(rows)} rows of {len(record.tasks)} tasks: {first:.2f} s with imports, {once:.2f} s without")
    print(f"twice as many rows: {twice:.2f} s, ratio {twice / once:.1f}")


def recorded() -> tuple[RunRecord, tuple[Row, ...]]:
    """Return all recorded runs as one: the record of the first with the tasks of all."""
    runs = read_recorded()
    tasks = {name: task for run in runs for name, task in run.record.tasks.items()}
    return replace(runs[0].record, tasks=tasks), tuple(row for run in runs for row in run.rows)


def seconds(record: RunRecord, rows: tuple[Row, ...]) -> float:
    """Return the processor seconds of reading the rows and rendering the report."""
    with TemporaryDirectory() as folder:
        write_rows(Path(folder) / "results.jsonl", rows)
        write_record(Path(folder) / "run.json", record)
        start = process_time()
        write_report(Path(folder))
        return process_time() - start


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
