"""Calibration of one model in all its figures, as it is and after temperature scaling, from logits and labels alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.base.arrays import as_array
from common.metrics.calibration import (
    brier_score,
    equal_mass_calibration_error,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
)
from common.metrics.odds import softmax


@dataclass(frozen=True)
class ModelCalibration:
    """Figures of one model on N labelled examples; fields have the same names in a results row.

    Attributes:
        ece: expected calibration error of the MSP, 15 bins of equal width.
        ece_equal_mass: the same with 15 bins of equally many examples.
        brier: Brier score, 0 to 2.
        nll: negative log-likelihood in nats.
        temperature: geometric mean of the temperatures of the two halves.
        ece_scaled, ece_equal_mass_scaled, brier_scaled, nll_scaled: the same figures after temperature scaling.
    """

    ece: float
    ece_equal_mass: float
    brier: float
    nll: float
    temperature: float
    ece_scaled: float
    ece_equal_mass_scaled: float
    brier_scaled: float
    nll_scaled: float


def model_calibration(logits: ArrayLike, labels: ArrayLike, seed: int = 0) -> ModelCalibration:
    """Compute all figures; the temperature of each half of the examples is fitted on the other half.

    So no example is scaled by a temperature that its own label helped to choose, no OOD example has a part in it, and
    a model that comes with nothing but its test logits can be scaled too.

    Args:
        logits: (N, C); N is 2 or more.
        labels: (N,) classes in [0, C), none masked out.
        seed: of the draw of the halves.

    Raises:
        ValueError: fewer than 2 examples, or what ``fit_temperature`` refuses.
    """
    z, truth = as_array(logits).astype(np.float64), as_array(labels)
    if len(z) < 2:
        raise ValueError("a temperature for each half needs 2 or more examples")
    scaled, temperature = cross_fitted(z, truth, seed)
    before, after = _figures(z, truth), _figures(scaled, truth)
    return ModelCalibration(*before, temperature, *after)


def cross_fitted(
    logits: NDArray[np.float64], labels: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.float64], float]:
    """Return the logits over the temperature of the other half, and the geometric mean of both temperatures."""
    order = np.random.default_rng(seed).permutation(len(logits))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    temperatures = [fit_temperature(logits[half], labels[half]) for half in halves]
    scaled = np.empty_like(logits)
    for half, of_other in zip(halves, reversed(temperatures), strict=True):
        scaled[half] = logits[half] / of_other
    return scaled, float(np.exp(np.mean(np.log(temperatures))))


def _figures(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, float, float, float]:
    probabilities = softmax(logits)
    sure, right = probabilities.max(axis=1), logits.argmax(axis=1) == labels
    return (
        expected_calibration_error(sure, right),
        equal_mass_calibration_error(sure, right),
        brier_score(probabilities, labels),
        negative_log_likelihood(logits, labels),
    )
