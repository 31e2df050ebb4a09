"""The page on accuracy shows the textbook example beside a task's own counts, and they add up."""

from dataclasses import replace

import pytest

from common.reporting.accuracy_paradox import accuracy_paradox, rarest
from common.reporting.document import Section, Table, Text
from common.reporting.recorded import RECORDED
from common.reporting.report import build, results_by_task
from common.reporting.task_results import TaskResults
from common.store.rows import read_rows
from common.store.run_record import read_record


def recorded(name: str) -> list[TaskResults]:
    folder = RECORDED / name
    return results_by_task(read_record(folder / "run.json"), read_rows(folder / "results.jsonl"))


@pytest.fixture(scope="module")
def mnist() -> list[TaskResults]:
    return recorded("vision-mnist")


def tables(page: Section) -> list[Table]:
    return [block for block in page.blocks if isinstance(block, Table)]


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_example_has_the_numbers_of_the_textbook(mnist: list[TaskResults]) -> None:
    page = accuracy_paradox(mnist)
    assert page is not None
    example, _, rates = tables(page)
    assert cells(example) == [["alarm", "5", "10"], ["no alarm", "5", "80"]]
    assert [(cell.text, cell.note) for cell in rates.rows[0]][1:] == [
        ("85.0", "85/100"), ("33.3", "5/15"), ("50.0", "5/10"), ("11.1", "10/90"),
    ]  # fmt: skip
    assert [cell.text for cell in rates.rows[1]] == ["no alarm ever", "90.0", "–", "0.0", "0.0"]


def test_the_tasks_counts_add_up_to_its_row(mnist: list[TaskResults]) -> None:
    page, row = accuracy_paradox(mnist), rarest(mnist)
    assert page is not None and row is not None
    _, matrix, rates = tables(page)
    (found, false_alarms), (missed, passed) = (
        [int(cell.replace(",", "")) for cell in line[1:]] for line in cells(matrix)
    )
    assert found + missed == row.n_negative and false_alarms + passed == row.n_positive
    assert found / row.n_negative >= 0.95 and false_alarms / row.n_positive == pytest.approx(row.fpr95_out, abs=1e-6)
    assert rates.rows[2][1].text == f"{100 * (found + passed) / (row.n_positive + row.n_negative):.1f}"


def test_silence_is_more_accurate_than_the_detector_and_the_page_says_so(mnist: list[TaskResults]) -> None:
    page = accuracy_paradox(mnist)
    assert page is not None
    text = page.blocks[-1]
    assert isinstance(text, Text)
    assert "right in 98." in text.points[0] and "points less than that" in text.points[0]
    assert "base rate (1." in text.points[2]


def test_the_task_is_the_one_with_the_rarest_mistakes_if_they_are_enough(mnist: list[TaskResults]) -> None:
    imdb, wsj = recorded("nlp-imdb"), recorded("nlp-wsj")
    row = rarest([*imdb, *mnist, *wsj])
    assert row is not None and row.task == "vision/mnist"
    few = [replace(one, rows=tuple(replace(row, n_negative=29) for row in one.rows)) for one in mnist]
    row = rarest([*imdb, *few, *wsj])
    assert row is not None and row.task == "nlp/wsj"


def test_without_right_and_wrong_there_is_no_page(mnist: list[TaskResults]) -> None:
    ood = [replace(one, rows=tuple(row for row in one.rows if row.question == "ood")) for one in mnist]
    assert accuracy_paradox(ood) is None


def test_the_report_has_the_page_among_its_last_sections() -> None:
    folder = RECORDED / "vision-mnist"
    document = build(read_record(folder / "run.json"), read_rows(folder / "results.jsonl"))
    assert "The accuracy paradox" in [section.title for section in document.closing]
