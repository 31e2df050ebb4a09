"""predictions.parquet holds what the figures are made of: each AUROC of results.jsonl comes out of it again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from common.comparisons import EvaluationSpec
from common.data.locations import Folders
from common.evaluate import evaluate
from common.experiment import RunOptions
from common.metrics import roc_auc
from common.own.given_scores import DETECTOR, given_scores
from common.own.notebook import report
from common.predictions import Predictions
from common.selection import Selection
from common.store.outputs import OodKey, TaskOutputs
from common.store.rows import Row, read_rows


def lines(out: Path) -> list[dict[str, Any]]:
    return parquet.read_table(out / "predictions.parquet").to_pylist()


def recomputed(row: Row, found: list[dict[str, Any]]) -> float:
    own = [one for one in found if (one["task"], one["seed"], one["objective"]) == (row.task, row.seed, row.objective)]
    test = [one for one in own if one["set"] == "test"]
    name = f"score_{row.detector}"
    if row.question == "misclassification":
        kept, rejected = ([one for one in test if one["correct"] is right] for right in (True, False))
    else:
        kept = [one for one in test if row.population == "all" or one["correct"]]
        rejected = [one for one in own if one["set"] == row.out_dist]
    return roc_auc([one[name] for one in kept], [one[name] for one in rejected])


@pytest.mark.slow
def test_every_auroc_of_a_run_comes_out_of_the_predictions_to_1e_12(tmp_path: Path) -> None:
    options = RunOptions(out=tmp_path, folders=Folders((), tmp_path / "cache"))
    evaluate(Selection(("nlp/reuters8",), detectors=("msp", "energy", "knn")), options)
    found = lines(tmp_path)
    rows = [row for row in read_rows(tmp_path / "results.jsonl") if row.auroc is not None and row.out_dist != "All"]
    assert len(rows) > 10 and {row.question for row in rows} == {"misclassification", "ood"}
    for row in rows:
        assert recomputed(row, found) == pytest.approx(row.auroc, abs=1e-12), (row.detector, row.out_dist)
    test = [one for one in found if one["set"] == "test"]
    assert [one["index"] for one in test] == list(range(len(test)))
    assert all(one["correct"] == (one["label"] == one["predicted"]) for one in test)


def test_ones_own_logits_get_predictions_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    report(logits, labels, ood={"other": rng.normal(size=(20, 3))}).save(tmp_path)
    found = lines(tmp_path)
    assert [one["set"] for one in found] == ["test"] * 60 + ["other"] * 20
    assert [one["predicted"] for one in found[:60]] == logits.argmax(1).tolist()
    assert {one["label"] for one in found[60:]} == {None}
    for row in read_rows(tmp_path / "results.jsonl"):
        assert recomputed(row, found) == pytest.approx(row.auroc, abs=1e-12)


def test_scores_alone_have_no_predicted_class(tmp_path: Path) -> None:
    test = given_scores(np.linspace(0, 1, 30), np.arange(30) > 9)
    outputs = TaskOutputs(test, {OodKey("other"): given_scores(np.linspace(-1, 0.5, 10), None)}, {})
    predictions = Predictions()
    predictions.add(EvaluationSpec(), outputs, [DETECTOR], {"task": "t", "objective": "given", "model": "m", "seed": 0})
    predictions.write(tmp_path)
    found = lines(tmp_path)
    assert len(found) == 40 and all(one.get("predicted") is None and one["msp"] is None for one in found)
    assert [one["correct"] for one in found] == [False] * 10 + [True] * 20 + [None] * 10
    assert found[29]["score_score"] == 1.0
