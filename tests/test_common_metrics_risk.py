"""What a threshold buys, against plain loops; the guarantee of a threshold by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.risk import accuracy_at, excess_aurc, threshold_for_error

EXAMPLES = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30)


@given(EXAMPLES, st.sampled_from([0.5, 0.8, 0.9, 1.0]))
def test_accuracy_at_a_coverage_is_that_of_the_first_examples(
    examples: list[tuple[int, bool]], coverage: float
) -> None:
    confidence = np.array([one for one, _ in examples]) + np.linspace(0, 0.5, len(examples))  # no ties
    correct = np.array([right for _, right in examples])
    count = int(np.ceil(round(coverage * len(examples), 9)))
    expected = correct[np.argsort(-confidence)[:count]].mean()
    assert accuracy_at(confidence, correct, coverage) == pytest.approx(expected)


@given(EXAMPLES)
def test_excess_aurc_is_zero_for_the_best_ranking_and_positive_otherwise(examples: list[tuple[int, bool]]) -> None:
    confidence, correct = (np.array(part) for part in zip(*examples, strict=True))
    assert excess_aurc(correct + np.random.default_rng(0).random(len(correct)) / 2, correct) == pytest.approx(
        0, abs=1e-12
    )
    assert excess_aurc(confidence, correct) >= -1e-12


def test_a_threshold_keeps_the_wanted_error_on_the_examples_it_was_chosen_on() -> None:
    rng = np.random.default_rng(0)
    sure = rng.random(2000)
    right = rng.random(2000) < 0.6 + 0.4 * sure
    found = threshold_for_error(sure, right, error=0.1)
    kept = sure >= found.threshold
    assert 0 < found.coverage == kept.mean() < 1
    assert found.error == np.mean(~right[kept]) <= 0.1


def test_no_threshold_is_promised_where_errors_do_not_fall() -> None:
    rng = np.random.default_rng(1)
    found = threshold_for_error(rng.random(500), rng.random(500) < 0.7, error=0.05)
    assert (found.threshold, found.coverage) == (np.inf, 0.0)


def test_a_model_without_errors_is_answered_wholly() -> None:
    found = threshold_for_error(np.arange(100.0), np.ones(100, bool), error=0.05)
    assert (found.threshold, found.coverage, found.error) == (-np.inf, 1.0, 0.0)


def test_one_early_error_does_not_end_the_search() -> None:
    sure = np.linspace(0, 1, 2000)
    right = sure > 0.2
    right[[-1, -60]] = False  # the most confident example of all, and another
    assert threshold_for_error(sure, right, error=0.05).coverage > 0.7


RISKS = {
    "falls with the confidence": lambda sure: 0.3 - 0.3 * sure,
    "is flat, just above the promise": lambda sure: np.full_like(sure, 0.1001),
    "goes up and down around the promise": lambda sure: 0.1 + 0.05 * np.sin(60 * sure),
    "is highest for the most confident": lambda sure: 0.05 + 0.2 * sure,
    "is all or nothing": lambda sure: (sure * 40 % 1 < 0.12).astype(float),
}
"""Error rate by confidence, which is uniform between 0 and 1; a wanted rate of 0.1 can just or hardly be had."""


@pytest.mark.slow
@pytest.mark.parametrize("size", [500, 3000])
@pytest.mark.parametrize("name", RISKS)
def test_the_promise_is_kept_in_at_least_95_of_100_draws_whatever_the_risk_does(name: str, size: int) -> None:
    rng = np.random.default_rng(2)
    places = (np.arange(100_000) + 0.5) / 100_000
    above = np.cumsum(RISKS[name](places)[::-1])[::-1] / np.arange(100_000, 0, -1)  # true error above each place
    draws, broken = 600, 0
    for _ in range(draws):
        sure = rng.random(size)
        found = threshold_for_error(sure, rng.random(size) >= RISKS[name](sure), error=0.1)
        broken += found.coverage > 0 and above[int(max(found.threshold, 0) * 100_000)] > 0.1
    assert broken / draws <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / draws)


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_levels_outside_0_and_1_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        threshold_for_error([1.0], [True], value)
