"""What the numbers of a file are is told by rules that the notes state, and what looks wrong is said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import roc_auc_score

from common.base.errors import UserError
from common.discover import load_detector
from common.metrics.detection import separation
from common.own.evaluation import evaluate_own, notes_of, own_model
from common.own.kinds import as_logits
from common.own.rows import Reading, UserRows, read_rows, rows_of, score_rows_of
from common.run import Run
from common.store.rows import Row
from tests.own_files import Arrays, model

HERE = Path("mine.npz")
GIVEN, OTHER = model(300, 6, seed=3), model(200, 6, seed=4)["logits"] / 3


def rows(matrix: NDArray[np.generic], labels: NDArray[np.generic] | None = None, **options: object) -> UserRows:
    return rows_of(HERE, matrix, labels, **options)  # type: ignore[arg-type]


def run(test: UserRows, *others: UserRows, detectors: tuple[str, ...] | None = None) -> Run:
    sets = {f"other {place}": one for place, one in enumerate(others)}
    return evaluate_own(own_model("mine", test, sets, detectors=detectors), "")


def figures(done: Run) -> dict[tuple[str, str | None, str], Row]:
    return {(row.detector, row.out_dist, row.population): row for row in done.rows}


def test_probabilities_under_the_name_of_logits_give_the_figures_of_the_logits_but_energy() -> None:
    of_logits = figures(run(rows(GIVEN["logits"], GIVEN["labels"]), rows(OTHER)))
    done = run(rows(softmax(GIVEN["logits"], 1), GIVEN["labels"]), rows(softmax(OTHER, 1)))
    of_probabilities = figures(done)
    for key, row in of_logits.items():
        if key[0] in ("msp", "entropy", "margin", "doctor", "gen"):
            assert of_probabilities[key].auroc == pytest.approx(row.auroc, abs=1e-9), key
            assert of_probabilities[key].mean_msp_positive == pytest.approx(row.mean_msp_positive, rel=1e-12)
    assert not any(detector == "energy" for detector, _, _ in of_probabilities)
    notes = " ".join(notes_of(done))
    assert "The rows are probabilities" in notes and "detector energy is left out" in notes


def test_log_probabilities_are_told_and_energy_is_left_out() -> None:
    done = run(rows(log_softmax(GIVEN["logits"].astype(np.float32), 1), GIVEN["labels"]))
    assert "log-probabilities" in notes_of(done)[0]
    assert "energy" not in {row.detector for row in done.rows} and "max_logit" in {row.detector for row in done.rows}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_probabilities_are_told_at_any_precision(dtype: type[np.floating]) -> None:
    many = softmax(np.random.default_rng(0).normal(0, 2, (50, 1000)), 1).astype(dtype)
    assert as_logits(many).kind == "probabilities"
    assert as_logits(np.round(softmax(GIVEN["logits"], 1), 3)).kind == "probabilities"


@pytest.mark.parametrize(
    "logits",
    [
        np.abs(GIVEN["logits"]),
        GIVEN["logits"],
        np.maximum(GIVEN["logits"], 0),
        GIVEN["logits"] - 20,
        np.eye(6)[GIVEN["labels"]] * 2 - 0.5,
    ],
    ids=["non-negative", "of both signs", "after a ReLU", "all negative", "two values"],
)
def test_logits_are_not_taken_for_probabilities(logits: NDArray[np.float64]) -> None:
    found = as_logits(logits)
    assert found.kind == "logits" and found.notes == ()
    np.testing.assert_array_equal(found.logits, logits)


def test_percentages_are_refused_and_votes_and_sigmoids_are_noted() -> None:
    p = softmax(GIVEN["logits"], 1)
    with pytest.raises(ValueError, match="sums to 100, so these are percentages; divide them by 100"):
        as_logits(np.round(100 * p, 1))
    assert as_logits(100 * p, probabilities=False).kind == "logits"
    votes = as_logits(np.random.default_rng(0).multinomial(17, p))
    assert votes.kind == "logits" and "sums to 17. If these are votes" in votes.notes[0]
    sigmoids = as_logits(expit(GIVEN["logits"]))
    assert sigmoids.kind == "logits" and "If they are sigmoids" in sigmoids.notes[0]
    assert as_logits(expit(GIVEN["logits"]), probabilities=False).notes == ()


def test_the_user_has_the_last_word_on_what_the_numbers_are() -> None:
    probabilities = softmax(GIVEN["logits"], 1)
    np.testing.assert_array_equal(as_logits(probabilities, probabilities=False).logits, probabilities)
    rough = probabilities / 1.04
    assert as_logits(rough).kind == "logits"
    np.testing.assert_allclose(np.exp(as_logits(rough, probabilities=True).logits), rough)
    with pytest.raises(ValueError, match=r"sum to 1, and row 0 holds -.* \(300 of 300 rows are none\).* --logits"):
        as_logits(GIVEN["logits"], probabilities=True)
    with pytest.raises(ValueError, match="row 1 sums to 2"):
        as_logits(np.array([[0.5, 0.5], [1.0, 1.0]]), said="probabilities")


def test_probabilities_beside_logits_leave_out_what_depends_on_size() -> None:
    done = run(rows(softmax(GIVEN["logits"], 1), GIVEN["labels"]), rows(OTHER))
    assert not {"energy", "max_logit"} & {row.detector for row in done.rows}
    expected = separation(*(np.sort(softmax(z, 1), 1)[:, -1] for z in (GIVEN["logits"], OTHER))).auroc
    assert figures(done)["msp", "other 0", "all"].auroc == pytest.approx(expected, abs=1e-9)


def test_probabilities_that_round_to_one_are_counted_since_they_tie() -> None:
    saturated = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.25, 0.25]])
    assert "2 of 3 rows give all probability to one class" in as_logits(saturated).notes[1]


@pytest.mark.parametrize("scale", [1e3, 1e5])
def test_the_msp_of_logits_far_apart_ranks_as_their_lead_over_the_others(scale: float) -> None:
    logits = GIVEN["logits"] * scale
    right = logits.argmax(1) == GIVEN["labels"]
    lead = np.diff(np.sort(logits, 1)[:, -2:])[:, 0]
    row = figures(run(rows(logits, GIVEN["labels"])))["msp", None, "all"]
    assert row.auroc == pytest.approx(roc_auc_score(right, lead), abs=1e-12)


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.uint32, np.longdouble, np.float64])
def test_wide_numbers_are_not_narrowed(dtype: type[np.number]) -> None:
    logits = (np.arange(12).reshape(4, 3) + 2**24 * (dtype is not np.int16)).astype(dtype)
    found = as_logits(logits).logits
    assert found.dtype == np.float64 and (np.diff(found, axis=1) == 1).all()


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_column_is_a_classifier_of_two_classes(shape: tuple[int, ...]) -> None:
    z = np.random.default_rng(5).normal(0, 2, 200)
    labels = (z + np.random.default_rng(6).normal(0, 1, 200) > 0).astype(int)
    of_logits = run(rows(z.reshape(shape), labels))
    both = run(rows(np.stack([np.zeros(200), z], 1), labels))
    assert figures(of_logits).keys() == figures(both).keys()
    key = ("msp", None, "all")
    assert figures(of_logits)[key].auroc == figures(both)[key].auroc
    assert "One column z" in notes_of(of_logits)[0]
    of_probabilities = run(rows(expit(z).reshape(shape), labels))
    assert figures(of_probabilities)[key].auroc == pytest.approx(figures(both)[key].auroc, abs=1e-12)
    assert "One column in [0, 1]" in notes_of(of_probabilities)[0]


def test_rows_without_a_label_are_left_out_and_counted() -> None:
    for marks in (np.array([-1]), np.array([-100]), np.array([np.nan])):
        labels = GIVEN["labels"].astype(np.result_type(marks, np.int64))
        labels[10:40] = marks[0]
        found = rows(GIVEN["logits"], labels)
        assert found.unlabelled == 30 and len(found.outputs.logits) == 270
        np.testing.assert_array_equal(found.outputs.labels, np.delete(GIVEN["labels"], slice(10, 40)))
        assert "30 of 300 rows have no label" in found.notes[-1]
    assert run(found).record.tasks["own/mine"].dropped == {"rows without a label": 30}
    nothing = rows(GIVEN["logits"], np.full(300, -1))
    assert nothing.outputs.labels is None and nothing.notes == ("No row has a label.",)


@pytest.mark.parametrize("shape", [(300,), (300, 1), (300, 2)])
def test_labels_of_minus_1_and_1_are_refused_where_there_are_two_classes(shape: tuple[int, ...]) -> None:
    logits = np.random.default_rng(0).normal(size=shape)
    with pytest.raises(ValueError, match=r"labels are -1 and 1: give 0 and 1, by \(labels \+ 1\) // 2"):
        rows(logits, np.where(np.arange(300) % 3, 1, -1))
    kept = rows(logits, np.where(np.arange(300) % 3, np.arange(300) % 2, -1))
    assert kept.unlabelled == 100 and set(np.unique(kept.outputs.labels)) == {0, 1}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (GIVEN["labels"] + 1, r"label 6 in row \d+ is outside 0..5; they run from 1 to 6: subtract 1"),
        (np.where(np.arange(300) < 9, 255, GIVEN["labels"]), "label 255 in row 0 .*255 is often a mark to ignore"),
        (GIVEN["labels"] + 0.5, r"labels must be whole numbers, not \d.5 in row 0"),
        (GIVEN["labels"].astype(str), "labels are words .*order of the classes is unknown"),
        (GIVEN["labels"][:50], r"labels must be \(300,\), one value per row of the logits, not \(50,\)"),
        (GIVEN["labels"][:6], r"the logits are \(300, 6\), so perhaps logits.T is meant"),
        (softmax(GIVEN["logits"], 1), "labels have shape .*give one class a row"),
        (np.full(300, 2**64 - 1, np.uint64), "label 18446744073709551615 in row 0 is no class"),
        (np.full(300, np.inf), "labels must be whole numbers, not inf in row 0"),
    ],
)
def test_labels_that_are_none_are_told_with_a_remedy(labels: NDArray[np.generic], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rows(GIVEN["logits"], labels)


def test_labels_may_be_floats_truth_values_columns_or_one_hot() -> None:
    for labels in (GIVEN["labels"].astype(float), GIVEN["labels"][:, None], np.eye(6)[GIVEN["labels"]]):
        np.testing.assert_array_equal(rows(GIVEN["logits"], labels).outputs.labels, GIVEN["labels"])
    two = rows(GIVEN["logits"][:, :2], GIVEN["labels"] > 2)
    np.testing.assert_array_equal(two.outputs.labels, GIVEN["labels"] > 2)


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ((2, 4, 8, 8), r"logits.transpose\(0, 2, 3, 1\).reshape\(-1, C\)"),
        ((3, 20, 4), r"logits.mean\(0\)"),
        ((), "one row of logits"),
    ],
)
def test_other_axes_are_one_line_with_the_remedy(shape: tuple[int, ...], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        as_logits(np.zeros(shape))


def save(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)
    return path


NAMES: dict[str, Arrays] = {
    "Hugging Face": {"predictions": GIVEN["logits"], "label_ids": GIVEN["labels"]},
    "calibration": {"predictions": GIVEN["logits"], "ground_truth": GIVEN["labels"]},
    "scikit-learn": {"y_score": GIVEN["logits"], "y_true": GIVEN["labels"]},
    "PyTorch": {"outputs": GIVEN["logits"], "targets": GIVEN["labels"]},
    "capitals": {"Logits": GIVEN["logits"], "Label": GIVEN["labels"]},
    "both": {"logits": GIVEN["logits"], "probs": softmax(GIVEN["logits"], 1), "labels": GIVEN["labels"]},
}


@pytest.mark.parametrize("whose", NAMES)
def test_arrays_are_found_by_the_names_that_people_give_them(whose: str, tmp_path: Path) -> None:
    found = read_rows(save(tmp_path / "x.npz", **NAMES[whose]))
    np.testing.assert_array_equal(found.outputs.logits, GIVEN["logits"])
    np.testing.assert_array_equal(found.outputs.labels, GIVEN["labels"])
    assert found.notes == (("not used: probs",) if whose == "both" else ())


def test_arrays_saved_without_names_are_taken_by_their_places_and_that_is_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", GIVEN["logits"], GIVEN["labels"])
    found = read_rows(tmp_path / "x.npz")
    np.testing.assert_array_equal(found.outputs.labels, GIVEN["labels"])
    assert found.notes == ("arrays have no names, so they are taken by their places: arr_0 as logits, arr_1 as labels",)
    np.savez(tmp_path / "y.npz", GIVEN["labels"], GIVEN["logits"])
    with pytest.raises(UserError, match="has no array 'logits'"):
        read_rows(tmp_path / "y.npz")


def test_training_rows_of_another_kind_are_refused() -> None:
    features = np.random.default_rng(0).normal(size=(300, 4))
    test = rows(GIVEN["logits"], GIVEN["labels"], layers=[features])
    train = rows(softmax(GIVEN["logits"], 1), GIVEN["labels"], layers=[features])
    with pytest.raises(UserError, match="has probabilities and .* has logits; give both the same"):
        own_model("mine", test, {}, train)


def test_a_score_and_right_or_wrong_are_enough(tmp_path: Path) -> None:
    msp, predicted = softmax(GIVEN["logits"], 1).max(1), GIVEN["logits"].argmax(1)
    right, other = predicted == GIVEN["labels"], softmax(OTHER, 1).max(1)
    ood = read_rows(save(tmp_path / "o.npz", score=other), "ood")
    expected, by_ood = separation(msp[right], msp[~right]), separation(msp, other)
    for arrays in (
        {"score": msp, "correct": right},
        {"conf": msp, "pred": predicted, "label": GIVEN["labels"]},
        {"confidence": msp[:, None], "hit": right.astype(float)},
    ):
        done = run(read_rows(save(tmp_path / "x.npz", **arrays)), ood)
        found = figures(done)
        assert found["score", None, "all"].auroc == expected.auroc
        assert found["score", None, "all"].error == pytest.approx(1 - right.mean())
        assert found["score", "other 0", "all"].auroc == by_ood.auroc
        assert found["score", "other 0", "correct"].n_positive == right.sum()
        assert {row.detector for row in done.rows} == {"score"}
        assert found["score", None, "all"].mean_msp_positive is None, "a score is no probability"


def test_a_score_that_cannot_be_used_is_one_line() -> None:
    numbers = np.arange(5.0)
    with pytest.raises(ValueError, match="score is NaN in row 3"):
        score_rows_of(HERE, np.array([0, 1, 2, np.nan]), None)
    with pytest.raises(ValueError, match="correct must be 0 or 1"):
        score_rows_of(HERE, numbers, numbers)
    with pytest.raises(ValueError, match=r"correct must be \(5,\), one value per score"):
        score_rows_of(HERE, numbers, np.ones(4))
    by_score = score_rows_of(HERE, numbers, numbers > 2)
    with pytest.raises(UserError, match="has logits and .* has a score alone; give both the same"):
        run(by_score, rows(OTHER))
    with pytest.raises(UserError, match="a score alone, so --detectors and --train have nothing"):
        run(by_score, detectors=("msp",))
    with pytest.raises(UserError, match="has no array 'correct' and no --ood is given"):
        run(score_rows_of(HERE, numbers, None))


def test_labels_of_an_ood_file_play_no_part_whatever_they_are(tmp_path: Path) -> None:
    for labels in (np.full(200, 77), np.full(200, -1), np.array(["cat"] * 200), np.zeros(3)):
        found = read_rows(save(tmp_path / "o.npz", logits=OTHER, labels=labels), "ood")
        assert found.outputs.labels is None
        assert found.notes == ("labels of an OOD file play no part: labels",)


def hints(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> str:
    return " ".join(notes_of(run(rows(logits, labels), detectors=("msp",))))


def test_labels_that_would_fit_after_a_shift_are_hinted_at() -> None:
    shifted = np.c_[np.full(300, -9.0), GIVEN["logits"]]
    assert "Labels shifted by +1 would give an error of" in hints(shifted, GIVEN["labels"])
    assert "Labels shifted by -2" in hints(GIVEN["logits"], np.minimum(GIVEN["labels"] + 2, 5))


def test_classes_in_another_order_are_hinted_at() -> None:
    order = np.array([3, 0, 5, 1, 4, 2])
    said = hints(GIVEN["logits"], order[GIVEN["labels"]])
    assert "In another order of the classes the error would be" in said
    assert "above that of always answering the most frequent class" in said


def test_a_poor_and_a_good_model_get_no_hint_on_labels() -> None:
    assert hints(GIVEN["logits"], GIVEN["labels"]) == ""
    rng = np.random.default_rng(8)
    poor = rng.normal(0, 1, (300, 6))
    poor[np.arange(300), GIVEN["labels"]] += 1.5
    assert hints(poor, GIVEN["labels"]) == ""


def test_an_auroc_whose_interval_lies_under_chance_is_hinted_at() -> None:
    done = run(rows(OTHER, GIVEN["labels"][:200]), rows(GIVEN["logits"]), detectors=("msp", "energy"))
    found = [note for note in notes_of(done) if note.startswith("AUROC below chance")]
    assert any("in-distribution against other 0: msp" in note and "energy" in note for note in found)
    fine = run(rows(GIVEN["logits"], GIVEN["labels"]), rows(OTHER), detectors=("energy",))
    assert not any(note.startswith("AUROC below chance (in-distribution") for note in notes_of(fine))


def test_arrays_that_nothing_uses_are_named_with_escapes_for_what_is_not_printable(tmp_path: Path) -> None:
    path = save(tmp_path / "x.npz", **GIVEN, **{"\x1b[31mred": np.zeros(2), "notes": np.zeros(1)})
    assert read_rows(path).notes == (r"not used: \x1b[31mred, notes",)


def test_features_are_read_only_where_they_are_wanted(tmp_path: Path) -> None:
    path = save(tmp_path / "x.npz", **GIVEN, features=np.full((300, 2), np.nan))
    assert read_rows(path, "test", Reading(features=False)).layers == ()
    with pytest.raises(UserError, match="features holds NaN"):
        read_rows(path)


def test_the_scores_of_given_scores_need_no_logits() -> None:
    found = score_rows_of(HERE, np.arange(4.0), None).outputs
    with pytest.raises(ValueError, match="no logits"):
        load_detector("doctor").score(found)
    with pytest.raises(ValueError, match="right and wrong are not defined"):
        replace(found).correct.any()
