"""The points of the plots say what the outputs say, in a form that JSON holds and a report draws without them."""

import json
from typing import Any

import numpy as np
import pytest

from common.comparisons import EvaluationSpec
from common.discover import load_detector
from common.metrics import average_precision
from common.metrics.calibration import expected_calibration_error
from common.own.given_scores import DETECTOR, given_scores
from common.plot_points import FEW_CLASSES, TOP, curves
from common.store.outputs import OodKey, Outputs, TaskOutputs

IDENTITY = {"task": "nlp/x", "seed": 0, "objective": "cross_entropy"}


def outputs(classes: int = 3, rows: int = 400, seed: int = 0) -> Outputs:
    """A model that is right in most rows."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    logits = rng.normal(0, 1.5, (rows, classes)).astype(np.float32)
    logits[np.arange(rows), labels] += 3
    return Outputs(logits, labels=labels)


def points(test: Outputs, spec: EvaluationSpec | None = None, detector: Any = None, **meta: Any) -> dict[str, Any]:
    ood = {OodKey("Y"): outputs(test.logits.shape[1], 100, seed=1)} if test.logits.shape[1] > 1 else {}
    made = curves(spec or EvaluationSpec(), TaskOutputs(test, ood, meta), detector or load_detector("msp"), IDENTITY)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    return made


def test_only_the_task_s_own_units_and_setting_are_drawn() -> None:
    groups = np.sort(np.random.default_rng(0).integers(0, 100, 400))
    _, groups = np.unique(groups, return_inverse=True)
    test = Outputs(outputs().logits, labels=outputs().labels, groups=groups)
    spec = EvaluationSpec(also_by_group=True, subsets={"half": lambda one: np.arange(len(one.logits)) % 2 == 0})
    ood = {OodKey("Y", 10.0): outputs(seed=1), OodKey("Y", 5.0, primary=False): outputs(seed=2)}
    made = curves(spec, TaskOutputs(test, ood, {}), load_detector("msp"), IDENTITY)
    assert [(one["question"], one["out_dist"]) for one in made["roc"]] == [("misclassification", None), ("ood", "Y")]
    assert list(made["confidence"]["ood"]) == ["Y"]
    assert sum(made["confidence"]["right"]) + sum(made["confidence"]["wrong"]) == 400


def test_0_99_and_0_9999_are_bins_apart_and_nothing_is_lost_at_the_ends() -> None:
    odds = np.array([np.log(0.99 / 0.01), np.log(0.9999 / 0.0001), 200.0, 0.0])
    logits = np.stack([odds, np.zeros(4)], axis=1).astype(np.float32)
    found = points(Outputs(logits, labels=np.array([0, 0, 0, 1])))["confidence"]
    filled = np.flatnonzero(found["right"])
    assert len(filled) == 3 and np.diff(filled)[0] > 5 and filled[-1] == len(found["right"]) - 1
    assert sum(found["wrong"]) == 1 and len(found["edges"]) == len(found["right"]) + 1


def test_the_area_under_the_drawn_precision_steps_is_the_average_precision() -> None:
    test = outputs(rows=150)
    made = points(test)["roc"][0]
    score = load_detector("msp").score(test)
    steps = np.diff([0.0, *made["recall"]]) * made["precision"]
    assert steps.sum() == pytest.approx(average_precision(-score[~test.correct], -score[test.correct]), abs=1e-3)
    assert made["base"] == pytest.approx(1 - test.correct.mean(), abs=1e-5)


def test_the_gaps_of_the_reliability_diagram_add_up_to_the_ece() -> None:
    test = outputs()
    plain, scaled = points(test)["reliability"]
    gaps = np.array(plain["count"]) * np.abs(np.subtract(plain["accuracy"], plain["confidence"]))
    msp = np.exp(test.logit_scores["log_msp"])
    assert gaps.sum() / 400 == pytest.approx(expected_calibration_error(msp, test.correct), abs=1e-4)
    assert sum(scaled["count"]) == 400 and scaled["name"] == "temperature scaled"


def test_the_risk_curve_ends_at_the_error() -> None:
    test = outputs()
    risk = points(test)["risk"]
    assert (risk["coverage"][-1], risk["risk"][-1]) == (1.0, pytest.approx(1 - test.correct.mean(), abs=1e-5))


def test_few_classes_have_a_matrix_and_many_their_most_frequent_confusions() -> None:
    few = outputs(FEW_CLASSES)
    matrix = points(few, class_names=list("abcdefghijkl"))["confusion"]
    assert np.trace(matrix["counts"]) == few.correct.sum() and np.sum(matrix["counts"]) == 400
    assert matrix["names"] == list("abcdefghijkl")
    many = outputs(FEW_CLASSES + 1, rows=3000)
    top = points(many)["confusion"]["top"]
    label, said, count, size = top[0]
    predicted = many.logits.argmax(1)
    assert many.labels is not None and len(top) == TOP
    assert count == int(((many.labels == int(label)) & (predicted == int(said))).sum())
    assert size == int((many.labels == int(label)).sum()) and [one[2] for one in top] == sorted(
        (one[2] for one in top), reverse=True
    )


def test_without_labels_or_without_logits_what_needs_them_is_left_out() -> None:
    unlabelled = points(Outputs(outputs().logits), EvaluationSpec(misclassification=False))
    assert unlabelled["confidence"]["wrong"] is None and "reliability" not in unlabelled and unlabelled["risk"] == {}
    given = points(given_scores(np.arange(10.0), np.arange(10) % 3 == 0), detector=DETECTOR)
    assert given["confidence"] == {} and "confusion" not in given and given["risk"]["coverage"][-1] == 1.0
