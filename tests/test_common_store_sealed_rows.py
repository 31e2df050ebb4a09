"""Rows of a study: what is not what was written is noticed, with the file and the study."""

from pathlib import Path

import numpy as np
import pytest

from common.base.project import ROOT
from common.reporting.recorded_studies import record_study
from common.store.files import DamagedFile, delete, read_facts, write_facts
from common.store.rows import read_rows
from common.store.sealed_rows import check_sealed_rows, write_sealed_rows

ROWS = read_rows(ROOT / "tests" / "data" / "rows_before_fields.jsonl")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "studies" / "gan_table" / "results.jsonl"
    write_sealed_rows(path, ROWS)
    return path


def test_rows_as_they_were_written_pass_and_so_do_those_without_a_record(results: Path) -> None:
    check_sealed_rows(results)
    assert len(read_rows(results)) == len(ROWS)
    delete(results.with_suffix(".json"))
    check_sealed_rows(results)
    delete(results)
    check_sealed_rows(results)


def test_every_flipped_bit_of_rows_and_of_their_record_is_noticed(results: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(50):
        path = (results, results.with_suffix(".json"))[number % 2]
        whole = bytearray(path.read_bytes())
        flipped = whole.copy()
        flipped[rng.integers(len(whole))] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        with pytest.raises(DamagedFile, match="gan_table/results"):
            check_sealed_rows(results)
        path.write_bytes(whole)


def test_rows_and_record_of_another_study_are_noticed(results: Path) -> None:
    with pytest.raises(DamagedFile, match=r"results\.json is the record of another study \(gan_table\)"):
        check_sealed_rows(results.parent.rename(results.parent.with_name("which_outliers")) / results.name)
    results = results.parent.with_name("which_outliers") / results.name
    write_facts(results.with_suffix(".json"), {})
    with pytest.raises(DamagedFile, match="another study"):
        check_sealed_rows(results)


def test_rows_that_are_not_what_was_written_are_not_recorded(tmp_path: Path) -> None:
    results = tmp_path / "gan_table" / "results.jsonl"
    write_sealed_rows(results, read_rows(ROOT / "tests/data/gan_table_rows.jsonl"))
    record_study("gan_table", results, tmp_path)
    results.write_bytes(results.read_bytes().replace(b'"seed": 0', b'"seed": 7', 1))
    with pytest.raises(DamagedFile, match=r"results\.jsonl is not what was written"):
        record_study("gan_table", results, tmp_path)
    assert read_facts(results.with_suffix(".json"))["study"] == "gan_table"
