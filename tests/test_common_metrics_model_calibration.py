"""Calibration of a model against a plain NumPy twin and torchmetrics; temperatures come from the other half alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.calibration import (
    brier_score,
    equal_mass_calibration_error,
    expected_calibration_error,
    fit_temperature,
)
from common.metrics.model_calibration import cross_fitted, model_calibration


def overconfident(rows: int = 3000, factor: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are calibrated when divided by ``factor``."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (rows, 4))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (p.cumsum(1) < rng.random((rows, 1))).sum(1)
    return factor * logits, labels


def test_scaling_finds_the_temperature_and_lowers_every_error_of_an_overconfident_model() -> None:
    found = model_calibration(*overconfident())
    assert found.temperature == pytest.approx(3.0, rel=0.1)
    assert found.ece_scaled < found.ece / 4 and found.ece_equal_mass_scaled < found.ece_equal_mass / 4
    assert found.brier_scaled < found.brier and found.nll_scaled < found.nll


def test_a_half_is_scaled_by_the_temperature_of_the_other_half() -> None:
    logits, labels = overconfident(101)
    scaled, _ = cross_fitted(logits, labels, seed=5)
    order = np.random.default_rng(5).permutation(101)
    first, second = order[:50], order[50:]
    assert np.allclose(scaled[first], logits[first] / fit_temperature(logits[second], labels[second]))
    assert np.allclose(scaled[second], logits[second] / fit_temperature(logits[first], labels[first]))


def test_scaling_changes_no_prediction_and_the_seed_alone_draws_the_halves() -> None:
    logits, labels = overconfident(200)
    scaled, _ = cross_fitted(logits, labels, 0)
    assert np.array_equal(scaled.argmax(1), logits.argmax(1))
    assert model_calibration(logits, labels) == model_calibration(logits.tolist(), labels.tolist())


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(1, 6))
def test_equal_mass_error_is_the_plain_loop_where_no_confidence_repeats(
    examples: list[tuple[float, bool]], bins: int
) -> None:
    distinct = {round(sure, 3): right for sure, right in examples}
    sure, right = np.array(sorted(distinct)), np.array([distinct[one] for one in sorted(distinct)], dtype=float)
    gaps = [
        abs((right[part] - sure[part]).sum()) for part in np.array_split(np.arange(len(sure)), min(bins, len(sure)))
    ]
    assert equal_mass_calibration_error(sure, right, bins) == pytest.approx(sum(gaps) / len(sure))


def test_equal_mass_error_does_not_depend_on_the_order_of_ties() -> None:
    sure, right = np.full(10, 0.7), np.arange(10) < 5
    assert equal_mass_calibration_error(sure, right, 3) == pytest.approx(equal_mass_calibration_error(sure, ~right, 3))
    assert equal_mass_calibration_error(sure, right, 3) == pytest.approx(0.2)


def test_rounding_beyond_1_is_tolerated_by_both_scores() -> None:
    assert expected_calibration_error(np.array([1.0000001], np.float32), [1]) == pytest.approx(0, abs=1e-6)
    assert brier_score([[1.00002, 0.0]], [0]) == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="probability"):
        expected_calibration_error([1.01], [1])
    with pytest.raises(ValueError, match="distribution"):
        brier_score([[1.01, 0.0]], [0])


def test_ece_equals_torchmetrics() -> None:
    torchmetrics = pytest.importorskip("torchmetrics", reason="the group bench is not installed")
    import torch

    logits, labels = overconfident(2000)
    probabilities = torch.softmax(torch.from_numpy(logits), 1)
    theirs = torchmetrics.functional.calibration_error(
        probabilities, torch.from_numpy(labels), task="multiclass", num_classes=4, n_bins=15
    )
    assert model_calibration(logits, labels).ece == pytest.approx(float(theirs), abs=1e-6)
