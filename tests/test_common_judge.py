"""Claims about what is asked of a model: of its rows, of parts of them, of groups, and at several noise levels."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from common.comparisons import EvaluationSpec, ScoredSet
from common.detector import Detector, Probe
from common.discover import load_detector
from common.judge import error_of, evaluate_outputs
from common.metrics.calibration import risk_coverage
from common.metrics.model_calibration import model_calibration
from common.store.outputs import OodKey, Outputs, TaskOutputs
from common.store.rows import WITH_INTERVAL, Row

IDENTITY = {
    "task": "nlp/x",
    "modality": "nlp",
    "seed": 0,
    "profile": "quick",
    "data": "full",
    "objective": "cross_entropy",
    "model": "x",
    "held_out": None,
    "in_dist": "X",
}
SUBSETS = {"seen": lambda outputs: outputs.row_extras.get("seen")}


def given(score: Callable[[Outputs], Any]) -> Detector:
    """A detector by its score."""
    return Detector("given", "Given", of_outputs=score)


class OfGroups(Probe):
    """A probe whose scores, one a group, are there already."""

    per = "group"


LENGTHS = Detector("length", "Length", probe=OfGroups())


def sentences(seen: bool = True) -> Outputs:
    """Three sentences of 2, 1 and 2 words; the last word of the first and the second sentence are wrong."""
    logits = np.array([[4, 0], [1, 0], [3, 0], [0, 5], [2, 0]], dtype=np.float32)
    return Outputs(
        logits,
        labels=np.array([0, 1, 1, 1, 0]),
        groups=np.array([0, 0, 1, 2, 2]),
        row_extras={"seen": np.array([True, False, True, True, True])} if seen else {},
        group_extras={"length": np.array([2.0, 1.0, 2.0])},
    )


def evaluated(spec: EvaluationSpec, *keys: OodKey, detector: Any = None, test: Outputs | None = None) -> list[Row]:
    outputs = TaskOutputs(test or sentences(), {key: sentences() for key in keys}, {})
    return evaluate_outputs(spec, outputs, [detector or load_detector("msp")], IDENTITY)[0]


def by_what_they_are(rows: list[Row]) -> dict[tuple[object, ...], Row]:
    return {(row.question, row.subset, row.unit, row.population): row for row in rows}


def test_a_sentence_is_right_if_all_its_words_are() -> None:
    assert ScoredSet(sentences(), by_group=True).correct.tolist() == [False, False, True]


def test_a_sentence_scores_the_mean_probability_of_its_words() -> None:
    scored = ScoredSet(sentences(), by_group=True)
    msp = 1 / (1 + np.exp(-np.array([4.0, 1, 3, 5, 2])))
    expected = [msp[:2].mean(), msp[2], msp[3:].mean()]
    assert scored.scores(load_detector("msp")) == pytest.approx(expected)


def test_a_word_without_a_score_is_left_out_of_its_sentence_s_mean() -> None:
    scores = np.array([np.nan, 1.0, 3.0, np.nan, np.nan])
    assert ScoredSet(sentences(), by_group=True).scores(given(lambda _: scores))[:2].tolist() == [1.0, 3.0]
    assert np.isnan(ScoredSet(sentences(), by_group=True).scores(given(lambda _: scores))[2])


def test_words_parts_of_them_and_sentences_have_rows_of_their_own() -> None:
    found = by_what_they_are(evaluated(EvaluationSpec(also_by_group=True, subsets=SUBSETS), OodKey("Y")))
    counts = {key: (row.n_positive, row.n_negative) for key, row in found.items()}
    assert counts == {
        ("misclassification", None, "row", "all"): (3, 2),
        ("misclassification", "seen", "row", "all"): (3, 1),
        ("misclassification", None, "group", "all"): (1, 2),
        ("ood", None, "row", "all"): (5, 5),
        ("ood", None, "row", "correct"): (3, 5),
        ("ood", None, "group", "all"): (3, 3),
        ("ood", None, "group", "correct"): (1, 3),
    }
    assert {row.error for row in found.values()} == {0.4}, "the model's error, whatever part a row is about"
    assert {key[1:3] for key, row in found.items() if row.primary} == {(None, "row")}


def test_a_subset_is_left_out_where_the_model_does_not_tell_it() -> None:
    spec = EvaluationSpec(also_by_group=True, subsets=SUBSETS)
    found = by_what_they_are(evaluated(spec, OodKey("Y"), test=sentences(seen=False)))
    assert {key[1] for key in found} == {None}
    assert ("misclassification", None, "group", "all") in found


def test_a_smaller_training_set_has_rows_of_the_own_setting_alone_and_none_is_primary() -> None:
    spec = EvaluationSpec(also_by_group=True, subsets=SUBSETS, train_examples=2)
    found = evaluated(spec, OodKey("Y", 10.0), OodKey("Z"), OodKey("Y", 5.0, primary=False))
    assert {(row.train_examples, row.primary, row.unit, row.subset) for row in found} == {(2, False, "row", None)}
    about = [(row.out_dist, row.level_db) for row in found if row.population == "all"]
    assert about == [(None, None), ("Y", 10.0), ("Z", None), ("All", None)]


def test_the_own_setting_each_other_level_and_additional_sets_have_a_pool_each() -> None:
    own = [OodKey("a", 10.0), OodKey("b", 10.0)]
    others = [OodKey(name, level, primary=False) for level in (5.0, 0.0) for name in "ab"]
    additional = [OodKey(name, primary=False) for name in "cd"]
    lone = OodKey("noise of one's own", 10.0, primary=False)
    rows = evaluated(EvaluationSpec(), *own, *others, *additional, lone)
    pools = {(row.level_db, row.primary): row.n_negative for row in rows if row.out_dist == "All"}
    assert pools == {(10.0, True): 10, (5.0, False): 10, (0.0, False): 10, (None, False): 10}
    assert {row.primary for row in rows if row.out_dist in ("a", "b")} == {True, False}


def test_a_pool_of_sets_at_different_levels_has_none() -> None:
    rows = evaluated(EvaluationSpec(), OodKey("a", 10.0), OodKey("Mandarin"))
    assert {row.level_db for row in rows if row.out_dist == "All"} == {None}


def test_a_row_says_what_its_detector_was_given_and_how_far_the_set_is() -> None:
    outputs = TaskOutputs(sentences(), {OodKey("Y"): sentences()}, {}, {"length": {"temperature": 2.0}})
    spec = EvaluationSpec(by_group=True, distances={"Y": "near"})
    rows, _ = evaluate_outputs(spec, outputs, [LENGTHS], IDENTITY)
    assert {(row.out_dist, row.distance) for row in rows} == {(None, None), ("Y", "near")}
    assert {tuple(row.detector_options.items()) for row in rows} == {(("temperature", 2.0),)}


def test_rows_of_learned_confidence_say_what_hints_cost_on_the_test_set_and_not_elsewhere() -> None:
    test = replace(sentences(), row_extras={"confidence": np.log(np.linspace(0.2, 0.9, len(sentences().logits)))})
    ood = replace(test, row_extras={"confidence": test.row_extras["confidence"] - 1})
    outputs = TaskOutputs(test, {OodKey("Y"): ood}, {})
    detectors = [load_detector("msp"), load_detector("learned_confidence")]
    rows, _ = evaluate_outputs(EvaluationSpec(), outputs, detectors, IDENTITY)
    cost = -test.row_extras["confidence"].mean()
    assert {row.detector_options.get("cost") for row in rows if row.detector == "learned_confidence"} == {cost}
    assert {len(row.detector_options) for row in rows if row.detector == "msp"} == {0}


def test_right_against_wrong_has_the_area_under_the_risk_coverage_curve() -> None:
    rows = evaluated(EvaluationSpec(), OodKey("Y"))
    outputs = sentences()
    (error,) = [row for row in rows if row.question == "misclassification"]
    msp = load_detector("msp").score(outputs)
    assert error.aurc == pytest.approx(risk_coverage(msp, outputs.correct).aurc)
    assert {row.aurc for row in rows if row.question == "ood"} == {None}


def test_every_figure_has_its_interval_and_risk_only_where_right_and_wrong_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (400, 3)).astype(np.float32)
    test = Outputs(logits, labels=np.where(rng.random(400) < 0.7, logits.argmax(1), 0))
    outputs = TaskOutputs(test, {OodKey("Y"): Outputs(logits[:150] / 2)}, {})
    rows, _ = evaluate_outputs(EvaluationSpec(), outputs, [load_detector("msp")], IDENTITY)
    for row in rows:
        for name in WITH_INTERVAL if row.question == "misclassification" else WITH_INTERVAL[:-1]:
            low, high = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
            assert low < getattr(row, name) < high and high - low < 0.35, name
        assert (row.aurc_low is None) == (row.question == "ood")
    again, _ = evaluate_outputs(EvaluationSpec(), outputs, [load_detector("msp")], IDENTITY)
    assert rows == again


def test_the_msp_s_row_of_right_and_wrong_says_what_can_be_answered_with_few_errors() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (3000, 3)).astype(np.float32)
    msp = ScoredSet(Outputs(logits), by_group=False).msp
    for slope, answered in ((1.0, True), (0.1, False)):  # a calibrated model, and one that errs whatever it says
        labels = np.where(rng.random(3000) < slope * msp, logits.argmax(1), (logits.argmax(1) + 1) % 3)
        rows = evaluated(EvaluationSpec(), OodKey("Y"), test=Outputs(logits, labels=labels))
        found = {row.question: (row.coverage_at_error_5, row.msp_at_error_5) for row in rows}
        assert found["ood"] == (None, None)
        coverage, threshold = found["misclassification"]
        if answered:
            assert coverage == np.mean(msp >= threshold) > 0.3
            assert np.mean(logits.argmax(1)[msp >= threshold] != labels[msp >= threshold]) < 0.05
        else:
            assert (coverage, threshold) == (0.0, None)


def test_where_all_resamples_agree_the_interval_has_no_width() -> None:
    test = Outputs(np.repeat(np.eye(2, dtype=np.float32), 90, axis=0), labels=np.repeat([0, 1], 90))
    outputs = TaskOutputs(test, {OodKey("Y"): Outputs(np.zeros((40, 2), np.float32))}, {})
    rows, _ = evaluate_outputs(EvaluationSpec(), outputs, [load_detector("msp")], IDENTITY)
    (row,) = [row for row in rows if row.population == "all"]
    assert (row.ap_positive, row.ap_positive_low, row.fpr95_in) == (1.0, 1.0, 0.0)
    assert row.fpr95_in_low == 0 and row.fpr95_in_high is not None and 0 < row.fpr95_in_high < 0.1


def test_a_detector_of_groups_has_rows_where_groups_are_scored_and_elsewhere_says_why_not() -> None:
    outputs = TaskOutputs(sentences(), {OodKey("Y"): sentences()}, {})
    rows, skipped = evaluate_outputs(EvaluationSpec(by_group=True), outputs, [LENGTHS], IDENTITY)
    assert not skipped and {(row.unit, row.n_positive) for row in rows if row.population == "all"} == {
        ("group", 3),
        ("group", 1),
    }
    rows, skipped = evaluate_outputs(EvaluationSpec(also_by_group=True), outputs, [LENGTHS], IDENTITY)
    assert {row.unit for row in rows} == {"group"}
    assert skipped == ["detector length scores groups of rows, so it has no figure for single rows"]


def test_a_detector_whose_array_the_model_does_not_give_has_no_rows() -> None:
    assert not evaluated(EvaluationSpec(), OodKey("Y"), detector=Detector("given", "Given", extra="elsewhere"))


ALIKE = "so there are no others to tell them from"


@pytest.mark.parametrize(("labels", "are"), [([0, 1, 2], "right"), ([1, 2, 0], "wrong")])
def test_an_empty_side_is_skipped_and_told(labels: list[int], are: str) -> None:
    outputs = TaskOutputs(Outputs(np.eye(3, dtype=np.float32), labels=np.array(labels)), {}, {})
    rows, skipped = evaluate_outputs(EvaluationSpec(), outputs, [load_detector("msp")], IDENTITY)
    assert rows == [] and skipped == [f"misclassification: all 3 answers are {are}, {ALIKE}"]


def test_a_comparison_without_an_answer_on_one_side_is_told_and_not_called_right_or_wrong() -> None:
    wrong = Outputs(np.eye(3, dtype=np.float32), labels=np.array([1, 2, 0]), row_extras={"seen": np.zeros(3, bool)})
    outputs = TaskOutputs(wrong, {OodKey("Y"): wrong}, {})
    rows, skipped = evaluate_outputs(EvaluationSpec(subsets=SUBSETS), outputs, [load_detector("msp")], IDENTITY)
    assert [(row.question, row.population) for row in rows] == [("ood", "all")]
    nothing = [
        line for line in skipped if line.endswith("one of the two samples is empty, so there is nothing to separate")
    ]
    assert len(nothing) == 2 == len(skipped) - 1, "the correct ones of none, and a part without a row"


def calibration_of(row: Row) -> dict[str, float | None]:
    names = ("ece", "ece_equal_mass", "brier", "nll", "temperature")
    return {name: getattr(row, name) for name in (*names, *(f"{name}_scaled" for name in (*names[:4],)))}


def test_the_msp_s_row_about_all_rows_has_the_model_s_calibration_and_no_other_row_has() -> None:
    outputs = TaskOutputs(sentences(), {OodKey("Y"): sentences()}, {})
    spec = EvaluationSpec(also_by_group=True, subsets=SUBSETS)
    rows, _ = evaluate_outputs(spec, outputs, [load_detector("msp"), load_detector("energy")], IDENTITY)
    calibrated = [row for row in rows if any(value is not None for value in calibration_of(row).values())]
    assert [(row.detector, row.question, row.subset, row.unit) for row in calibrated] == [
        ("msp", "misclassification", None, "row")
    ]
    expected = asdict(model_calibration(sentences().logits, sentences().labels))
    assert calibration_of(calibrated[0]) == pytest.approx(expected)


def test_two_answers_are_enough_for_a_calibration_and_a_label_that_is_masked_out_has_none() -> None:
    two = Outputs(np.array([[2, 0], [1, 0]], dtype=np.float32), labels=np.array([0, 1]))
    assert [row.brier is None for row in evaluated(EvaluationSpec(), test=two)] == [False]
    masked = Outputs(np.array([[2, 0], [1, -np.inf]], dtype=np.float32), labels=np.array([0, 1]))
    assert [row.brier is None for row in evaluated(EvaluationSpec(), test=masked)] == [True]


def test_outputs_without_labels_have_rows_of_ood_alone_and_no_error() -> None:
    unlabelled = Outputs(sentences().logits)
    rows = evaluated(EvaluationSpec(misclassification=False), OodKey("Y"), test=unlabelled)
    assert [(row.question, row.population, row.error, row.ece) for row in rows] == [("ood", "all", None, None)]


def test_the_error_of_transcripts_is_edits_per_symbol_and_of_rows_the_fraction_of_wrong_ones() -> None:
    edits = {"edits": np.array([2, 1, 0]), "reference_length": np.array([5, 4, 3])}
    assert error_of(Outputs(sentences().logits, groups=sentences().groups, group_extras=edits)) == 3 / 12
    assert error_of(sentences()) == pytest.approx(0.4)


def test_every_detector_but_the_msp_is_set_beside_it_and_rows_have_the_mean_msp_of_both_sides() -> None:
    outputs = TaskOutputs(sentences(), {}, {})
    falling = given(lambda one: -np.arange(len(one.logits), dtype=float))
    rows, _ = evaluate_outputs(EvaluationSpec(), outputs, [falling, load_detector("msp")], IDENTITY)
    other, msp = rows
    assert (msp.auroc_minus_msp, msp.auroc_minus_msp_low, msp.auroc_minus_msp_high) == (None, None, None)
    assert other.auroc_minus_msp == pytest.approx(other.auroc - msp.auroc) and other.auroc != msp.auroc
    assert other.auroc_minus_msp_low < other.auroc_minus_msp < other.auroc_minus_msp_high
    probabilities = 1 / (1 + np.exp(-np.array([4.0, 1, 3, 5, 2])))
    for row in rows:
        assert row.mean_msp_positive == pytest.approx(probabilities[[0, 3, 4]].mean())
        assert row.mean_msp_negative == pytest.approx(probabilities[[1, 2]].mean())
