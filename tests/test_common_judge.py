"""Claims about the variants of a task's questions: parts of the rows, and groups of rows."""

import numpy as np
import pytest

from common.discover import load_detector
from common.judge import EvaluationSpec, ScoredSet, curves, judge, judge_variant
from common.store.outputs import Outputs, TaskOutputs

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


def sentences(seen: bool = True) -> Outputs:
    """Three sentences of 2, 1 and 2 words; the last word of the first and the second sentence are wrong."""
    logits = np.array([[4, 0], [1, 0], [3, 0], [0, 5], [2, 0]], dtype=np.float32)
    extras = {"seen": np.array([True, False, True, True, True])} if seen else {}
    return Outputs(logits, None, np.array([0, 1, 1, 1, 0]), np.array([0, 0, 1, 2, 2]), extras)


def rows(outputs: Outputs, ood: Outputs) -> dict:
    questions = EvaluationSpec(group_variant="sentences", subsets={"seen": lambda outputs: outputs.extras.get("seen")})
    found, _ = judge(questions, TaskOutputs(outputs, {("Y", None): ood}, {}), [load_detector("msp")], IDENTITY)
    return {(row.question, row.variant, row.population): row for row in found}


def test_a_sentence_is_right_if_all_its_words_are():
    assert ScoredSet(sentences(), by_group=True).correct.tolist() == [False, False, True]


def test_a_sentence_scores_the_mean_probability_of_its_words():
    scored = ScoredSet(sentences(), by_group=True)
    msp = 1 / (1 + np.exp(-np.array([4.0, 1, 3, 5, 2])))
    expected = [msp[:2].mean(), msp[2], msp[3:].mean()]
    assert scored.scores(load_detector("msp")) == pytest.approx(expected)


def test_words_parts_of_them_and_sentences_have_rows_of_their_own():
    found = rows(sentences(), sentences())
    counts = {key: (row.n_positive, row.n_negative) for key, row in found.items()}
    assert counts == {
        ("misclassification", None, "all"): (3, 2),
        ("misclassification", "seen", "all"): (3, 1),
        ("misclassification", "sentences", "all"): (1, 2),
        ("ood", None, "all"): (5, 5),
        ("ood", None, "correct"): (3, 5),
        ("ood", "sentences", "all"): (3, 3),
        ("ood", "sentences", "correct"): (1, 3),
    }
    assert {row.error for row in found.values()} == {0.4}, "the model's error, whatever part a row is about"


def test_a_subset_is_left_out_where_the_model_does_not_tell_it():
    found = rows(sentences(seen=False), sentences())
    assert ("misclassification", "seen", "all") not in found
    assert ("misclassification", "sentences", "all") in found


def test_a_training_that_is_a_variant_has_rows_of_the_own_setting_alone_under_its_name():
    questions = EvaluationSpec(group_variant="sentences", subsets={"seen": lambda outputs: outputs.extras.get("seen")})
    ood = {("Y", None): sentences(), ("Z", None): sentences(), ("Y", "5 dB"): sentences()}
    found, gaps = judge_variant(
        "2 training examples", questions, TaskOutputs(sentences(), ood, {}), [load_detector("msp")], IDENTITY
    )
    assert not gaps and {row.variant for row in found} == {"2 training examples"}
    assert [row.out_dist for row in found if row.population == "all"] == [None, "Y", "Z", "All"]


def test_plots_show_the_task_s_own_units():
    shown = curves(
        EvaluationSpec(group_variant="sentences"),
        TaskOutputs(sentences(), {("Y", None): sentences()}, {}),
        load_detector("msp"),
        IDENTITY,
    )
    assert [(one["question"], one["out_dist"]) for one in shown["roc"]] == [("misclassification", None), ("ood", "Y")]
    assert sum(shown["histogram"]["right"]) == 3
