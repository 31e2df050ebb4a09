"""Outliers that share a family or an item with what is trained on or tested are refused by name."""

from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.data.disjoint import check_families, check_items, digests
from common.data.locations import Folders, Location
from common.data.samples import RawDataset
from common.data.sources import Derived, Source
from common.discover import load_task, task_names
from common.encoded import EncodedData
from common.task import Budget

NOWHERE = Folders()
CAPTIONS = "captions"


def source(name: str, items: list[str], family: str = "") -> Source:
    return Source(name, (Location((), lambda: RawDataset(items)),), family=family)


@pytest.mark.parametrize("wrapped", [False, True], ids=["read", "made of it"])
def test_outliers_of_a_tested_family_are_refused_and_both_sets_named(wrapped: bool) -> None:
    snli, multi30k = source("SNLI", ["a"], CAPTIONS), source("Multi30k", ["b"], CAPTIONS)
    outliers = Derived("Drawn SNLI", lambda test, rng, samples: samples, (snli,)) if wrapped else snli
    with pytest.raises(UserError, match=rf"{outliers.name} and the OOD set Multi30k .*both are captions"):
        check_families([outliers], {"OOD set Multi30k": multi30k}, NOWHERE)
    check_families([outliers], {"OOD set plain": source("plain", ["c"])}, NOWHERE)


def test_outliers_that_share_one_item_are_refused_and_both_sets_named() -> None:
    ours, theirs = RawDataset(["One line", "two"]), RawDataset(["three", "one  LINE"])
    with pytest.raises(UserError, match="outliers Lines and the test set News are not disjoint: 1 items"):
        check_items({"Lines": [ours]}, [("test set News", [theirs])])
    check_items({"Lines": [ours]}, [("test set News", [RawDataset(["three"])])])


def test_items_are_equal_by_pixels_and_by_words_whatever_their_case() -> None:
    images = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    assert digests([RawDataset(images)]) == digests([RawDataset(images[::-1].copy())])
    assert len(digests([RawDataset(images)]) | digests([RawDataset(images.astype(np.float32))])) == 4
    assert digests([RawDataset([["A", "b"]])]) == digests([RawDataset(["a  B"])])


@pytest.mark.parametrize("name", [name for name in task_names() if load_task(name).outliers])
def test_the_families_of_a_tasks_outliers_are_none_of_its_other_sets(name: str, folders: Folders) -> None:
    for where in (folders, NOWHERE):
        data = EncodedData(load_task(name), None, Budget(1, 1, 1.0), 0, where)
        if data.task.train.resolve(where) is None:
            continue
        found = [one for outlier in data.task.outliers if (one := outlier.resolve(where))]
        check_families(found, data.named_sources, where)


DATA = ["vision/mnist", "nlp/reuters52", "nlp/newsgroups", "nlp/rotten_tomatoes", "nlp/trec", "speech/digits"]


def test_no_drawn_sign_is_a_letter_that_stands_in_for_an_ood_set() -> None:
    data = EncodedData(load_task("vision/mnist"), None, Budget(1, 1, 1.0), 0, NOWHERE)
    found = [one for outlier in data.task.outliers if (one := outlier.resolve(NOWHERE))]
    assert len(found) == 1
    check_items({one.name: data._origins(one) for one in found}, data._other_items())


@pytest.mark.parametrize("name", DATA)
def test_no_outlier_is_an_item_of_another_set_of_the_task(name: str, folders: Folders) -> None:
    data = EncodedData(load_task(name), None, Budget(1, 1, 1.0), 0, folders)
    found = [one for outlier in data.task.outliers if (one := outlier.resolve(folders))]
    assert found
    check_items({one.name: data._origins(one) for one in found}, data._other_items())


def test_a_run_with_outliers_that_are_also_tested_refuses(tmp_path: Path) -> None:
    from dataclasses import replace

    from common.experiment import Experiment, RunOptions

    task = load_task("nlp/reuters8")
    meeting = replace(task, ood=(*task.ood, replace(task.outliers[0], name="Dialogue", primary=False)))
    experiment = Experiment("nlp/reuters8", 0, RunOptions(out=tmp_path, user_task=meeting))
    with pytest.raises(UserError, match="outliers Friends dialogue and the OOD set Dialogue are not disjoint"):
        experiment.data.encode_outliers(experiment._outliers("outlier_exposure"))
    kannada = replace(task, outliers=(source("K", ["x"], "script"),), ood=(source("O", ["y"], "script"),))
    experiment = Experiment("nlp/reuters8", 0, RunOptions(out=tmp_path, user_task=kannada))
    with pytest.raises(UserError, match="outliers K and the OOD set O are not disjoint: both are script"):
        experiment.folder("outlier_exposure")
