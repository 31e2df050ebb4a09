"""The classification tasks: whole data sets, disjoint splits, and rows that name the held-out classes."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.data.locations import Folders
from common.discover import load_task
from common.evaluate import evaluate
from common.experiment import Experiment, RunOptions
from common.selection import Selection

OFFLINE = ("newsgroups", "newsgroups_authors", "reuters8", "reuters52", "rotten_tomatoes")
TASKS = (*OFFLINE, "clinc150", "imdb", "sst", "trec")


def test_importing_the_tasks_loads_no_torch_and_reads_no_data() -> None:
    code = f"import sys; {'; '.join(f'import nlp.tasks.{name}' for name in TASKS)}; "
    code += "assert not {'torch', 'sklearn', 'pyarrow'} & set(sys.modules), 'heavy import'"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


@pytest.mark.parametrize("name", OFFLINE)
def test_offline_tasks_have_their_data_and_every_class_left_in_can_be_learned(name: str) -> None:
    task = load_task(f"nlp/{name}")
    train, test = task.train.load(Folders()), task.test.load(Folders())
    for seed in range(5 if task.split else 0):
        split = task.split(train, test, seed)
        assert set(split.train.labels.tolist()) == set(range(len(split.train.label_names)))
        assert split.train.label_names == split.test.label_names
        assert all(len(samples) > 0 and samples.labels is None for samples in split.ood.values())


@pytest.mark.parametrize(("name", "kept", "out"), [("newsgroups", 15, 5), ("reuters8", 6, 2), ("reuters52", 40, 12)])
def test_as_many_classes_are_held_out_as_published(name: str, kept: int, out: int) -> None:
    task = load_task(f"nlp/{name}")
    assert task.split is not None
    split = task.split(task.train.load(Folders()), task.test.load(Folders()), 0)
    assert len(split.train.label_names) == kept and split.held_out is not None and len(split.held_out) == out


def test_every_row_of_a_held_out_task_says_which_classes_were_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = load_task("nlp/reuters8")
    budget = replace(task.quick, epochs=1, examples=600, test_examples=200, validation=0)
    tiny = replace(task, quick=budget)
    monkeypatch.setattr("common.experiment.load_task", lambda name: tiny)
    run = evaluate(Selection(("nlp/reuters8",), seeds=2, detectors=("msp",)), RunOptions(out=tmp_path))
    by_seed = {seed: {row.held_out for row in run.rows if row.seed == seed} for seed in (0, 1)}
    assert all(len(held_out) == 1 and None not in held_out for held_out in by_seed.values())
    assert by_seed[0] != by_seed[1]
    assert {row.out_dist for row in run.rows if row.primary} == {None, "Reuters 2"}
    assert {row.distance for row in run.rows if row.out_dist not in (None, "All")} == {"near", "far"}


def test_labels_of_other_classes_are_not_taken_for_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    task = load_task("nlp/rotten_tomatoes")
    budget = replace(task.quick, examples=100, test_examples=50, validation=0)
    monkeypatch.setattr("common.experiment.load_task", lambda name: replace(task, quick=budget))
    experiment = Experiment("nlp/rotten_tomatoes", 0, RunOptions())
    labels = experiment.data.test.labels
    assert labels is not None and int(labels.max()) == 1
    ood = [examples for _, examples in experiment.data.ood_examples()]
    assert len(ood) == 3 and all(examples.labels is None for examples in ood)
    assert experiment.data.dropped["Plot summaries: empty text"] == 14


def test_imdb_has_the_papers_sets(folders: Folders) -> None:
    task = load_task("nlp/imdb")
    train, test = task.train.load(folders), task.test.load(folders)
    assert Counter(train.labels.tolist()) == Counter(test.labels.tolist()) == {0: 12_500, 1: 12_500}
    assert not any("<br" in text for text in train.items)
    assert {source.name: len(source.load(folders)) for source in task.ood} == {
        "Customer Reviews": 2_775,
        "Movie Reviews": 8_662,
    }


def test_sst_leaves_its_neutral_sentences_out_and_counts_them(folders: Folders) -> None:
    train = load_task("nlp/sst").train.load(folders)
    assert len(train) == 6_920 and train.dropped == {"no label": 8_544 - 6_920}


@pytest.mark.parametrize(("name", "shared"), [("sst", {"no thanks ."}), ("trec", set()), ("imdb", set())])
def test_training_and_out_of_distribution_share_no_text_but_a_commonplace(
    name: str, shared: set[str], folders: Folders
) -> None:
    task = load_task(f"nlp/{name}")
    train = {text.lower() for text in task.train.load(folders).items}
    out = [{text.lower() for text in source.load(folders).items} for source in task.ood]
    assert min(map(len, out)) > 1000
    assert train & set().union(*out) == shared


def test_trec_has_six_kinds_of_question(folders: Folders) -> None:
    train = load_task("nlp/trec").train.load(folders)
    assert np.bincount(train.labels).tolist() == [86, 1162, 1250, 1223, 835, 896]


def test_clinc150_has_150_intents_and_its_out_of_scope_requests_are_ood_alone(folders: Folders) -> None:
    task = load_task("nlp/clinc150")
    train, test = task.train.load(folders), task.test.load(folders)
    (out,) = (source.load(folders) for source in task.ood)
    assert (len(train), len(test), len(out)) == (15_000, 4_500, 1_000)
    assert np.bincount(train.labels).tolist() == [100] * 150 and train.label_names == test.label_names
    assert out.labels is None and not {"oos", "out_of_scope"} & set(train.label_names)


def test_the_authors_file_of_clinc150_is_read_as_the_prepared_one_is(tmp_path: Path) -> None:
    published = {"train": [["wake me at six", "alarm"], ["what is pi", "math"]], "test": [["two and two", "math"]]}
    published |= {"oos_test": [["who won", "oos"]], "oos_train": [["never read", "oos"]], "val": []}
    (tmp_path / "nlp").mkdir()
    (tmp_path / "nlp" / "data_full.json").write_text(json.dumps(published), encoding="utf-8")
    task, there = load_task("nlp/clinc150"), Folders((tmp_path,))
    train, (out,) = task.train.load(there), (source.load(there) for source in task.ood)
    assert train.items == ["wake me at six", "what is pi"] and train.label_names == ("alarm", "math")
    assert out.items == ["who won"]
    test = task.test.load(there)
    assert [test.label_names[i] for i in test.labels] == ["math"] and test.label_names == train.label_names
