"""Files read in pieces give the figures of whole files, within the bounds that they name, in bounded memory."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from pyarrow import parquet
from safetensors.numpy import save_file

from common.base.border import MemoryLimit
from common.base.errors import UserError
from common.own import in_pieces, pieces
from common.own.evaluation import evaluate_own, notes_of, own_model
from common.own.in_pieces import evaluate_in_pieces, files_in_pieces
from common.own.pieces import PiecewiseFile
from common.own.rows import Reading, read_rows
from common.run import Run
from common.store.rows import WITH_INTERVAL, Row
from tests.own_files import WRITERS, model

WHOLE = Reading(features=False)
FIGURES = (
    *("auroc", "ap_positive", "ap_negative", "aupr_positive", "aupr_negative", "fpr95_in", "fpr95_out"),
    *("detection_error", "aurc", "e_aurc", "accuracy_at_80", "accuracy_at_90", "accuracy_at_95"),
)
OTHERS = ((5, "a"), (6, "b"))
IN_PIECES = [name for name in WRITERS if not name.endswith(("csv", "tsv"))]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_ROWS", 97)


def in_parts(test: Path, second_pass: bool = False, labels: Path | None = None, **sets: Path) -> Run:
    files = files_in_pieces(test, sets, WHOLE, labels, True)
    assert files is not None
    return evaluate_in_pieces("mine", files, None, second_pass, "test")


def whole(test: Path, **sets: Path) -> Run:
    read = {name: read_rows(path, "ood", WHOLE) for name, path in sets.items()}
    return evaluate_own(own_model("mine", read_rows(test, "test", WHOLE), read), "test")


def save(path: Path, **arrays: NDArray[np.generic]) -> Path:
    np.savez(path, **arrays)
    return path


def assert_rows_agree(counted: list[Row], exact: list[Row]) -> None:
    """Every row of one run is in the other, and its figures are within what it says."""
    about = ("detector", "question", "out_dist", "population", "n_positive", "n_negative")
    assert [[getattr(row, name) for name in about] for row in counted] == [
        [getattr(row, name) for name in about] for row in exact
    ]
    for one, other in zip(counted, exact, strict=True):
        for name in FIGURES:
            theirs = getattr(other, name)
            assert (getattr(one, name) is None) == (theirs is None), name
            if theirs is not None:
                assert abs(getattr(one, name) - theirs) <= one.counted_within[name], (one.detector, name)
        assert one.error == other.error
        for name in ("mean_msp_positive", "mean_msp_negative"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-12)
        for name in WITH_INTERVAL:
            bounds = [(getattr(row, f"{name}_low"), getattr(row, f"{name}_high")) for row in (one, other)]
            assert bounds[0] == pytest.approx(bounds[1], abs=0.02), name
        assert one.auroc_low <= other.auroc_low + 1e-4 and one.auroc_high >= other.auroc_high - 1e-4


def test_every_row_and_figure_is_that_of_whole_files_within_what_the_row_says(tmp_path: Path) -> None:
    test = save(tmp_path / "in.npz", **model(700, 10))
    sets = {name: save(tmp_path / f"{name}.npz", logits=model(300, 10, seed)["logits"] / 2) for seed, name in OTHERS}
    counted, exact = in_parts(test, **sets), whole(test, **sets)
    assert_rows_agree(counted.rows, exact.rows)
    assert {row.out_dist for row in counted.rows} == {None, "a", "b", "All"}
    points, theirs = counted.record.curves[0], exact.record.curves[0]
    assert points["confidence"] == theirs["confidence"] and points["confusion"] == theirs["confusion"]
    assert [len(one["roc"]) for one in (points, theirs)] == [4, 4]


def test_a_second_pass_makes_fpr95_exact(tmp_path: Path) -> None:
    test, other = (
        save(tmp_path / "in.npz", **model(700, 10)),
        save(tmp_path / "out.npz", logits=model(300, 10, 5)["logits"]),
    )
    once, twice, exact = in_parts(test, other=other), in_parts(test, True, other=other), whole(test, other=other)
    assert_rows_agree(twice.rows, exact.rows)
    for name in ("fpr95_in", "fpr95_out"):
        assert [getattr(row, name) for row in twice.rows] == [getattr(row, name) for row in exact.rows]
        assert [getattr(row, name) for row in once.rows] != [getattr(row, name) for row in exact.rows]


@pytest.mark.parametrize("name", IN_PIECES)
def test_every_format_is_read_in_pieces_as_it_is_whole(tmp_path: Path, name: str) -> None:
    arrays = model(500, 4)
    path = tmp_path / name
    WRITERS[name](path, arrays)
    read = list(PiecewiseFile(path, "test", WHOLE))
    expected = read_rows(path, "test", WHOLE).outputs
    assert len(read) == 6 and max(len(rows.outputs.logits) for rows in read) == 97
    assert np.array_equal(np.concatenate([rows.outputs.logits for rows in read]), expected.logits)
    if expected.labels is not None:
        assert np.array_equal(np.concatenate([rows.outputs.labels for rows in read]), expected.labels)


def test_row_groups_of_any_size_give_the_same_pieces(tmp_path: Path) -> None:
    rows = pa.table({"score": np.arange(500.0), "correct": np.arange(500) % 2})
    parquet.write_table(rows, tmp_path / "s.parquet", row_group_size=61)
    read = list(PiecewiseFile(tmp_path / "s.parquet", "test", WHOLE))
    assert [len(one.outputs.logits) for one in read] == [97] * 5 + [15]
    assert np.array_equal(np.concatenate([one.outputs.row_extras["score"] for one in read]), np.arange(500.0))


@pytest.mark.parametrize("answers", ["correct", "predicted and labels"])
def test_scores_alone_are_counted_too(tmp_path: Path, answers: str) -> None:
    rng = np.random.default_rng(3)
    right = rng.random(900) < 0.8
    given = (
        {"correct": right} if answers == "correct" else {"predicted": np.where(right, 1, 0), "label": np.ones(900, int)}
    )
    test = save(tmp_path / "in.npz", score=rng.normal(right, 1), **given)
    other = save(tmp_path / "out.npz", score=rng.normal(-1, 1, 400).round(1))
    counted, exact = in_parts(test, other=other), whole(test, other=other)
    assert_rows_agree(counted.rows, exact.rows)
    assert all(row.mean_msp_positive is None for row in counted.rows)


def test_labels_apart_and_rows_without_a_label_are_taken_as_in_whole_files(tmp_path: Path) -> None:
    arrays = model(500, 4)
    arrays["labels"][100:300] = -1  # a whole piece has none
    np.save(tmp_path / "logits.npy", arrays["logits"])
    np.save(tmp_path / "labels.npy", arrays["labels"])
    counted = in_parts(tmp_path / "logits.npy", labels=tmp_path / "labels.npy")
    exact = whole(save(tmp_path / "in.npz", **arrays))
    assert_rows_agree(counted.rows, exact.rows)
    assert next(iter(counted.record.tasks.values())).dropped == {"rows without a label": 200}
    assert "200 test rows have no label and are left out." in notes_of(counted)


def test_probabilities_are_told_by_the_first_rows_and_required_of_the_others(tmp_path: Path) -> None:
    p = np.exp(model(300, 4)["logits"])
    p /= p.sum(1, keepdims=True)
    labels = model(300, 4)["labels"]
    counted = in_parts(save(tmp_path / "p.npz", probs=p, labels=labels))
    assert not {"energy"} & {row.detector for row in counted.rows}
    assert any("told by its first rows): The rows are probabilities" in note for note in notes_of(counted))
    p[250] *= 2
    with pytest.raises(UserError, match=r"in the rows from 194 on: probabilities .* row 56 sums to 2"):
        in_parts(save(tmp_path / "x.npz", logits=p, labels=labels))


def test_labels_that_look_wrong_are_hinted_at_in_pieces_too(tmp_path: Path) -> None:
    arrays = model(500, 6)
    shifted = save(tmp_path / "in.npz", logits=np.c_[np.full(500, -9.0), arrays["logits"]], labels=arrays["labels"])
    assert any("Labels shifted by +1" in note for note in notes_of(in_parts(shifted)))


def test_the_report_says_that_figures_are_counted_and_how_far_they_may_be_off(tmp_path: Path) -> None:
    counted = in_parts(save(tmp_path / "in.npz", **model(700, 10)))
    said = next(note for note in notes_of(counted) if "counted in bins" in note)
    widest = max(row.counted_within["auroc"] for row in counted.rows if row.detector == "msp")
    assert widest > 0 and f"AUROC {100 * widest:.2g} (msp), " in said


def test_pieces_are_the_default_above_a_size_and_whole_files_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = save(tmp_path / "in.npz", **model(60, 4))
    assert files_in_pieces(small, {}, WHOLE, None, None) is None
    monkeypatch.setattr(in_pieces, "LARGE", 100)
    assert files_in_pieces(small, {}, WHOLE, None, None) is not None
    assert files_in_pieces(small, {}, WHOLE, None, False) is None
    WRITERS["file.csv"](tmp_path / "in.csv", model(60, 4))
    assert files_in_pieces(tmp_path / "in.csv", {}, WHOLE, None, None) is None, "a table of text is read whole"


def test_what_cannot_be_read_in_pieces_is_told_with_the_remedy(tmp_path: Path) -> None:
    WRITERS["file.csv"](tmp_path / "in.csv", model(60, 4))
    np.save(tmp_path / "f.npy", np.asfortranarray(np.zeros((9, 2))))
    for name in ("in.csv", "f.npy"):
        with pytest.raises(UserError, match="cannot be read in pieces; save it as .npy or .npz"):
            files_in_pieces(tmp_path / name, {}, WHOLE, None, True)
    with pytest.raises(UserError, match="--train needs whole files"):
        files_in_pieces(tmp_path / "in.csv", {}, Reading(), None, True)


def test_arrays_of_different_lengths_and_files_that_do_not_fit_are_one_line(tmp_path: Path) -> None:
    arrays = model(300, 4)
    short = save(tmp_path / "short.npz", logits=arrays["logits"], labels=arrays["labels"][:250])
    with pytest.raises(UserError, match="logits and labels have different lengths"):
        in_parts(short)
    test = save(tmp_path / "in.npz", **arrays)
    with pytest.raises(UserError, match="has 5 classes"):
        in_parts(test, other=save(tmp_path / "five.npz", logits=model(300, 5)["logits"]))
    with pytest.raises(UserError, match="no row has a label"):
        in_parts(save(tmp_path / "none.npz", logits=arrays["logits"], labels=np.full(300, -1)))
    with pytest.raises(UserError, match="has no labels and no --ood"):
        in_parts(save(tmp_path / "alone.npz", logits=arrays["logits"]))


def test_a_file_that_ends_early_is_told(tmp_path: Path) -> None:
    save_file({"logits": np.zeros((300, 4), np.float32)}, tmp_path / "in.safetensors")
    content = (tmp_path / "in.safetensors").read_bytes()
    (tmp_path / "in.safetensors").write_bytes(content[:-100])
    with pytest.raises(UserError, match="cannot be read"):
        in_parts(tmp_path / "in.safetensors")
    limited = Reading(limit=MemoryLimit(1e-6), features=False)
    with pytest.raises(UserError, match="announces"):
        list(PiecewiseFile(save(tmp_path / "in.npz", **model(300, 4)), "test", limited))
