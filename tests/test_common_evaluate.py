"""The main job on real text: same command, same rows; what is stored is not computed again; damage is told."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import common.objective
import common.training.predict
from common.base.errors import UserError
from common.data.examples import TensorDataset
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.evaluate import evaluate
from common.experiment import Experiment, RunOptions
from common.reporting.report import write_report
from common.run import Run
from common.selection import Selection
from common.store.outputs import TaskOutputs
from common.store.rows import read_rows
from common.task import Model
from common.user_logits import app

TASK = "nlp/reuters8"


def run(out: Path, **changes: object) -> Run:
    selection = Selection((TASK,), **{"required": True, **changes})
    return evaluate(selection, RunOptions(out=out, folders=Folders((), out / "cache")))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished")
    run(out, seeds=2)
    return out


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def no_training(monkeypatch: pytest.MonkeyPatch, what: str = "common.experiment.Experiment.trained") -> None:
    def trained(*arguments: object) -> None:
        raise AssertionError("a finished run trains nothing")

    monkeypatch.setattr(what, trained)


def test_every_detector_question_and_population_has_a_row(finished: Path) -> None:
    rows = [row for row in read_rows(finished / "results.jsonl") if row.primary]
    keys = {(row.seed, row.detector, row.question, row.population) for row in rows}
    for detector in ("msp", "kl_uniform", "entropy", "max_logit", "energy", "margin"):
        for seed in (0, 1):
            assert (seed, detector, "misclassification", "all") in keys
            assert {(seed, detector, "ood", "all"), (seed, detector, "ood", "correct")} <= keys
    assert len(keys) == len(rows)


def test_a_seed_draws_the_classes_that_are_left_out_and_every_row_says_which(finished: Path) -> None:
    rows = read_rows(finished / "results.jsonl")
    drawn = {row.seed: row.held_out for row in rows}
    assert all(row.held_out == drawn[row.seed] and len(row.held_out) == 2 for row in rows)
    assert drawn[0] != drawn[1]


def test_the_baseline_beats_chance_by_far_on_real_news(finished: Path) -> None:
    for row in read_rows(finished / "results.jsonl"):
        if row.detector == "msp":
            assert row.auroc_low < row.auroc < row.auroc_high and row.auroc > 0.75
            assert row.error < 0.06 and row.mean_msp_positive > row.mean_msp_negative


def test_the_report_of_a_run_is_that_of_its_files(copy: Path) -> None:
    """A run makes its report of the rows that it has in memory, and later ones are made of what it wrote."""
    files = [copy / name for name in ("report.md", "report.html")]
    before = [file.read_bytes() for file in files]
    assert run(copy, seeds=2).report == write_report(copy)
    assert [file.read_bytes() for file in files] == before


@pytest.mark.slow
def test_the_same_command_gives_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    run(tmp_path, seeds=2)
    assert (tmp_path / "results.jsonl").read_bytes() == (finished / "results.jsonl").read_bytes()


def test_a_finished_run_is_not_trained_again(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (copy / "results.jsonl").read_bytes()
    no_training(monkeypatch)
    assert "Reuters" in run(copy, seeds=2).report
    assert (copy / "results.jsonl").read_bytes() == before


@pytest.mark.slow
def test_a_run_killed_while_predicting_continues_with_the_stored_weights(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = common.training.predict.predict

    def killed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(common.training.predict, "predict", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, seeds=2)
    assert not (tmp_path / "results.jsonl").exists()
    monkeypatch.setattr(common.training.predict, "predict", predict)
    monkeypatch.setattr(common.objective.LossObjective, "train", killed)
    outputs = Experiment(TASK, 0, RunOptions(out=tmp_path, folders=Folders())).outputs("cross_entropy")
    stored = Experiment(TASK, 0, RunOptions(out=finished, folders=Folders())).outputs("cross_entropy")
    assert np.array_equal(outputs.test.logits, stored.test.logits)


def test_damaged_outputs_are_made_again_from_the_stored_weights(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (copy / "results.jsonl").read_bytes()
    path = next(copy.glob("store/nlp/reuters8/*seed1*/test.safetensors"))
    path.write_bytes(path.read_bytes()[:100])
    no_training(monkeypatch, "common.objective.LossObjective.train")  # the stored weights serve
    run(copy, seeds=2)
    assert (copy / "results.jsonl").read_bytes() == before


def test_one_task_that_fails_does_not_stop_the_others(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = Experiment.outputs

    def failing(self: Experiment, objective: str) -> TaskOutputs:
        if self.seed == 1:
            raise UserError("the disk is full")
        return outputs(self, objective)

    monkeypatch.setattr(Experiment, "outputs", failing)
    result = run(copy, seeds=2, required=False)
    assert result.failed and {row.seed for row in result.rows} == {0}
    record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    assert record["not_run"][0]["why"] == "the disk is full"


def test_an_interrupted_run_writes_what_it_has_and_says_that_it_is_unfinished(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Experiment, objective: str) -> TaskOutputs:
        if self.seed == 1:
            raise KeyboardInterrupt
        return TaskOutputs(*self.folder(objective).load())

    monkeypatch.setattr(Experiment, "outputs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(copy, seeds=2)
    assert {row.seed for row in read_rows(copy / "results.jsonl")} == {0}
    assert "UNFINISHED" in (copy / "report.md").read_text(encoding="utf-8")


def test_an_objective_that_does_not_fit_is_told_and_the_others_run(copy: Path) -> None:
    result = run(copy, required=False, objectives=("ctc", "cross_entropy"))
    assert result.failed and {row.objective for row in result.rows} == {"cross_entropy"}
    assert result.record.not_run[0].what == "nlp/reuters8 ctc"
    with pytest.raises(UserError, match="CTC needs sequences"):
        run(copy, objectives=("ctc",))


def test_a_detector_that_was_asked_for_and_does_not_apply_is_named(copy: Path) -> None:
    result = run(copy, detectors=("abnormality",))
    assert result.rows == [] and "detector abnormality does not apply" in result.record.not_run[0].why


def test_missing_data_is_reported_with_its_remedy_unless_it_was_asked_for(tmp_path: Path) -> None:
    options = RunOptions(out=tmp_path, folders=Folders((tmp_path,)))
    result = evaluate(Selection(("nlp/imdb",)), options)
    assert not result.failed and result.rows == []
    assert "--download" in result.record.not_run[0].remedy
    every = evaluate(Selection(("nlp/imdb",), seeds=2, objectives=("all",)), options)
    assert every.record.not_run == result.record.not_run  # once, and not for every way of training
    with pytest.raises(UserError, match="nlp/imdb: .* get it with"):
        evaluate(Selection(("nlp/imdb",), required=True), options)


def test_outputs_are_stored_anew_when_anything_that_determines_them_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "some.safetensors"
    weights.write_bytes(b"weights")
    options = RunOptions(out=tmp_path, folders=Folders())
    settings = {
        "nothing": options,
        "budget": replace(options, profile="paper"),
        "model": replace(options, model=Model("bag_of_words", {"hidden": 64})),
        "weights": replace(options, weights=weights),
        "device": replace(options, device="cuda"),
    }

    def path(one: RunOptions) -> Path:
        return Experiment("nlp/rotten_tomatoes", 0, one).folder("cross_entropy").path

    paths = {what: path(one) for what, one in settings.items()}
    for what in ("common.experiment.code_hash", "common.experiment.versions", "common.data.sources.Source.fingerprint"):
        monkeypatch.setattr(what, lambda *arguments: "other")
        paths[what] = path(options)
    assert len(set(paths.values())) == len(paths)


def test_weights_of_ones_own_replace_training_and_wrong_ones_are_told(finished: Path, tmp_path: Path) -> None:
    weights = next(finished.glob("store/nlp/reuters8/*seed0*/model.safetensors"))
    options = RunOptions(out=tmp_path, folders=Folders(), weights=weights)
    outputs = Experiment(TASK, 0, options).outputs("cross_entropy")
    stored = Experiment(TASK, 0, RunOptions(out=finished, folders=Folders())).outputs("cross_entropy")
    assert np.array_equal(outputs.test.logits, stored.test.logits)
    with pytest.raises(UserError, match="does not fit the model"):
        Experiment(TASK, 0, replace(options, model=Model("bag_of_words", {"hidden": 64}))).outputs("cross_entropy")


@pytest.mark.parametrize("kept, reads", [(2**30, 1), (0, 2)])
def test_further_objectives_use_what_fits_in_memory_and_read_the_rest_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int, reads: int
) -> None:
    monkeypatch.setattr("common.encoded.KEPT_BYTES", kept)
    experiment = Experiment(TASK, 0, RunOptions(out=tmp_path, folders=Folders((), tmp_path / "cache")))
    encoded: list[int] = []
    preprocessor = experiment.data.preprocessor

    def counting(samples: RawDataset) -> TensorDataset:
        encoded.append(len(samples))
        return preprocessor(samples)

    monkeypatch.setitem(experiment.data.__dict__, "preprocessor", counting)
    first, again = dict(experiment.data.ood_examples()), dict(experiment.data.ood_examples())
    assert len(encoded) == reads * len(first)
    assert list(first) == list(again)
    assert all(torch.equal(first[key].inputs, again[key].inputs) for key in first)


def test_stored_logits_read_in_pieces_give_the_figures_of_whole_files_within_their_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Experiment(TASK, 0, RunOptions(profile="paper", out=tmp_path)).outputs("cross_entropy")  # with all test examples
    folder = next(tmp_path.glob("store/nlp/reuters8/*seed0*"))
    files = [str(folder / "test.safetensors"), "--ood", f"other={folder / 'ood_00.safetensors'}"]
    monkeypatch.setattr("common.own.pieces.MOST_ROWS", 500)
    for name, options in (("whole", ["--whole"]), ("once", ["--pieces"]), ("twice", ["--second-pass"])):
        done = CliRunner().invoke(app, [*files, *options, "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    exact, once, twice = (read_rows(tmp_path / name / "results.jsonl") for name in ("whole", "once", "twice"))
    for one, two, other in zip(once, twice, exact, strict=True):
        assert (one.detector, one.question, one.population) == (other.detector, other.question, other.population)
        for name in ("auroc", "ap_positive", "ap_negative", "fpr95_in", "fpr95_out", "detection_error"):
            assert abs(getattr(one, name) - getattr(other, name)) <= one.counted_within[name], name
        assert one.counted_within["auroc"] < (0.01 if one.detector == "kl_uniform" else 0.0002)  # it crowds at log C
        assert (two.fpr95_in, two.fpr95_out) == (other.fpr95_in, other.fpr95_out)
    assert "counted in bins, not sorted" in (tmp_path / "once" / "report.md").read_text(encoding="utf-8")
