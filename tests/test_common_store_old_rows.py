"""A file written before each fact had a field of its own reads as well, and says the same."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.base.errors import UserError
from common.base.project import ROOT
from common.reporting.report import write_report
from common.store.old_rows import converted
from common.store.rows import FIGURES, Row, read_rows, write_rows
from common.store.run_record import RunRecord, read_record, write_record
from tests.compare_rows import by_what_they_are_about, differences

DATA = ROOT / "tests" / "data"


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A folder with a dozen rows and the record of a real run, as the previous form had them."""
    (tmp_path / "results.jsonl").write_bytes((DATA / "rows_before_fields.jsonl").read_bytes())
    (tmp_path / "run.json").write_bytes((DATA / "run_before_fields.json").read_bytes())
    return tmp_path


def test_every_figure_of_an_old_file_is_read_and_no_fact_stands_in_a_name(before: Path) -> None:
    old = [json.loads(line) for line in (before / "results.jsonl").read_text().splitlines()]
    rows = read_rows(before / "results.jsonl")
    assert len(rows) == len(old) >= 12
    for record, row in zip(old, rows, strict=True):
        assert row.schema == 1 and row.aurc is None and row.detector_options == {}
        for name in {*FIGURES} & {*record}:
            assert getattr(row, name) == record[name]


def test_what_an_old_variant_meant_stands_in_fields(before: Path) -> None:
    variants = [json.loads(line)["variant"] for line in (before / "results.jsonl").read_text().splitlines()]
    rows = read_rows(before / "results.jsonl")
    assert len({*variants}) > 2
    for variant, row in zip(variants, rows, strict=True):
        assert row.primary == (variant is None)
        if variant is not None and variant.endswith(" dB"):
            assert row.level_db == float(variant.removesuffix(" dB"))


MEANINGS = {
    "further": {"primary": False},
    "sentences": {"primary": False, "unit": "group"},
    "30 training examples": {"primary": False, "train_examples": 30},
    "seen words": {"primary": False, "subset": "seen words"},
    "-5 dB": {"primary": False, "level_db": -5.0},
}


@pytest.mark.parametrize("variant", MEANINGS)
def test_each_thing_that_a_variant_meant_has_a_field_of_its_own(tmp_path: Path, variant: str) -> None:
    (row,) = converted([{"task": "a", "out_dist": "X", "variant": variant}], tmp_path / "missing.json")
    assert row == {"task": "a", "out_dist": "X", "unit": "row", "schema": 1, **MEANINGS[variant]}


def levels(tmp_path: Path, *rows: tuple[str, str | None, str | None]) -> list[object]:
    """The noise levels of old rows (task, OOD set, variant); task a's own level is 10 dB, task b has none."""
    (tmp_path / "run.json").write_text(json.dumps({"tasks": {"a": {"own_variant": "10 dB"}, "b": {}, "c": 3}}))
    records = [{"task": task, "out_dist": name, "variant": variant} for task, name, variant in rows]
    return [row.get("level_db") for row in converted(records, tmp_path / "run.json")]


def test_a_set_that_comes_at_other_levels_is_at_its_tasks_own_level_where_none_is_said(tmp_path: Path) -> None:
    noise, other = ("a", "noise", None), ("a", "noise", "5 dB")
    assert levels(tmp_path, noise, other) == [10.0, 5.0]
    assert levels(tmp_path, noise, ("a", None, None), ("b", "noise", "5 dB")) == [None, None, 5.0]
    assert levels(tmp_path, ("b", "noise", None), ("b", "noise", "5 dB")) == [None, 5.0]
    assert levels(tmp_path, noise, other, ("a", "noise", "further")) == [10.0, 5.0, None]


def test_the_pool_is_at_the_own_level_where_all_of_its_tasks_sets_are(tmp_path: Path) -> None:
    every = [("a", name, variant) for name in ("noise", "babble", "All") for variant in (None, "5 dB")]
    assert levels(tmp_path, *every, ("b", "clean", None)) == [10.0, 5.0, 10.0, 5.0, 10.0, 5.0, None]
    assert levels(tmp_path, *every, ("a", None, None)) == [10.0, 5.0, 10.0, 5.0, 10.0, 5.0, None]
    assert levels(tmp_path, *every, ("a", "clean", None)) == [10.0, 5.0, 10.0, 5.0, None, 5.0, None]


def test_new_rows_beside_old_ones_stay_as_they_are(tmp_path: Path) -> None:
    new = {"task": "a", "out_dist": "noise", "schema": 2}
    old = {"task": "a", "out_dist": "noise", "variant": "5 dB"}
    (tmp_path / "run.json").write_text(json.dumps({"tasks": {"a": {"own_variant": "10 dB", "unit": "group"}}}))
    again = converted([new, old], tmp_path / "run.json")
    assert again[0] == new and (again[1]["level_db"], again[1]["unit"]) == (5.0, "group")
    assert converted([new], tmp_path / "run.json") == [new]


def test_the_record_of_an_old_run_and_its_report_read_as_well(before: Path) -> None:
    record = read_record(before / "run.json")
    assert record.tasks["nlp/reuters8"].published == "reuters8" and record.profile == "quick"
    assert "Reuters" in write_report(before, full=True)


def test_an_old_file_beside_a_new_one_differs_in_the_figures_that_were_changed_and_in_no_other(before: Path) -> None:
    old = read_rows(before / "results.jsonl")
    write_rows(before / "new.jsonl", [replace(row, schema=2) for row in old])
    new = read_rows(before / "new.jsonl")
    assert differences(by_what_they_are_about(old), by_what_they_are_about(new)) == []
    changed = [replace(new[0], auroc=0.25), *new[2:]]
    found = differences(by_what_they_are_about(old), by_what_they_are_about(changed))
    assert len(found) == 2 and found[0].startswith("auroc ") and found[1].startswith("missing: ")


def test_the_comparison_is_a_command(before: Path) -> None:
    command = [sys.executable, "-m", "tests.compare_rows", str(before / "results.jsonl"), str(before / "results.jsonl")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "0 differences" in done.stdout


def test_a_field_that_no_form_knows_is_refused_with_its_place(before: Path) -> None:
    path = before / "results.jsonl"
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(first), "colour": 1}), *rest]))
    with pytest.raises(UserError, match=r"results\.jsonl, line 1: .*colour"):
        read_rows(path)


def test_a_record_comes_back_as_it_was_written(before: Path, tmp_path: Path) -> None:
    record = read_record(before / "run.json")
    write_record(tmp_path / "again.json", record)
    assert read_record(tmp_path / "again.json") == record
    assert isinstance(record, RunRecord)


FRACTIONS = st.none() | st.floats(0, 1)


@given(auroc=FRACTIONS, level=st.none() | st.floats(-20, 60), size=st.none() | st.integers(1, 10**6), name=st.text())
def test_any_row_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, auroc: float | None, level: float | None, size: int | None, name: str
) -> None:
    first = read_rows(DATA / "rows_before_fields.jsonl")[0]
    row = replace(first, auroc=auroc, level_db=level, train_examples=size, out_dist=name, detector_options={"k": 5})
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write_rows(path, [row])
    found: tuple[Row, ...] = read_rows(path)
    assert found == (replace(row, schema=found[0].schema),)
