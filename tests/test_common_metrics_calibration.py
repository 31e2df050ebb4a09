"""Calibration figures equal their definitions, and behave as the papers say."""

import itertools

import numpy as np
import pytest
import sklearn.metrics as sk
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from common.metrics.calibration import (
    COLDEST,
    HOTTEST,
    brier_score,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    risk_coverage,
)

RNG = np.random.default_rng(17)
LOGITS = RNG.normal(0, 2, (5000, 6)).astype(np.float32)
LABELS = np.array([RNG.choice(6, p=p) for p in softmax(LOGITS.astype(np.float64), axis=1)])  # calibrated by birth


def test_ece_equals_its_definition_bin_by_bin() -> None:
    confidence = np.r_[RNG.random(500), np.arange(16) / 15]  # every edge too
    correct = RNG.random(516) < confidence
    expected = 0.0
    for b in range(15):
        inside = (confidence <= (b + 1) / 15) & ((confidence > b / 15) | (b == 0))
        if inside.any():
            expected += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert expected_calibration_error(confidence, correct) == pytest.approx(expected, rel=1e-12)


def test_ece_is_small_for_a_calibrated_model_and_grows_when_its_logits_are_doubled() -> None:
    calibrated, overconfident = softmax(LOGITS, axis=1), softmax(2 * LOGITS, axis=1)
    correct = LOGITS.argmax(axis=1) == LABELS
    assert expected_calibration_error(calibrated.max(axis=1), correct) < 0.025
    assert expected_calibration_error(overconfident.max(axis=1), correct) > 0.1


def test_ece_of_one_bin_is_the_gap_of_the_means() -> None:
    assert expected_calibration_error([0.2, 0.6], [0, 1], bins=1) == pytest.approx(0.1)
    assert expected_calibration_error(np.float32([1, 1, 0]), [True, True, False]) == 0


def test_brier_score_of_two_classes_is_twice_scikit_learns() -> None:
    p = RNG.random(200)
    labels = RNG.integers(0, 2, 200)
    expected = 2 * sk.brier_score_loss(labels, p)
    assert brier_score(np.stack([1 - p, p], axis=1), labels) == pytest.approx(expected, rel=1e-12)


def test_brier_score_runs_from_zero_to_two() -> None:
    assert brier_score([[1.0, 0.0, 0.0]], [0]) == 0
    assert brier_score([[1.0, 0.0, 0.0]], [2]) == 2


def test_likelihood_equals_scikit_learns_log_loss_and_torchs_cross_entropy() -> None:
    ours = negative_log_likelihood(LOGITS, LABELS)
    assert ours == pytest.approx(sk.log_loss(LABELS, softmax(LOGITS.astype(np.float64), axis=1)), rel=1e-12)
    entropy = torch.nn.functional.cross_entropy(torch.tensor(LOGITS).double(), torch.tensor(LABELS))
    assert negative_log_likelihood(torch.tensor(LOGITS), torch.tensor(LABELS)) == pytest.approx(entropy.item())


def test_likelihood_of_a_masked_label_is_infinite() -> None:
    assert negative_log_likelihood([[0.0, -np.inf]], [1]) == np.inf


@pytest.mark.parametrize("stretch", [0.5, 1.0, 3.0])
def test_temperature_undoes_a_stretch_of_the_logits(stretch: float) -> None:
    base = fit_temperature(LOGITS, LABELS)
    assert base == pytest.approx(1, abs=0.04)
    assert fit_temperature(stretch * LOGITS, LABELS) == pytest.approx(stretch * base, rel=1e-5)


def test_no_other_temperature_is_likelier() -> None:
    best = fit_temperature(3 * LOGITS, LABELS)
    at_best = negative_log_likelihood(3 * LOGITS / best, LABELS)
    for factor in (0.9, 0.999, 1.001, 1.1):
        assert negative_log_likelihood(3 * LOGITS / (best * factor), LABELS) > at_best


def test_temperature_mends_the_calibration_error() -> None:
    correct = LOGITS.argmax(axis=1) == LABELS
    cooled = 3 * LOGITS / fit_temperature(3 * LOGITS[:2500], LABELS[:2500])
    before = expected_calibration_error(softmax(3 * LOGITS, axis=1).max(axis=1), correct)
    after = expected_calibration_error(softmax(cooled, axis=1).max(axis=1), correct)
    assert after < before / 5


def test_temperature_stops_at_its_bounds() -> None:
    assert fit_temperature(LOGITS, LOGITS.argmax(axis=1)) == COLDEST
    assert fit_temperature(LOGITS, LOGITS.argmin(axis=1)) == HOTTEST
    assert fit_temperature(np.zeros((4, 3)), [0, 1, 2, 0]) == HOTTEST


def test_temperature_allows_masked_classes_but_not_a_masked_label() -> None:
    masked = np.concatenate([LOGITS, np.full((len(LOGITS), 1), -np.inf, np.float32)], axis=1)
    assert fit_temperature(masked, LABELS) == pytest.approx(fit_temperature(LOGITS, LABELS))
    with pytest.raises(ValueError, match="label of row 1 has a logit of -inf"):
        fit_temperature([[0.0, 1.0], [0.0, -np.inf]], [0, 1])


def test_aurc_is_the_mean_error_of_the_most_confident() -> None:
    confidence = RNG.permutation(300)
    correct = RNG.random(300) < 0.8
    wrong = ~correct[np.argsort(-confidence)]
    curve = risk_coverage(confidence, correct)
    risks = np.cumsum(wrong) / np.arange(1, 301)
    assert curve.aurc == pytest.approx(risks.mean(), rel=1e-12)
    np.testing.assert_allclose(curve.risk, risks, rtol=1e-12)
    np.testing.assert_allclose(curve.coverage, np.arange(1, 301) / 300)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6))
def test_tied_confidences_give_the_mean_over_all_their_orders(examples: list[tuple[int, bool]]) -> None:
    def aurc(order: tuple[tuple[int, bool], ...]) -> float:
        return float(np.mean(np.cumsum([not right for _, right in order]) / np.arange(1, len(order) + 1)))

    orders = itertools.permutations(examples)
    allowed = [order for order in orders if all(a[0] >= b[0] for a, b in itertools.pairwise(order))]
    confidence, correct = zip(*examples, strict=True)
    assert risk_coverage(confidence, correct).aurc == pytest.approx(np.mean([aurc(order) for order in allowed]))


def test_the_curve_ends_at_the_error_of_the_model_and_a_better_score_has_less_area() -> None:
    correct = RNG.random(400) < 0.7
    good, useless = risk_coverage(correct + RNG.random(400), correct), risk_coverage(np.zeros(400), correct)
    assert good.coverage[-1] == 1
    assert good.risk[-1] == useless.risk[-1] == pytest.approx(1 - correct.mean())
    assert useless.aurc == pytest.approx(1 - correct.mean())
    assert good.aurc < useless.aurc
    assert (risk_coverage([1, 2], [True, True]).aurc, risk_coverage([1, 2], [False, False]).aurc) == (0, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: expected_calibration_error([0.5, 1.2], [1, 0]),
            r"probability in \[0, 1\], but the values span 0.5 to 1.2",
        ),
        (lambda: expected_calibration_error([0.5], [1, 0]), r"one value per confidence, shape \(1,\), not \(2,\)"),
        (lambda: expected_calibration_error([0.5], [2]), "true or false for every example"),
        (lambda: expected_calibration_error([0.5], [1], bins=0), "bins must be at least 1, not 0"),
        (lambda: expected_calibration_error([], []), "confidence scores are empty"),
        (lambda: risk_coverage([np.nan], [1]), "confidence scores are NaN at 1 of 1 positions"),
        (lambda: brier_score([[0.5, 0.6]], [0]), "row 0 are not a distribution: they sum to 1.1"),
        (lambda: brier_score([[0.5, 0.5]], [2]), "label 2 in row 0 is outside 0..1"),
        (lambda: brier_score([0.5, 0.5], [0]), r"expected \(examples, classes\)"),
        (lambda: negative_log_likelihood([[0.0, 1.0]], [-1]), "label -1 in row 0 is outside 0..1"),
        (lambda: negative_log_likelihood([[0.0, 1.0]], [0.0]), "labels must be whole numbers, not float64"),
        (lambda: negative_log_likelihood([[0.0, 1.0]], [0, 1]), r"one value per row, shape \(1,\), not \(2,\)"),
        (lambda: fit_temperature([[0.0, np.nan]], [0]), "logits hold NaN in row 0"),
    ],
)
def test_bad_input_is_refused_in_one_line_that_says_where(call, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_temperature_stays_between_a_hundredth_and_a_hundred() -> None:
    assert fit_temperature([[1.0, 0.0]] * 4, [0, 0, 0, 0]) == 0.01
    assert fit_temperature([[1.0, 0.0]] * 4, [0, 1, 0, 1]) == 100.0


def test_merged_calibration_errors_are_those_of_all_predictions() -> None:
    from common.metrics.streaming_calibration import StreamingCalibrationError

    parts = ([0.9, 0.9], [True, True]), ([0.6, 0.6, 0.95], [True, False, False])
    whole, first, second = (StreamingCalibrationError() for _ in range(3))
    for stream, part in zip((first, second), parts, strict=True):
        stream.update(*part)
        whole.update(*part)
    first.merge(second)
    assert first.result() == whole.result() and first.result().low > 0.1
