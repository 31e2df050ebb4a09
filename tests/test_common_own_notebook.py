"""The notebook's door: the same rows as the command line, shown as a table and pictures."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from common import report
from common.base.errors import UserError
from common.base.project import ROOT
from common.store.rows import read_rows
from tests.own_files import model

GIVEN, OTHER = model(250, 5, seed=1), model(150, 5, seed=2)["logits"] / 3
RNG = np.random.default_rng(7)


@pytest.fixture(scope="module")
def done():
    return report(GIVEN["logits"], GIVEN["labels"], ood={"notMNIST": OTHER, "noise <b>": -OTHER})


def test_the_rows_are_those_of_the_command_line(done, tmp_path: Path) -> None:
    for name, arrays in {"in": GIVEN, "a": {"logits": OTHER}, "b": {"logits": -OTHER}}.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
    line = (str(tmp_path / "in.npz"), "--ood", f"notMNIST={tmp_path / 'a.npz'}")
    line = (*line, "--ood", f"noise <b>={tmp_path / 'b.npz'}", "--out", str(tmp_path / "out"))
    subprocess.run((sys.executable, "-m", "common.evaluate", *line), cwd=ROOT, capture_output=True, check=True)
    figures = [(row.detector, row.out_dist, row.population, row.auroc, row.fpr95_in) for row in done.rows]
    read = read_rows(tmp_path / "out" / "results.jsonl")
    assert figures == [(row.detector, row.out_dist, row.population, row.auroc, row.fpr95_in) for row in read]


def test_names_are_those_of_rows_and_command_line(done) -> None:
    frame = done.to_pandas()
    assert {"msp", "energy", "max_logit"} <= set(frame["detector"]) and "log_msp" not in set(frame["detector"])
    best = frame[(frame.detector == "msp") & (frame.out_dist == "notMNIST") & (frame.population == "correct")]
    assert f"{100 * best.auroc.item():.1f}" in str(done.table)
    assert len(frame) == len(done.rows)
    assert f"{100 * best.fpr95_in_low.item():.1f}–{100 * best.fpr95_in_high.item():.1f}" in done.table._repr_html_()
    assert {"ap_positive_low", "ap_negative_high", "aurc_low"} <= set(frame.columns)


def test_a_notebook_shows_table_notes_and_pictures_with_names_escaped(done) -> None:
    page = done._repr_html_()
    assert "<table>" in page and page.count("<svg") == 5 and "noise &lt;b&gt;" in page and "noise <b>" not in page
    assert str(done.table).splitlines()[-1].split()[0] in page
    assert repr(done).startswith("Test error:")


def test_pictures_are_saved_as_files_with_colours(done, tmp_path: Path) -> None:
    paths = done.plot().save(tmp_path)
    assert [path.name for path in paths] == [f"plot-{number}.svg" for number in range(1, 6)]
    for path in paths:
        drawing = path.read_text(encoding="utf-8")
        assert "var(--" not in drawing
        ElementTree.fromstring(drawing)


def test_saving_writes_the_formats_and_the_card_asked_for(done, tmp_path: Path) -> None:
    page = done.save(tmp_path, formats=("tex",), card=True)
    assert page.is_file() and (tmp_path / "report.tex").is_file() and not (tmp_path / "report.md").exists()
    assert [path.name for path in (tmp_path / "cards").iterdir()] == ["own-mine.md"]


def test_saving_writes_rows_and_report(done, tmp_path: Path) -> None:
    page = done.save(tmp_path / "mine")
    assert page.is_file() and (tmp_path / "mine" / "results.jsonl").is_file()
    assert "notMNIST" in page.read_text(encoding="utf-8")


def test_tensors_lists_and_arrays_give_the_same() -> None:
    expected = report(GIVEN["logits"], GIVEN["labels"], detectors=["msp"]).rows[0].auroc
    tensors = torch.tensor(GIVEN["logits"], requires_grad=True), torch.tensor(GIVEN["labels"])
    for logits, labels in (tensors, (GIVEN["logits"].tolist(), GIVEN["labels"].tolist())):
        assert report(logits, labels, detectors=["msp"]).rows[0].auroc == expected


def test_features_of_the_training_set_run_the_detectors_that_learn() -> None:
    weight = RNG.normal(size=(8, 5))

    def rows(count: int) -> dict[str, np.ndarray]:
        features = RNG.normal(size=(count, 8))
        return {"features": features, "logits": features @ weight, "labels": (features @ weight).argmax(1)}

    train, test, other = rows(300), rows(100), rows(80)
    other.pop("labels")
    found = report(
        test["logits"], test["labels"], {"other": other}, features=test["features"], train=train, detectors=["knn"]
    )
    assert {row.detector for row in found.rows} == {"knn"}


def test_scores_alone_are_enough() -> None:
    right = GIVEN["logits"].argmax(1) == GIVEN["labels"]
    found = report(score=GIVEN["logits"].max(1), correct=right, ood={"other": OTHER.max(1)})
    by_logits = report(GIVEN["logits"], GIVEN["labels"], {"other": OTHER}, detectors=["max_logit"])
    assert [row.auroc for row in found.rows] == [row.auroc for row in by_logits.rows]


def test_probabilities_are_told_and_hints_shown(capsys: pytest.CaptureFixture[str]) -> None:
    p = np.exp(GIVEN["logits"]) / np.exp(GIVEN["logits"]).sum(1, keepdims=True)
    assert any("The rows are probabilities" in note for note in report(p, GIVEN["labels"]).notes)
    assert any("below chance" in note for note in report(OTHER, ood={"sure": GIVEN["logits"]}).notes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: report(), "give logits"),
        (lambda: report(GIVEN["logits"]), "nothing can be compared"),
        (lambda: report(GIVEN["logits"], score=OTHER), "not both"),
        (lambda: report(GIVEN["logits"], GIVEN["labels"][:3]), r"^logits: labels must be \(250,\)"),
        (lambda: report(GIVEN["logits"], ood={"All": OTHER}), "'All' is reserved"),
        (lambda: report(GIVEN["logits"], ood={"a\x1bb": OTHER}), r"the name 'a\\x1bb' must have 1 to 100 characters"),
        (lambda: report(GIVEN["logits"], ood={"x": {"logit": OTHER}}), "x: 'logit' is not known; there are: logits"),
        (lambda: report(GIVEN["logits"], ood={"x": OTHER[:, :3]}), "x has 3 classes, logits has 5"),
        (lambda: report([[1.0, 2.0], [1.0]], [0, 1]), "logits: "),
        (lambda: report(GIVEN["logits"], GIVEN["labels"], detectors=["mps"]), "did you mean 'msp'"),
    ],
)
def test_what_does_not_fit_is_one_line(call, message: str) -> None:
    with pytest.raises(UserError, match=message) as told:
        call()
    assert "\n" not in str(told.value)


def test_importing_the_package_is_cheap_and_the_door_needs_no_torch() -> None:
    script = (
        "import sys, common; assert not any(name.startswith('common.') for name in sys.modules), 'import common';"
        "from common import report; assert not {'torch', 'matplotlib', 'pandas', 'pyarrow'} & set(sys.modules)"
    )
    done = subprocess.run((sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with pytest.raises(ImportError, match="cannot import name 'reprot'"):
        exec("from common import reprot")


def test_sets_without_a_name_are_refused_and_detectors_may_be_one_text() -> None:
    for others in (OTHER, torch.from_numpy(OTHER), [OTHER]):
        with pytest.raises(UserError, match="ood takes sets by name"):
            report(GIVEN["logits"], GIVEN["labels"], ood=others)
    done = report(GIVEN["logits"], GIVEN["labels"], detectors="msp, energy")
    assert {row.detector for row in done.rows} == {"msp", "energy"}
    with pytest.raises(UserError, match="unknown detector 'mps'"):
        report(GIVEN["logits"], GIVEN["labels"], detectors="mps")


def test_printed_pictures_say_what_they_are(done) -> None:
    assert str(done.plot()) == "5 drawings (SVG): shown by a notebook, written by .save(folder)"
