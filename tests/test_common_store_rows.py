"""Rows survive writing and reading unchanged, damage is named, and seeds are averaged."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from common.base.errors import UserError
from common.store.rows import FIGURES, ROUNDING, SCHEMA, Row, read_rows, write_rows, write_rows_briefly
from common.store.seed_means import mean_over_seeds, spread

ROW = Row(
    task="nlp/reuters8",
    modality="nlp",
    seed=0,
    profile="quick",
    data="full",
    objective="cross_entropy",
    detector="msp",
    question="ood",
    model="bag_of_words",
    held_out=("grain", "ship"),
    in_dist="Reuters 6",
    out_dist="Reuters 2",
    population="correct",
    n_positive=2000,
    n_negative=117,
    auroc=0.9,
    auroc_low=0.88,
    auroc_high=0.92,
    ap_positive=0.99,
    ap_negative=None,
    aupr_positive=0.99,
    aupr_negative=0.5,
    base_positive=0.945,
    base_negative=0.055,
    fpr95_in=0.4,
    fpr95_out=0.3,
    detection_error=0.2,
    mean_msp_positive=0.98,
    mean_msp_negative=0.72,
    error=0.025,
    device="cpu",
    commit="0" * 40,
    versions={"torch": "2.11.0", "numpy": "2.4.0"},
)


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = (ROW, replace(ROW, seed=1, held_out=None, out_dist="Käse\u2028<b>", subset="seen words"))
    write_rows(tmp_path / "results.jsonl", rows)
    assert read_rows(tmp_path / "results.jsonl") == rows


def test_brief_rows_come_back_rounded_without_what_is_default(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    write_rows_briefly(path, [replace(ROW, auroc=1 / 3, subset="Käse"), replace(ROW, versions={})])
    assert read_rows(path) == (replace(ROW, auroc=0.333333, subset="Käse"), replace(ROW, versions={}))
    first, second = path.read_text(encoding="utf-8").splitlines()
    assert '"subset":"Käse"' in first and not {"subset", "versions", "primary", "aurc"} & json.loads(second).keys()
    assert json.loads(second)["schema"] == SCHEMA == 2, "a new number is for rows that older checkouts cannot read"


def test_rounding_beyond_a_figure_s_range_is_accepted_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for value in (1 + ROUNDING, 1 + ROUNDING / 2, -ROUNDING, 0, 1):
        write_rows(path, [replace(ROW, auroc=value)])
        assert read_rows(path)[0].auroc == value
    for value in (1 + 2 * ROUNDING, -2 * ROUNDING):
        write_rows(path, [replace(ROW, auroc=value)])
        assert "auroc cannot be" in _complaint(path, path.read_text())


def test_a_difference_may_be_negative_and_a_row_is_of_the_own_setting_unless_it_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    write_rows(path, [replace(ROW, e_aurc=-0.01, auroc_minus_msp=-1.0)])
    (row,) = read_rows(path)
    assert (row.e_aurc, row.auroc_minus_msp, row.primary, row.unit) == (-0.01, -1.0, True, "row")


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    write_rows(tmp_path / "a", [ROW])
    write_rows(tmp_path / "b", [replace(ROW, versions=dict(reversed(ROW.versions.items())))])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_line_is_strict_json_with_exactly_the_fields_of_a_row_in_order(tmp_path: Path) -> None:
    write_rows(tmp_path / "results.jsonl", [ROW])
    record = json.loads((tmp_path / "results.jsonl").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert list(record) == [one.name for one in fields(Row)]
    assert record["ap_negative"] is None
    assert record["held_out"] == ["grain", "ship"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_undefined_figure_is_none_and_never_nan(value: float) -> None:
    with pytest.raises(ValueError, match="auroc is"):
        replace(ROW, auroc=value)


def test_an_empty_file_holds_no_rows(tmp_path: Path) -> None:
    write_rows(tmp_path / "results.jsonl", [])
    assert read_rows(tmp_path / "results.jsonl") == ()


def _complaint(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_rows(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_cut_short_is_one_line_with_the_place_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    write_rows(path, [ROW, ROW])
    said = _complaint(path, path.read_text(encoding="utf-8")[:-40])
    assert str(path) in said
    assert "line 2" in said
    assert "delete the file and run again" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"auroc": float("nan")}, "auroc cannot be nan"),
        ({"auroc": "0.9"}, "auroc cannot be '0.9'"),
        ({"auroc": True}, "auroc cannot be True"),
        ({"auroc": 1.5}, "line 1: auroc cannot be 1.5"),
        ({"auroc": -1}, "line 1: auroc cannot be -1"),
        ({"auroc": 10**400}, "line 1: auroc cannot be a whole number of more than 20 digits"),
        ({"level_db": 10**400}, "line 1: level_db cannot be a whole number"),
        ({"ece": -0.1}, "ece cannot be -0.1"),
        ({"brier": 2.1}, "brier cannot be 2.1"),
        ({"auroc_minus_msp": -1.1}, "auroc_minus_msp cannot be -1.1"),
        ({"seed": 1.5}, "seed cannot be 1.5"),
        ({"unit": 201}, "unit cannot be 201"),
        ({"unit": "frame"}, "unit cannot be 'frame'"),
        ({"unit": ["row"]}, "unit cannot be ['row']"),
        ({"task": 10**19}, "task cannot be 10000000000000000000"),
        ({"held_out": "grain"}, "held_out cannot be 'grain'"),
        ({"task": None}, "task cannot be None"),
        ({"colour": "red"}, "unknown colour"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = tmp_path / "results.jsonl"
    write_rows(path, [ROW])
    assert said in _complaint(path, json.dumps(json.loads(path.read_text(encoding="utf-8")) | change))


def test_missing_fields_are_named(tmp_path: Path) -> None:
    assert "line 1: missing modality, seed," in _complaint(tmp_path / "results.jsonl", '{"task": "vision/mnist"}\n')


@pytest.mark.parametrize("text", ["[1]", "3", "null", "\n\n", "{"])
def test_what_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    assert "line 1: not a complete JSON object" in _complaint(tmp_path / "results.jsonl", text)


def test_a_missing_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"results\.jsonl is missing; run run_all\.py first"):
        read_rows(tmp_path / "results.jsonl")


def test_seeds_are_averaged_whatever_they_drew() -> None:
    rows = [
        replace(ROW, seed=seed, auroc=auroc, held_out=(f"class {seed}",), n_negative=seed + 1)
        for seed, auroc in ((2, 0.9), (0, 0.8), (1, None))
    ]
    (mean,) = mean_over_seeds(rows)
    assert mean.seeds == (0, 1, 2)
    auroc = mean.figures["auroc"]
    assert auroc is not None
    assert (auroc.mean, auroc.low, auroc.high, auroc.count) == (pytest.approx(0.85), 0.8, 0.9, 2)
    assert mean.figures["ap_negative"] is None
    assert set(mean.figures) == set(FIGURES)


@pytest.mark.parametrize("name", ["task", "objective", "detector", "question", "subset", "out_dist", "population"])
def test_rows_of_different_kinds_are_not_averaged(name: str) -> None:
    assert len(mean_over_seeds([ROW, replace(ROW, seed=1, **{name: "other"})])) == 2  # type: ignore[arg-type]


def test_one_seed_has_no_standard_deviation() -> None:
    assert spread([0.5]) is not None
    assert spread([0.5]).sd is None  # type: ignore[union-attr]
    assert spread([None]) is None
