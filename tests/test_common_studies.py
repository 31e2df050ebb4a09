"""The figures of the studies on exposure, detectors and learned confidence, and what their variants change."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from common.base.project import ROOT
from common.data.disjoint import families_of
from common.data.locations import Folders
from common.discover import load_study, load_task
from common.store.rows import Row, read_rows
from common.study import RowsOf, Table, comparing
from common.study_figures import ood_mean
from common.task import Task
from vision.data.mnist import MNIST_TEST, MNIST_TRAIN
from vision.data.omniglot import OMNIGLOT_EVALUATION
from vision.data.outliers import KANNADA_SCRIPT

MNIST, DIGITS = "vision/mnist", "speech/digits"


@pytest.fixture(scope="module")
def rows() -> Sequence[Row]:
    """Rows of a network of digits and of the same exposed to outliers, of three seeds."""
    return read_rows(ROOT / "tests/data/gan_table_rows.jsonl")


def of(rows: Sequence[Row], variant: str, seed: int = 0) -> list[Row]:
    return [row for row in rows if row.study_variant == variant and row.seed == seed]


def claim(study: str, says: str, table: Table) -> bool | None:
    (found,) = [one for one in load_study(study).claims if one.says.startswith(says)]
    return found.holds(table)


def test_what_is_compared_gets_the_values_in_order_and_is_undecided_where_one_is_missing() -> None:
    table: Table = {"a": {"x": 1.0}, "b": {"x": 3.0}, "c": {}}
    assert comparing("x", "a", "b", holds=lambda a, b: b == a + 2)(table) is True
    assert comparing("x", "b", "a", holds=lambda b, a: b < a)(table) is False
    assert comparing("x", "a", "c", holds=lambda a, c: True)(table) is None


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_exposure_is_compared_within_each_task_with_the_msp_and_the_same_fine_tuning(
    rows: Sequence[Row], seed: int
) -> None:
    found: RowsOf = {(DIGITS, "MSP"): of(rows, "MSP", seed), (DIGITS, "outliers"): of(rows, "+ OE", seed)}
    study = load_study("outlier_exposure")
    assert claim("outlier_exposure", f"{DIGITS}: AUROC", study.measure(found)) is None
    table = study.measure({**found, (DIGITS, "no outliers"): of(rows, "MSP", seed)})
    assert table["digits, outliers"]["AUROC, all sets"] == pytest.approx(ood_mean(of(rows, "+ OE", seed)))
    assert claim("outlier_exposure", f"{DIGITS}: AUROC", table) is True
    swapped: Table = {**table, "digits, no outliers": table["digits, outliers"]}
    assert claim("outlier_exposure", f"{DIGITS}: AUROC", swapped) is False


@pytest.mark.parametrize(("gain", "held"), [(0.081, True), (0.079, False)])
def test_the_gain_of_a_detector_is_over_the_msp_of_the_same_network(
    rows: Sequence[Row], gain: float, held: bool
) -> None:
    msp = of(rows, "MSP")
    vim = [replace(row, detector="vim", auroc=row.auroc + gain) for row in msp if row.auroc is not None]
    table = load_study("digit_detectors").measure({(MNIST, "4,000 digits"): [*msp, *vim]})
    assert table["vim"]["over MSP, 4,000 digits"] == pytest.approx(100 * gain)
    assert table["msp"]["AUROC, 4,000 digits"] == ood_mean(msp, only=("Omniglot", "notMNIST", "CIFAR-10bw"))
    assert claim("digit_detectors", "4,000 digits: vim", table) is held
    assert claim("digit_detectors", "20,000 digits: vim", table) is None


@pytest.mark.parametrize(("cost", "held"), [(0.16, True), (0.14, False), (0.61, False)])
def test_hints_keep_their_budget_within_a_factor_of_two(rows: Sequence[Row], cost: float, held: bool) -> None:
    msp = of(rows, "MSP")
    learned = [replace(row, detector="learned_confidence", detector_options={"cost": cost}) for row in msp]
    table = load_study("learned_confidence").measure({(MNIST, "budget 0.3"): [*msp, *learned]})
    assert table["mnist, budget 0.3"]["cost, % of budget"] == pytest.approx(100 * cost / 0.3)
    assert claim("learned_confidence", f"{MNIST}: hints cost between half and twice the budget 0.3", table) is held
    assert claim("learned_confidence", f"{MNIST}: the confidence tells OOD", table) is False  # equal is not better


def test_networks_that_are_exposed_to_kannada_are_tested_on_none(folders: Folders) -> None:
    study = load_study("exposed_digits")
    for variant in study.variants:
        task = task_of(variant.name)
        tested = frozenset().union(*(families_of(source, folders) for source in task.ood))
        exposed = frozenset().union(*(families_of(source, folders) for source in task.outliers))
        assert tested.isdisjoint(exposed) and KANNADA_SCRIPT not in tested
        assert (KANNADA_SCRIPT in exposed) is ("offline" not in variant.name)
    near = next(one for one in task_of("4,000 digits, MSP").ood if one.distance == "near")
    assert len(near.load(folders)) == len(OMNIGLOT_EVALUATION.load(folders)) - 820  # 41 characters by 20 people


def test_texts_are_read_with_padding_and_without_by_networks_that_differ_in_nothing_else() -> None:
    own, variants = load_task("nlp/newsgroups"), load_study("short_texts").variants
    for variant in variants:
        assert variant.change is not None
        task = variant.change(own)
        padded = task.model.options.get("padded", True)
        assert padded is variant.name.startswith("padded")
        assert replace(task, model=own.model) == own and {**own.model.options, "padded": padded}.items() >= (
            task.model.options.items()
        )


def test_offline_digits_are_those_of_a_run_without_a_data_folder_though_there_is_one(folders: Folders) -> None:
    task, nowhere = task_of("offline, outliers"), Folders()
    for own, source in ((task.train, MNIST_TRAIN), (task.test, MNIST_TEST)):
        assert own.fingerprint(folders) == source.fingerprint(nowhere) != source.fingerprint(folders)
    stand_ins = [one.resolve(nowhere) for one in load_task(MNIST).ood]
    assert [one.name for one in task.ood] == [one.name for one in stand_ins if one is not None]
    outliers = [one.resolve(nowhere) for one in load_task(MNIST).outliers]
    assert list(task.outliers) == [one for one in outliers if one is not None]


def task_of(name: str) -> Task:
    """Return the task of a variant."""
    (variant,) = [one for one in load_study("exposed_digits").variants if one.name == name]
    assert variant.change is not None
    return variant.change(load_task(MNIST))
