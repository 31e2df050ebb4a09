"""Every published cell is reproduced, missed, or not run for a stated reason."""

from collections import Counter
from dataclasses import replace

import pytest

from common.discover import load_task, task_names
from common.papers.table import Figure
from common.reporting.document import Table
from common.reporting.published import all_figures, not_run_reason
from common.reporting.recorded import read_recorded
from common.reporting.report import results_by_task
from common.reporting.reproduced import STATUSES, Outcome, outcomes, reproduced_section
from common.reporting.task_results import TaskResults
from common.store.rows import Row


@pytest.fixture(scope="module")
def runs() -> list[TaskResults]:
    recorded = [run for run in read_recorded() if run.record.profile == "paper"]
    return [results for run in recorded for results in results_by_task(run.record, run.rows)]


def of(runs: list[TaskResults], name: str) -> TaskResults:
    return next(results for results in runs if results.record.name == name)


def changed(results: TaskResults, **changes: object) -> TaskResults:
    """The results of IMDB with every OOD row of Customer Reviews changed."""
    rows = [replace(row, **changes) if row.out_dist == "Customer Reviews" else row for row in results.rows]
    return replace(results, rows=tuple(rows))


def reviews(runs: list[TaskResults], metric: str = "auroc", source: str = "paper") -> Outcome:
    (one,) = [
        one
        for one in outcomes(runs)
        if (one.figure.source, one.figure.out_dist, one.figure.metric) == (source, "Customer Reviews", metric)
    ]
    return one


def test_every_published_cell_has_one_outcome(runs: list[TaskResults]) -> None:
    found = outcomes(runs)
    assert [one.figure for one in found] == list(all_figures())
    assert all((one.ours is None) == (one.status == "not run") == bool(one.why) for one in found)


def test_ours_is_the_mean_of_the_rows_that_measure_the_same(runs: list[TaskResults]) -> None:
    imdb = of(runs, "nlp/imdb")
    rows: list[Row] = [
        row
        for row in imdb.rows
        if (row.out_dist, row.detector, row.population) == ("Customer Reviews", "msp", "correct")
    ]
    ours = reviews(runs).ours
    assert ours is not None and ours.count == len(rows) == 3
    assert ours.mean == pytest.approx(sum(row.auroc or 0 for row in rows) / 3)


@pytest.mark.parametrize(
    ("auroc", "status"),
    [
        (0.95, "reproduced"),
        (0.9699, "reproduced"),
        (0.931, "reproduced"),
        (0.9701, "further away"),
        (0.5, "further away"),
    ],
)
def test_two_points_decide(runs: list[TaskResults], auroc: float, status: str) -> None:
    assert reviews([changed(of(runs, "nlp/imdb"), auroc=auroc)]).status == status


def test_a_published_draw_within_the_range_of_ours_is_told_apart(runs: list[TaskResults]) -> None:
    imdb = of(runs, "nlp/imdb")
    spread = {0: 0.85, 1: 0.9, 2: 0.946}
    rows = [replace(row, auroc=spread[row.seed]) if row.out_dist == "Customer Reviews" else row for row in imdb.rows]
    assert reviews([replace(imdb, rows=tuple(rows))]).status == "within our seeds"
    assert reviews([replace(imdb, rows=tuple(rows))], source="authors-run").status == "further away", "95.08 is outside"


def test_an_area_of_another_base_rate_is_not_compared(runs: list[TaskResults]) -> None:
    imdb = of(runs, "nlp/imdb")
    same = {"base_positive": 0.88, "base_negative": 0.12, "aupr_negative": 0.6}
    assert reviews([changed(imdb, **same)], "aupr_out").status == "reproduced"
    assert reviews([changed(imdb, **same | {"base_negative": 0.14})], "aupr_out").status == "other base rate"


def test_a_sample_reproduces_nothing_and_whole_data_comes_first(runs: list[TaskResults]) -> None:
    imdb = of(runs, "nlp/imdb")
    sample = replace(imdb, rows=tuple(replace(row, data="sample", auroc=0.95) for row in imdb.rows))
    assert reviews([sample]).status == "sample"
    assert reviews([sample, changed(imdb, auroc=0.95)]).status == "reproduced"


def test_what_is_not_run_says_what_is_missing(runs: list[TaskResults]) -> None:
    imdb = of(runs, "nlp/imdb")
    assert reviews([]).why == "no recorded run of imdb"
    kept = tuple(row for row in imdb.rows if row.out_dist not in ("Customer Reviews", "All"))
    assert reviews([replace(imdb, rows=kept)]).why == "imdb: Customer Reviews is not here"
    energy = tuple(replace(row, detector="energy") for row in imdb.rows)
    assert reviews([replace(imdb, rows=energy)]).why == "imdb: the score msp is not recorded"
    other = tuple(replace(row, objective="outlier_exposure") for row in imdb.rows)
    assert reviews([replace(imdb, rows=other)]).why == "imdb: no recorded training with cross_entropy"


def test_a_task_said_not_to_be_run_has_no_recorded_run_and_the_others_have(runs: list[TaskResults]) -> None:
    measured = {results.record.published for results in runs}
    for task in {figure.task for figure in all_figures()}:
        assert (task in measured) != bool(not_run_reason(task)), task


def test_tasks_of_published_tables_are_tasks_here() -> None:
    names = {load_task(name).published or name.split("/")[1] for name in task_names()}
    assert {figure.task for figure in all_figures() if figure.source != "outlier-exposure"} <= names


def test_the_page_counts_every_cell_once(runs: list[TaskResults]) -> None:
    section = reproduced_section(runs)
    table = next(block for block in section.blocks if isinstance(block, Table))
    sums = [sum(int(row[at].text) for row in table.rows) for at in range(1, len(table.columns))]
    counts = Counter(one.status for one in outcomes(runs))
    assert sums == [len(all_figures()), *(counts[status] for status in STATUSES)]
    assert section.subtitle.startswith(f"386 published cells: {counts['reproduced']} reproduced, ")


def test_figures_further_away_are_all_listed(runs: list[TaskResults]) -> None:
    section = reproduced_section(runs)
    away = [block for block in section.blocks if isinstance(block, Table)][1]
    found: list[Figure] = [one.figure for one in outcomes(runs) if one.status == "further away"]
    assert [row[2].text for row in away.rows] == [f"{figure.value:g}" for figure in found]
