"""The abnormality detector reads what the module stored, and averages probabilities."""

import numpy as np
import pytest

from common.detectors.abnormality import DETECTOR
from common.store.outputs import Outputs


def outputs(abnormality: list[float]) -> Outputs:
    logits = np.zeros((len(abnormality), 2), np.float32)
    return Outputs(logits, row_extras={"abnormality": np.array(abnormality, np.float32)})


def test_the_score_is_the_stored_logit_higher_for_what_looks_normal() -> None:
    assert DETECTOR.score(outputs([-30.0, 2.0, 40.0])).tolist() == [-30.0, 2.0, 40.0]
    assert DETECTOR.extra == "abnormality"


def test_saturated_probabilities_stay_apart() -> None:
    scores = DETECTOR.score(outputs([40.0, 41.0]))
    assert scores[0] < scores[1] and DETECTOR.for_mean(scores).tolist() == [1.0, 1.0]


def test_a_mean_is_of_probabilities_and_extreme_logits_do_not_overflow() -> None:
    np.testing.assert_allclose(
        DETECTOR.for_mean(np.array([0.0, np.log(3), -1e4], np.float32)), [0.5, 0.75, 0.0], rtol=1e-6
    )


def test_outputs_without_the_module_have_no_score() -> None:
    with pytest.raises(KeyError):
        DETECTOR.score(Outputs(np.zeros((1, 2), np.float32)))
