"""Every published figure is there, meets only those of our figures that measure the same, and nothing else."""

import csv
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.papers.table import POOLED, Figure, read_table
from common.reporting.published import all_figures, answers, pooled_sets, published, remarks
from common.store.rows import FIGURES, Row

SETS = ("Omniglot", "notMNIST", "CIFAR-10bw", "Gaussian", "Uniform")


def _row(**changed: Any) -> Row:
    row = Row(
        task="vision/mnist",
        modality="vision",
        seed=0,
        profile="paper",
        data="full",
        objective="cross_entropy",
        detector="msp",
        question="ood",
        model="mlp",
        held_out=None,
        in_dist="MNIST",
        out_dist="Omniglot",
        population="correct",
        n_positive=1,
        n_negative=1,
        **dict.fromkeys(FIGURES),
    )
    return replace(row, **changed)


def _values(row: Row, field: str, task: str = "mnist", ood: tuple[str, ...] = SETS) -> list[float]:
    return [figure.value for figure in answers(row, field, task, ood)]


def test_each_source_has_all_its_figures() -> None:
    assert Counter(figure.source for figure in all_figures()) == {
        "paper": 169,
        "authors-run": 169,
        "outlier-exposure": 48,
    }


def test_no_cell_is_there_twice() -> None:
    cells = Counter(
        (one.source, one.table, one.task, one.in_dist, one.out_dist, one.detector, one.subset, one.metric)
        for one in all_figures()
    )
    assert max(cells.values()) == 1


def test_every_figure_measures_what_one_of_our_fields_does() -> None:
    assert {figure.field for figure in all_figures()} <= set(FIGURES)


def test_figures_and_base_rates_are_percent() -> None:
    assert all(0 < figure.value <= 100 for figure in all_figures())
    assert all(figure.base is None or 0 < figure.base < 100 for figure in all_figures())
    assert max(figure.value for figure in published(metric="auroc")) == 100


def test_base_rates_of_both_sides_add_up() -> None:
    for one in published(metric="aupr_in", source="authors-run"):
        for other in published(
            metric="aupr_out", source=one.source, task=one.task, out_dist=one.out_dist, detector=one.detector
        ):
            assert one.base is not None
            assert other.base is not None
            assert one.base + other.base == pytest.approx(100)


def test_the_figures_are_those_of_the_collected_table() -> None:
    folder = os.environ.get("OOD_DATA")
    table = Path(folder or ".").parent / "paper" / "published.csv"
    if folder is None or not table.exists():
        pytest.skip("the collected table is not beside OOD_DATA")
    with table.open(encoding="utf-8", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    wanted = Counter((*row[:8], float(row[8]), float(row[9]) if row[9] else None) for row in rows)
    assert (
        Counter(
            (f.source, f.table, f.task, f.in_dist, f.out_dist or "", f.detector, f.subset, f.metric, f.value, f.base)
            for f in all_figures()
        )
        == wanted
    )


def test_an_ood_figure_answers_to_the_population_it_was_measured_on() -> None:
    assert _values(_row(), "auroc") == [96, 96.0]
    assert _values(_row(population="all"), "auroc") == []


def test_aupr_of_the_2017_paper_answers_to_the_trapezoid_not_to_average_precision() -> None:
    assert _values(_row(), "aupr_positive") == [97, 96.46]
    assert _values(_row(), "ap_positive") == []


def test_error_detection_answers_to_all_test_examples() -> None:
    row = _row(question="misclassification", out_dist=None, population="all")
    assert _values(row, "auroc") == [97, 97.83]
    assert _values(row, "aupr_negative") == [48, 43.88]
    assert _values(row, "mean_msp_negative") == [86, 84.76]
    assert _values(row, "mean_msp_positive") == [99.76]
    assert _values(row, "error") == [1.69, 1.48]


def test_mean_msp_of_ood_is_the_same_for_every_population_and_detector() -> None:
    for population in ("all", "correct"):
        assert _values(_row(population=population, detector="energy"), "mean_msp_negative") == [86, 86.61]


def test_mean_msp_of_the_test_set_answers_to_all_of_it() -> None:
    assert _values(_row(population="all"), "mean_msp_positive") == [99.53]
    assert _values(_row(), "mean_msp_positive") == []


def test_other_scores_have_their_own_figures() -> None:
    assert _values(_row(detector="kl_uniform"), "auroc") == [96.33]
    assert _values(_row(detector="energy"), "auroc") == []


def test_a_stand_in_never_meets_the_figure_of_what_it_stands_for() -> None:
    assert _values(_row(out_dist="Letters A-J (fonts, for notMNIST)"), "auroc") == []
    assert _values(_row(in_dist="MNIST (5,000 digits)"), "auroc") == []
    assert _values(_row(primary=False), "auroc") == []


def test_pooled_figures_answer_only_where_the_same_sets_were_pooled() -> None:
    row = _row(out_dist="All")
    assert _values(row, "auroc") == [91]
    assert _values(row, "auroc", ood=(*SETS, "All")) == [91]
    assert _values(row, "auroc", ood=SETS[:-1]) == []
    assert _values(row, "auroc", ood=(*SETS, "Textures")) == []


def test_a_network_trained_otherwise_meets_its_own_figures() -> None:
    row = _row(objective="abnormality")
    assert _values(row, "auroc") == [95]
    assert _values(replace(row, detector="abnormality"), "auroc") == [100]
    assert _values(replace(row, out_dist="Average"), "auroc") == [93]
    assert _values(_row(objective="outlier_exposure"), "auroc") == []


def test_outlier_exposure_answers_to_average_precision_and_to_fpr95_with_ood_as_the_side_to_find() -> None:
    fields = {figure.metric: figure.field for figure in published(source="outlier-exposure")}
    assert fields == {"fpr95": "fpr95_out", "auroc": "auroc", "aupr_out": "ap_negative"}
    (figure,) = published(task="oe_vision", in_dist="SVHN", detector="msp+oe", metric="fpr95")
    assert (figure.score, figure.objective, figure.population) == ("msp", "outlier_exposure", "all")


def test_speech_tables_are_about_all_utterances() -> None:
    row = _row(in_dist="TIMIT", out_dist="THCHS-30", population="all", objective="ctc")
    assert _values(row, "auroc", task="timit_ctc") == [85]
    assert _values(row, "error", task="timit_ctc") == [30.6]
    assert len(pooled_sets("timit_ctc")) == 9
    assert not pooled_sets("timit_ctc") & set(POOLED)


def test_a_table_that_lacks_a_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        read_table("task | in_dist | auroc\nmnist | MNIST", {}, source="paper", subset="test")


def test_unknown_attributes_are_refused() -> None:
    with pytest.raises(AttributeError):
        published(colour="red")


def test_remarks_are_found_by_task() -> None:
    assert "other classes" in remarks("reuters52")[0]
    assert remarks("mnist") == ()


def test_a_figure_is_data_and_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        all_figures()[0].value = 0.0  # type: ignore[misc]
    assert isinstance(all_figures()[0], Figure)
