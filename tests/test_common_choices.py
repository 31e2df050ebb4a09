"""Examples are chosen by the exact rank of the MSP: of every kind the extremes, and not all of one sentence or set."""

import numpy as np

from common.choices import choose
from common.comparisons import EvaluationSpec
from common.store.outputs import OodKey, Outputs, TaskOutputs


def leads(*values: float, labels: list[int] | None = None, groups: list[int] | None = None) -> Outputs:
    """Rows of two classes whose first class leads by the values."""
    logits = np.array([[value, 0] for value in values], dtype=np.float32)
    return Outputs(
        logits,
        labels=None if labels is None else np.array(labels),
        groups=None if groups is None else np.array(groups),
    )


def chosen(outputs: TaskOutputs, spec: EvaluationSpec | None = None, count: int = 3) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for one in choose(spec or EvaluationSpec(), outputs, count):
        found.setdefault(one.kind, []).append(one.unit if one.key is None else (one.key.name, one.unit))
    return found


def test_the_most_confident_mistakes_and_the_least_confident_right_answers_come_first() -> None:
    test = leads(5, 1, 9, 2, 7, 3, labels=[1, 0, 1, 0, 0, 1])
    assert chosen(TaskOutputs(test, {}, {})) == {"mistakes": [2, 0, 5], "doubtful": [1, 3, 4]}


def test_confidences_that_round_to_1_are_still_told_apart() -> None:
    test = leads(800, 900, 1000, labels=[1, 1, 1])
    assert chosen(TaskOutputs(test, {}, {}))["mistakes"] == [2, 1, 0]


def test_of_equal_confidences_the_first_in_the_data_is_chosen() -> None:
    test = leads(4, 4, 4, 4, labels=[1, 1, 1, 1])
    assert chosen(TaskOutputs(test, {}, {}), count=2)["mistakes"] == [0, 1]


def test_ood_sets_take_turns_and_sets_at_other_levels_have_no_part() -> None:
    ood = {OodKey("a"): leads(9, 8, 7, 6), OodKey("b"): leads(1, 2), OodKey("c", 5.0, primary=False): leads(99)}
    found = chosen(TaskOutputs(leads(1, labels=[0]), ood, {}), count=4)["ood"]
    assert found == [("a", 0), ("a", 1), ("b", 1), ("b", 0)]


def test_of_a_sentence_one_token_is_chosen() -> None:
    test = leads(9, 8, 7, 1, labels=[1, 1, 1, 1], groups=[0, 0, 1, 1])
    assert chosen(TaskOutputs(test, {}, {}))["mistakes"] == [0, 2]


def test_where_right_and_wrong_are_not_defined_the_least_confident_units_are_shown() -> None:
    test = leads(9, 8, 1, 7, groups=[0, 0, 1, 2])
    found = chosen(TaskOutputs(test, {}, {}), EvaluationSpec(by_group=True, misclassification=False), count=2)
    assert found == {"doubtful_test": [1, 2]}
