"""Detectors that learn score a user's features: files in, the same scores as from views, the rest told."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from common.base.errors import UserError
from common.detectors.dice import Dice
from common.discover import load_detector, names
from common.features.linear_head import LinearHead
from common.features.training_views import TrainingViews
from common.model import View
from common.own import features
from common.own.rows import read_rows
from common.store.rows import read_rows as read_results
from common.user_logits import app

CLASSES, WIDTH = 4, 16
Arrays = dict[str, NDArray[np.generic]]
WEIGHT = np.random.default_rng(0).normal(0, 1, (CLASSES, WIDTH)).astype(np.float32)
BIAS = np.array([0.5, -0.5, 0.25, 0.0], np.float32)


def arrays(count: int, seed: int, size: float = 2.0) -> Arrays:
    """Features of a ReLU layer near what each class's logit looks for, and logits of a linear head."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    features = np.maximum(size * WEIGHT[labels] + rng.normal(0, 1, (count, WIDTH)), 0).astype(np.float32)
    return {"features": features, "logits": features @ WEIGHT.T + BIAS, "labels": labels}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Files of one model: training, test and OOD data."""
    contents = {"train": arrays(400, 1), "in": arrays(200, 2), "out": arrays(150, 3, size=0.0)}
    contents["out"].pop("labels")
    for name, content in contents.items():
        np.savez(tmp_path / f"{name}.npz", **content)
    return {name: tmp_path / f"{name}.npz" for name in contents}


def evaluated(files: dict[str, Path], *further: str) -> Result:
    out = files["in"].parent / "result"
    line = [str(files["in"]), "--ood", f"noise={files['out']}", "--out", str(out), *further]
    return CliRunner().invoke(app, line)


def rewritten(file: Path, without: str = "", **changes: NDArray[np.generic]) -> None:
    with np.load(file) as stored:
        content = {name: stored[name] for name in stored.files if name != without}
    np.savez(file, **(content | changes))


def test_every_detector_has_a_row_or_a_sentence(files: dict[str, Path]) -> None:
    result = evaluated(files, "--train", str(files["train"]))
    assert result.exit_code == 0, result.output
    rows = read_results(files["in"].parent / "result" / "results.jsonl")
    shown = {row.detector for row in rows}
    record = (files["in"].parent / "result" / "run.json").read_text(encoding="utf-8")
    told = {name for name in names("common/detectors") if f"detector {name} " in record}
    extras = {name for name in names("common/detectors") if load_detector(name).extra}
    assert shown | told | extras == set(names("common/detectors")) and not shown & told
    assert {"mahalanobis", "react", "dice", "kl_matching", "openmax", "temperature_msp"} <= shown
    assert "detector odin asks the model for its gradient, and a file of features has none" in record
    assert "detector mc_dropout_msp needs a model with dropout" in record


def test_scores_are_those_of_views_of_the_same_rows_whatever_the_chunk(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "CHUNK", 7)
    head = LinearHead(torch.tensor(WEIGHT), torch.tensor(BIAS))
    train, test = (arrays(400, 1), arrays(200, 2))
    layers = {name: torch.tensor(one["features"]) for name, one in (("train", train), ("test", test))}
    views = TrainingViews(head(layers["train"]), (layers["train"],), torch.arange(400), head=head)
    expected = Dice().score(View(head(layers["test"]), (layers["test"],), torch.arange(200)), Dice().fit(views))
    ready, skipped = features._fitted({"dice": Dice()}, read_rows(files["train"]))
    found = features._scores(read_rows(files["in"]), ready)["dice"]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    assert skipped == []


def test_a_row_says_the_options_of_its_detector(files: dict[str, Path]) -> None:
    assert evaluated(files, "--train", str(files["train"]), "--detectors", "react").exit_code == 0
    lines = (files["in"].parent / "result" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.dumps(json.loads(line)["detector_options"]) for line in lines} == {'{"percentile": 0.9}'}


def test_several_layers_are_read_in_order_and_the_last_is_the_input_of_the_last_layer(files: dict[str, Path]) -> None:
    for file in files.values():
        with np.load(file) as stored:
            last = stored["features"]
        rewritten(file, without="features", features_0=last[:, :3], features_1=last)
    rows = read_rows(files["train"])
    assert [layer.shape[1] for layer in rows.layers] == [3, WIDTH]
    assert features._training_views(rows).head is not None
    assert evaluated(files, "--train", str(files["train"]), "--detectors", "dice,mahalanobis").exit_code == 0


def test_logits_that_are_not_linear_in_the_features_leave_out_what_needs_the_last_layer(files: dict[str, Path]) -> None:
    with np.load(files["train"]) as stored:
        bent = np.tanh(stored["logits"])
    rewritten(files["train"], logits=bent)
    result = evaluated(files, "--train", str(files["train"]), "--detectors", "react,mahalanobis")
    assert result.exit_code == 0, result.output
    record = (files["in"].parent / "result" / "run.json").read_text(encoding="utf-8")
    assert "detector react needs a linear last layer" in record
    rows = read_results(files["in"].parent / "result" / "results.jsonl")
    assert {row.detector for row in rows} == {"mahalanobis"}


def test_a_large_training_file_gives_a_seeded_sample(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "ROWS", 100)
    one, again = (features._training_views(read_rows(files["train"])) for _ in range(2))
    assert one.total == 400 and one.features.shape == (100, WIDTH)
    assert torch.equal(one.features, again.features) and len(set(one.classes.tolist())) == CLASSES


def test_a_detector_that_learns_and_has_nothing_to_learn_from_is_told(files: dict[str, Path]) -> None:
    assert evaluated(files, "--detectors", "msp,react,dice").exit_code == 0
    record = (files["in"].parent / "result" / "run.json").read_text(encoding="utf-8")
    assert "detectors react, dice learn from training features: give them with --train FILE" in record


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": np.zeros((3, WIDTH))}, r"in.npz: features must be \(200, D\), .* not \(3, 16\)"),
        ({"features": np.zeros((200, 2))}, r"in.npz has features of widths \[2\], and .*train.npz of \[16\]"),
        ({"features": np.full((200, WIDTH), np.nan)}, "in.npz: features holds NaN or infinity in row 0"),
        ({"features": np.full((200, WIDTH), "a")}, "in.npz: features must be numbers, not <U1"),
        ({"features_0": np.zeros((200, 2))}, "in.npz: give either 'features' or 'features_0' and so on"),
        ({"features_1": np.zeros((200, 2))}, "in.npz: layers must be features_0 to features_0, not features_1"),
        ({"without": "features"}, "in.npz has no array 'features', and --train asks for features in every file"),
    ],
)
def test_features_that_do_not_fit_are_one_line_that_names_the_file(
    files: dict[str, Path], changes: Arrays, message: str
) -> None:
    rewritten(files["in"], **changes)  # type: ignore[arg-type]
    result = evaluated(files, "--train", str(files["train"]))
    assert result.exit_code == 2 and len(result.stderr.strip().splitlines()) == 1
    with pytest.raises(UserError, match=message):
        raise UserError(result.stderr)
