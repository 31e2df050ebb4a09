"""Mean ranks over tasks, drawn: scores of one order on many tasks are told apart, those of a few tasks are not."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from common.reporting.document import Plots
from common.reporting.rank_plot import rank_plots
from common.reporting.summary import out_of_distribution, right_wrong
from common.reporting.task_results import TaskResults
from common.store.run_record import TaskRecord
from tests.report_files import ERRORS, MNIST

SCORES = {"msp": 0.80, "energy": 0.85, "odin": 0.90, "knn": 0.95}
FIGURES = {"right / wrong": right_wrong, "OOD": out_of_distribution}


def tasks(count: int, scores: dict[str, float] = SCORES) -> list[TaskResults]:
    """Tasks on which the scores are in one order on OOD sets, and equal on right against wrong."""
    found = []
    for number in range(count):
        rows = [replace(MNIST, task=f"vision/t{number}", detector=name, auroc=auroc) for name, auroc in scores.items()]
        rows += [replace(ERRORS, task=f"vision/t{number}", detector=name) for name in scores]
        found.append(TaskResults.of(TaskRecord(f"vision/t{number}", title="T"), rows))
    return found


def spans(drawing: str) -> list[tuple[str, float, float]]:
    """Name and ends of each bar, from the top."""
    root = ElementTree.fromstring(drawing)
    names = [one.text or "" for one in root.findall("{*}text") if one.get("x") == "0"]
    bars = [one for one in root.findall("{*}line") if one.get("stroke-width") == "6"]
    ends = [tuple(float(str(one.get(end)).rstrip("%")) for end in ("x1", "x2")) for one in bars]
    return [(name, low, high) for name, (low, high) in zip(names, ends, strict=True)]


def test_the_best_score_stands_first_and_is_told_apart_where_tasks_are_many() -> None:
    found = rank_plots(tasks(12), {"OOD": out_of_distribution})
    assert isinstance(found, Plots) and not found.folded
    bars = spans(found.drawings[0])
    assert [name for name, _, _ in bars] == ["knn: 1.0", "odin: 2.0", "energy: 3.0", "msp: 4.0"]
    assert bars[0][2] < bars[2][1] and bars[0][2] > bars[1][1]  # CD of 4 scores on 12 tasks: 1.35 ranks
    assert "OOD: mean rank over 12 tasks" in found.drawings[0] and "at all: OOD p = 7.5e-08." in found.caption


def test_three_tasks_tell_no_neighbours_apart_and_two_have_no_picture() -> None:
    found = rank_plots(tasks(3), FIGURES)
    assert found is not None and len(found.drawings) == 2
    bars = spans(found.drawings[1])
    assert bars[0][2] > bars[2][1]
    assert rank_plots(tasks(2), FIGURES) is None


def test_a_score_that_lacks_a_task_is_left_out_and_two_scores_have_no_picture() -> None:
    some = [*tasks(3), *tasks(4, {name: SCORES[name] for name in ("msp", "energy", "knn")})[3:]]
    found = rank_plots(some, {"OOD": out_of_distribution})
    assert found is not None
    assert {name.split(":")[0] for name, _, _ in spans(found.drawings[0])} == {"msp", "energy", "knn"}
    assert rank_plots(tasks(5, {"msp": 0.8, "knn": 0.9}), FIGURES) is None


@pytest.mark.parametrize(("count", "folded"), [(12, False), (13, True)])
def test_many_scores_are_folded(count: int, folded: bool) -> None:
    found = rank_plots(tasks(3, {f"score {number}": number / 20 for number in range(count)}), FIGURES)
    assert found is not None and found.folded is folded
