"""Claims about the tagging tasks, run from data to rows with a small budget."""

from dataclasses import replace

import pytest

from common.base.errors import MissingData
from common.comparisons import EvaluationSpec
from common.data.locations import Folders
from common.discover import load_detector, load_task
from common.experiment import Experiment, RunOptions
from common.judge import evaluate_outputs
from common.task import Model

IDENTITY = {
    "task": "nlp/x",
    "modality": "nlp",
    "seed": 0,
    "profile": "quick",
    "data": "sample",
    "objective": "cross_entropy",
    "model": "x",
    "held_out": None,
    "in_dist": "X",
}


def rows(name, out, folders, model=None):
    task = load_task(name)
    budget = replace(task.quick, epochs=1, examples=64, test_examples=40)
    options = RunOptions("quick", out, folders, model=model, user_task=replace(task, quick=budget))
    experiment = Experiment(name.replace("/", "/tasks."), 0, options)
    found, _ = evaluate_outputs(
        EvaluationSpec.of(task), experiment.outputs("cross_entropy"), [load_detector("msp")], IDENTITY
    )
    return found


@pytest.mark.parametrize("model", ["lstm_tagger", "lstm_tagger_glove"])
def test_wsj_judges_words_and_sentences_against_tweets_and_web_logs(model, tmp_path, folders):
    found = rows("nlp/wsj", tmp_path, folders, Model(model, {"width": 8, "layers": 1, "embedding": 8}))
    words = {row.out_dist for row in found if row.question == "ood" and row.unit == "row"}
    sentences = {row.out_dist: row for row in found if row.question == "ood" and row.unit == "group"}
    assert words == set(sentences) == {"Twitter", "Weblog", "All"}
    assert {row.n_negative for row in sentences.values()} == {40, 80}
    parts = {row.subset or row.unit: row for row in found if row.question == "misclassification"}
    assert set(parts) >= {"row", "seen words", "unseen words"}  # after one epoch no whole sentence may be right
    totals = {name: row.n_positive + row.n_negative for name, row in parts.items()}
    assert totals["seen words"] + totals["unseen words"] == totals["row"]
    assert totals.get("group", 40) == 40


def test_twitter_asks_of_errors_alone(tmp_path, folders):
    found = rows("nlp/twitter_pos", tmp_path, folders)
    assert {row.question for row in found} == {"misclassification"}
    assert {row.subset for row in found} >= {None, "seen words", "unseen words"}


def test_vectors_that_are_not_there_are_missing_data(tmp_path, data_folder):
    (tmp_path / "nlp").mkdir()
    file = "nlp/pos_twitter_gimpel2011.parquet"
    (tmp_path / file).write_bytes((data_folder / file).read_bytes())
    experiment = Experiment("nlp/twitter_pos", 0, RunOptions("quick", tmp_path / "out", Folders((tmp_path,))))
    with pytest.raises(MissingData, match="GloVe vectors is not here"):
        experiment.folder("cross_entropy")
