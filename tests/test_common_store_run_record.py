"""The record of a run: names of what is counted, and which file of results it was written with."""

from dataclasses import replace
from pathlib import Path

import pytest

from common.base.errors import UserError
from common.store.files import hash_of
from common.store.run_record import RunRecord, TaskRecord, belongs, read_record, write_record

FRAMES = TaskRecord("speech/t", title="T", row_name="frame")


@pytest.mark.parametrize(
    ("record", "unit", "example"),
    [
        (FRAMES, "frame", "utterance"),
        (replace(FRAMES, unit="group"), "utterance", "utterance"),
        (TaskRecord("vision/t", title="T", row_name="image"), "image", "image"),
    ],
)
def test_what_is_scored_and_what_is_trained_on_have_their_names(record: TaskRecord, unit: str, example: str) -> None:
    assert (record.unit_name, record.example_name) == (unit, example)


def test_a_task_without_a_record_is_named_by_the_end_of_its_name() -> None:
    record = RunRecord(tasks={"speech/t": FRAMES})
    assert record.task("speech/t") == FRAMES
    unknown = record.task("a/b/c")
    assert (unknown.name, unknown.title, unknown.published) == ("a/b/c", "a/b/c", "c")


def test_results_belong_to_the_record_that_was_written_with_them(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    results.write_text("{}\n")
    record = RunRecord(results_sha256=hash_of(results))
    assert belongs(record, results) and belongs(RunRecord(), results)
    results.write_text("{ }\n")
    assert not belongs(record, results)
    with pytest.raises(UserError, match="results.jsonl"):
        belongs(record, tmp_path / "none" / "results.jsonl")


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = RunRecord("run", seeds=(0, 1), finished=False, tasks={"speech/t": FRAMES}, families={"msp": "supervised"})
    write_record(tmp_path / "run.json", record)
    assert read_record(tmp_path / "run.json") == record
    assert RunRecord().finished  # records of old runs do not say
