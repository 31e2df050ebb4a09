"""Auxiliary outliers for taggers: dialogue and headlines, word by word as the Penn Treebank divides a text."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.data.locations import Folders
from common.data.samples import RawDataset
from common.discover import load_task
from common.experiment import Experiment, RunOptions
from common.task import Model
from nlp.data.outliers import TAGGER_OUTLIERS, WORD, tagged_like


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't know.", ["I", "do", "n't", "know", "."]),
        ("You're on, he's off", ["You", "'re", "on", ",", "he", "'s", "off"]),
        ("1,000.5 or 3/4 -- well...", ["1,000.5", "or", "3\\/4", "--", "well", "..."]),
        ('He (R&B) said "hi"', ["He", "-LRB-", "R&B", "-RRB-", "said", "``", "hi", "''"]),
        ("", []),
    ],
)
def test_a_text_is_divided_and_spelled_as_the_treebank_does(text: str, words: list[str]) -> None:
    made = tagged_like(RawDataset([]), np.random.default_rng(0), RawDataset([text], dropped={"short": 2}))
    assert made.items == [words] and made.dropped == {"short": 2}


def test_no_visible_character_is_lost() -> None:
    text = "“Ça va”, O'Neill-Smith: 50% @home #1 €5 — naïve_x; e.g. this!?"
    assert "".join(WORD.findall(text)) == "".join(text.split())


def test_the_outliers_of_packages_are_sentences_of_words() -> None:
    found = [source for source in TAGGER_OUTLIERS if source.resolve(Folders()) is not None]
    assert [source.name for source in found] == ["Friends dialogue, word by word", "Guardian headlines, word by word"]
    for source in found:
        sentences = source.load(Folders(), 0, RawDataset([])).items
        assert len(sentences) > 4000 and all(sentences)
        assert not any(" " in word for sentence in sentences for word in sentence)


@pytest.mark.slow
def test_a_tagger_is_exposed_to_outliers_token_by_token(tmp_path: Path, folders: Folders) -> None:
    task = load_task("nlp/wsj")
    small = replace(task.quick, epochs=1, examples=64, test_examples=20)
    options = RunOptions("quick", tmp_path, folders, model=Model("lstm_tagger", {"width": 8, "layers": 1}))
    task = replace(task, quick=small, outliers=task.outliers[1:2])
    experiment = Experiment("nlp/tasks/wsj", 0, replace(options, user_task=task))
    before, after = (experiment.outputs(name) for name in ("cross_entropy_longer", "outlier_exposure"))
    pairs = [(before.ood[key], after.ood[key]) for key in before.ood]
    assert all(len(one.logits) == len(other.logits) for one, other in pairs)
    assert all(other.logit_scores["entropy"].mean() < one.logit_scores["entropy"].mean() for one, other in pairs), (
        "less sure of what is not the newspaper's"
    )
