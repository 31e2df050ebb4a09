"""Tiles, heat map and contradicted claims are the rows' own figures."""

from dataclasses import replace

import pytest

from common.reporting.claims import SCORED_BY, TRAININGS, contradictions
from common.reporting.differences import MeanDifference, from_msp, mean_difference, ood_rows
from common.reporting.heat_map import heat_map
from common.reporting.task_results import TaskResults
from common.reporting.tiles import tiles
from common.store.rows import Row
from common.store.run_record import TaskRecord

BASE = Row(
    task="vision/t", modality="vision", seed=0, profile="quick", data="full", objective="cross_entropy", detector="msp",
    question="ood", model="m", held_out=None, in_dist="in", out_dist="A", population="all", distance="near",
    n_positive=10, n_negative=10, auroc=0.8, auroc_low=0.7, auroc_high=0.9, ap_positive=None, ap_negative=None,
    aupr_positive=None, aupr_negative=None, base_positive=None, base_negative=None, fpr95_in=None, fpr95_out=None,
    detection_error=None, mean_msp_positive=None, mean_msp_negative=None, error=0.1,
)  # fmt: skip


def beside(row: Row, detector: str, difference: float, half: float = 0.01) -> Row:
    return replace(
        row,
        detector=detector,
        auroc=(row.auroc or 0) + difference,
        auroc_minus_msp=difference,
        auroc_minus_msp_low=difference - half,
        auroc_minus_msp_high=difference + half,
    )


FAR = replace(BASE, out_dist="B", distance="far", auroc=0.6)
ERRORS = replace(BASE, question="misclassification", out_dist=None, distance=None, auroc=0.9)
ROWS = [
    *(BASE, FAR, ERRORS),
    *(beside(BASE, "knn", 0.05), beside(FAR, "knn", 0.2), beside(ERRORS, "knn", -0.3)),
    *(beside(BASE, "odin", -0.1), beside(FAR, "odin", -0.2), beside(ERRORS, "odin", 0.0)),
]


def results(rows: list[Row]) -> TaskResults:
    return TaskResults.of(TaskRecord("vision/t", title="t", population="all"), rows)


def test_a_tile_has_the_means_of_the_msp_and_the_best_other_score() -> None:
    (tile,) = tiles([results(ROWS)]).tiles
    assert [(name, value) for name, value, _ in tile.figures] == [("right / wrong", "90.0"), ("OOD", "70.0")]
    assert tile.best.startswith("Best other score on OOD sets: knn, +12.5 (+11.5 to +13.5)")


def test_in_a_tile_each_task_counts_once_by_the_sets_of_its_own_setting() -> None:
    further = replace(FAR, out_dist="C", auroc=0.1, primary=False)
    tasks = [results([BASE, FAR, further]), results([replace(BASE, auroc=0.5)])]
    (tile,) = tiles(tasks).tiles
    assert tile.figures[1][1] == "60.0"  # the mean of 70 and 50, and not of 80, 60, 10 and 50


def test_a_score_that_misses_a_set_is_not_the_best() -> None:
    (tile,) = tiles([results([row for row in ROWS if (row.detector, row.out_dist) != ("knn", "B")])]).tiles
    assert "odin" in tile.best


def test_the_heat_map_groups_by_family_and_marks_intervals_that_leave_zero() -> None:
    table = heat_map([results(ROWS)], {"msp": "supervised", "knn": "one-class", "odin": "supervised"})
    assert table is not None
    assert table.columns[1:] == ("vision/t right / wrong", "vision/t near OOD", "vision/t far OOD")
    names = [row[0].text.split(":")[0] for row in table.rows]
    assert names == ["supervised", "odin", "one-class", "knn"]
    knn = table.rows[3]
    assert [(cell.text, cell.strong, cell.shade) for cell in knn[1:]] == [
        ("\N{MINUS SIGN}30.0", True, -4),
        ("+5.0", True, 3),
        ("+20.0", True, 4),
    ]
    assert not table.rows[1][1].strong


def test_a_star_marks_what_is_left_after_the_correction_for_all_cells() -> None:
    rows = [BASE, beside(BASE, "large", 0.03), beside(BASE, "small", 0.011)]
    rows += [beside(BASE, f"nothing {number}", 0.001) for number in range(28)]
    table = heat_map([results(rows)], {})
    assert table is not None
    marks = {row[0].text: (row[1].strong, row[1].note) for row in table.rows}
    assert (marks["large"], marks["small"], marks["nothing 0"]) == ((True, "*"), (True, ""), (False, ""))
    alone = heat_map([results(rows[:3])], {})
    assert alone is not None and alone.rows[1][1].note == "*"  # of two cells, a p-value of 0.03 is left


def test_a_difference_without_width_is_certain() -> None:
    certain, none = (MeanDifference(value, value, value, 1) for value in (0.1, 0.0))
    assert (certain.p_value, none.p_value) == (0.0, 1.0)


def test_the_msp_alone_has_no_heat_map() -> None:
    assert heat_map([results([BASE, FAR, ERRORS])], {}) is None


def test_a_score_below_the_msp_is_named_with_its_source_and_figures_and_one_above_is_not() -> None:
    (said,) = contradictions([results(ROWS)])
    assert "odin (Liang, Li & Srikant 2018): \N{MINUS SIGN}15.0, right / wrong 0.0" in said and "knn" not in said


@pytest.mark.parametrize("name", [name for name, _, _ in TRAININGS if name != "gan_outlier_exposure"])
def test_a_training_below_what_it_is_published_to_beat_is_named(name: str) -> None:
    score = SCORED_BY.get(name, "msp")
    base = [replace(row, detector=score, auroc_low=0.55, auroc_high=0.75) for row in (BASE, FAR)]
    for high, told in ((0.52, True), (0.7, False)):
        below = [replace(row, objective=name, auroc=0.5, auroc_low=0.45, auroc_high=high) for row in base]
        found = contradictions([results([*base, *below])])
        assert told == any(
            f"{name} is published as better than cross_entropy on OOD" in said and f"mean AUROC of {score}" in said
            for said in found
        )


@pytest.mark.parametrize(("error", "told"), [(0.16, True), (0.104, False), (None, False)])
def test_a_training_that_errs_more_often_has_a_price_that_is_told(error: float | None, told: bool) -> None:
    better = [replace(row, objective="outlier_exposure", auroc=0.95, error=error) for row in (BASE, FAR)]
    found = [said for said in contradictions([results([*ROWS, *better])]) if "outlier_exposure" in said]
    sentence = "vision/t: outlier_exposure has a price, a test error of 16.0 % against 10.0 % of cross_entropy."
    assert found == ([sentence] if told else [])


def test_a_mean_of_equal_figures_is_as_uncertain_as_each_since_sets_share_examples() -> None:
    mean = mean_difference([(0.1, 0.0, 0.2)] * 4)
    assert mean is not None and (mean.low, mean.high) == pytest.approx((0.0, 0.2))
    two = mean_difference([(0.1, 0.0, 0.2), (0.3, 0.25, 0.35)])
    assert two is not None and (two.low, two.high) == pytest.approx((0.125, 0.275))
    assert mean_difference([]) is None
    assert len(from_msp(ood_rows(results(ROWS), results(ROWS).trained_models[0]), "knn")) == 2
