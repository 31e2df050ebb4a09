"""The four counts give the rates that textbooks read from them, and agree with scikit-learn and with FPR95."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score

from common.metrics import Confusion, confusion, separation
from common.metrics.confusion import confusion_at_fpr95_out

EXAMPLE = Confusion(found=5, missed=5, false_alarms=10, passed=80)


def test_a_detector_may_be_85_percent_accurate_and_miss_half_of_a_rare_class() -> None:
    assert EXAMPLE.accuracy == 0.85
    assert EXAMPLE.precision == 5 / 15
    assert EXAMPLE.recall == 5 / 10
    assert EXAMPLE.false_positive_rate == 10 / 90


def test_never_raising_an_alarm_is_more_accurate_than_that_and_finds_nothing() -> None:
    assert EXAMPLE.silent.accuracy == EXAMPLE.silent_accuracy == 0.9
    assert EXAMPLE.silent.recall == 0
    assert EXAMPLE.silent.precision is None


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.lists(st.integers(0, 4), min_size=1, max_size=20))
def test_counts_and_rates_are_those_of_scikit_learn(right: list[int], wrong: list[int]) -> None:
    counts = confusion(right, wrong, threshold=2)
    truth = np.repeat([0, 1], [len(right), len(wrong)])
    alarms = (np.array([*right, *wrong]) < 2).astype(int)
    passed, false_alarms, missed, found = confusion_matrix(truth, alarms, labels=[0, 1]).ravel()
    assert counts == Confusion(found, missed, false_alarms, passed)
    assert counts.accuracy == pytest.approx(accuracy_score(truth, alarms))
    assert counts.recall == pytest.approx(recall_score(truth, alarms))
    if alarms.any():
        assert counts.precision == pytest.approx(precision_score(truth, alarms))


@pytest.mark.parametrize("size", [1, 19, 20, 21, 100, 137])
def test_a_row_gives_the_counts_at_its_threshold_back(size: int) -> None:
    rng = np.random.default_rng(size)
    right, wrong = rng.normal(1, 1, 500), rng.normal(0, 1, size)
    found = separation(right, wrong)
    counts = confusion_at_fpr95_out(found.n_positive, found.n_negative, found.fpr95_out)
    threshold = np.nextafter(np.sort(wrong)[counts.found - 1], np.inf)
    assert counts == confusion(right, wrong, threshold)


def test_nothing_to_find_and_nothing_else_have_no_rate() -> None:
    assert Confusion(0, 0, 1, 1).recall is None
    assert Confusion(1, 1, 0, 0).false_positive_rate is None
