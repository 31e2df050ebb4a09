"""Every detector is its formula, and a confidence: higher where the model is surer, better at telling than chance."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import common.detectors
from common.detector import Detector
from common.discover import load_detector, names
from common.metrics.detection import roc_auc
from common.store.outputs import Outputs

RNG = np.random.default_rng(20170424)
LOGITS = RNG.normal(0, 3, (100, 8)).astype(np.float32)


def probabilities(z: NDArray[np.float64]) -> NDArray[np.float64]:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


FORMULAS = {
    "doctor": lambda z: np.log((probabilities(z) ** 2).sum(axis=1) / (1 - (probabilities(z) ** 2).sum(axis=1))),
    "gen": lambda z: -((probabilities(z) * (1 - probabilities(z))) ** 0.1).sum(axis=1),
    "msp": lambda z: np.log(probabilities(z).max(axis=1) / (1 - probabilities(z).max(axis=1))),
    "kl_uniform": lambda z: (probabilities(z) * np.log(probabilities(z) * z.shape[1])).sum(axis=1),
    "entropy": lambda z: (probabilities(z) * np.log(probabilities(z))).sum(axis=1),
    "max_logit": lambda z: z.max(axis=1),
    "energy": lambda z: np.log(np.exp(z).sum(axis=1)),
    "margin": lambda z: -np.diff(np.sort(np.log(probabilities(z)), axis=1)[:, ::-1])[:, 0],
}
FROM_LOGITS = sorted(FORMULAS)


@pytest.mark.parametrize("name", FROM_LOGITS)
def test_a_detector_is_its_formula(name: str) -> None:
    score = load_detector(name).score(Outputs(LOGITS))
    np.testing.assert_allclose(score, FORMULAS[name](LOGITS.astype(np.float64)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", FROM_LOGITS)
def test_confident_blobs_score_above_uniform_ones(name: str) -> None:
    sure = RNG.normal(0, 0.5, (500, 8)).astype(np.float32)
    sure[np.arange(500), RNG.integers(0, 8, 500)] += 6
    unsure = RNG.normal(0, 0.5, (400, 8)).astype(np.float32)
    score = load_detector(name).score
    assert roc_auc(score(Outputs(sure)), score(Outputs(unsure))) >= 0.95


@pytest.mark.parametrize("name", FROM_LOGITS)
def test_raising_the_winning_logit_raises_the_score(name: str) -> None:
    winner = np.arange(0.5, 20, 0.5, dtype=np.float32)
    logits = np.zeros((len(winner), 4), np.float32)
    logits[:, 2] = winner
    assert (np.diff(load_detector(name).score(Outputs(logits))) > 0).all()


@pytest.mark.parametrize("name", FROM_LOGITS)
def test_a_detector_gives_one_score_a_row_and_leaves_the_logits_alone(name: str) -> None:
    outputs = Outputs(LOGITS.copy())
    score = load_detector(name).score(outputs)
    assert score.shape == (100,) and score.dtype == np.float64
    np.testing.assert_array_equal(outputs.logits, LOGITS)


@pytest.mark.parametrize("name", FROM_LOGITS)
def test_a_class_that_is_masked_out_or_has_no_rival_is_scored(name: str) -> None:
    score = load_detector(name).score
    masked = np.concatenate([LOGITS, np.full((100, 1), -np.inf, np.float32)], axis=1)
    if name != "kl_uniform":  # it counts the class
        np.testing.assert_allclose(score(Outputs(masked)), score(Outputs(LOGITS)), rtol=1e-9)
    alone = score(Outputs(np.zeros((2, 1), np.float32)))
    assert not np.isnan(alone).any()


@pytest.mark.parametrize("name", ["doctor", "gen", "margin"])
def test_no_lead_is_so_large_that_rows_tie(name: str) -> None:
    logits = np.zeros((4, 3), np.float32)
    logits[:, 0] = [40, 400, 900, 901]
    assert (np.diff(load_detector(name).score(Outputs(logits))) > 0).all()


def test_gen_takes_the_hundred_largest_probabilities() -> None:
    logits = RNG.normal(0, 2, (20, 150)).astype(np.float32)
    largest = np.sort(probabilities(logits.astype(np.float64)), axis=1)[:, -100:]
    np.testing.assert_allclose(
        load_detector("gen").score(Outputs(logits)), -((largest * (1 - largest)) ** 0.1).sum(axis=1), rtol=1e-9
    )


def test_probabilities_are_averaged_as_such_and_other_scores_as_they_are() -> None:
    outputs = Outputs(LOGITS)
    msp = load_detector("msp")
    expected = probabilities(LOGITS.astype(np.float64)).max(axis=1)
    np.testing.assert_allclose(msp.for_mean(msp.score(outputs)), expected, rtol=1e-12)
    doctor = load_detector("doctor")
    agreement = (probabilities(LOGITS.astype(np.float64)) ** 2).sum(axis=1)
    np.testing.assert_allclose(doctor.for_mean(doctor.score(outputs)), agreement, rtol=1e-12)
    for name in set(FROM_LOGITS) - {"msp", "doctor"}:
        detector = load_detector(name)
        np.testing.assert_array_equal(detector.for_mean(detector.score(outputs)), detector.score(outputs))


@pytest.mark.parametrize("name", names("common/detectors"))
def test_a_detector_is_called_as_its_file_and_says_its_source(name: str) -> None:
    detector = load_detector(name)
    assert isinstance(detector, Detector) and detector.name == name
    assert detector.title
    assert sum(way is not None for way in (detector.of_outputs, detector.extra, detector.probe)) == 1
    assert "Source:" in (Path(common.detectors.__path__[0]) / f"{name}.py").read_text(encoding="utf-8")


def test_every_file_that_needs_only_logits_has_its_formula_tested_here() -> None:
    found = [name for name in names("common/detectors") if load_detector(name).source is None]
    assert found == FROM_LOGITS
