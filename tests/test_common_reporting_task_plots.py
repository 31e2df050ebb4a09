"""The plots of a task are drawn from the record alone, small, and of records of earlier formats too."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np

from common.reporting.chart import WIDTH, Axis, Line, chart, percent_axis
from common.reporting.task_plots import confusion_table, drawings
from tests.report_files import CURVE, ERRORS, MNIST, OLD_CURVE, Make

NAMES = ["Confidence", "ROC", "Precision and recall", "Reliability", "Risk and coverage"]


def titles(found: tuple[str, ...]) -> list[str]:
    return [re.search(r'aria-label="([^"(:]+?)[ ]?[":(]', drawing)[1] for drawing in found]  # type: ignore[index]


def test_each_question_has_its_plot() -> None:
    found = drawings(CURVE, "image", "correct")
    assert titles(found) == NAMES
    assert "as it is, ECE 10.0 %" in found[3] and "temperature scaled, ECE 5.0 %" in found[3]
    assert all(len(drawing) < 12_000 for drawing in found)


def test_curves_of_the_shown_population_alone_are_drawn() -> None:
    assert "curves of 2 comparisons" in drawings(CURVE, "image", "correct")[1]


def test_a_record_of_an_earlier_format_has_the_plots_that_it_has_points_for() -> None:
    assert titles(drawings(OLD_CURVE, "image", "correct")) == NAMES[:2]


def test_what_has_no_points_is_not_drawn() -> None:
    empty = {"confidence": {}, "roc": [], "risk": {}}
    assert drawings(empty, "image", "correct") == ()
    assert confusion_table({}) is None


def test_every_drawing_is_well_formed_and_no_wider_than_a_phone() -> None:
    for drawing in drawings(CURVE, "<image>", "correct"):
        root = ElementTree.fromstring(drawing)
        assert int(root.attrib["width"]) == WIDTH <= 358
        numbers = [float(text) for text in re.findall(r"(?<=[ML])(-?[\d.]+)(?= )", drawing)]
        assert all(0 <= number <= WIDTH for number in numbers)


def test_a_line_goes_where_its_axes_say() -> None:
    axis = Axis("x", 0, 10, ())
    drawing = chart("t", axis, axis, [Line((0, 10, 10, 10), (0, 10, 10, 10), "red")], height=100)
    (path,) = re.findall(r'd="(M[^"]*)" fill="none" stroke="red"', drawing)
    assert path == "M46 128L318 28", "points that fall together are drawn once"


def test_ticks_are_few_and_round() -> None:
    for high in (0.4, 1, 3.3, 20, 57, 100):
        ticks = percent_axis("y", high).ticks
        assert 2 <= len(ticks) <= 7 and ticks[0] == (0.0, "0")
        assert all(len(text) <= 4 for _, text in ticks)


def test_few_classes_make_a_matrix_and_many_a_list() -> None:
    matrix = confusion_table(CURVE["confusion"])
    assert matrix is not None and [cell.text for cell in matrix.rows[0]] == ["1: cat", "90", "2"]
    assert [cell.shade for cell in matrix.rows[0][1:]] == [4, -1]
    listed = confusion_table({"top": [["cat", "dog", 12, 48]]})
    assert listed is not None and [cell.text for cell in listed.rows[0]] == ["cat", "dog", "12", "25.0"]


def test_a_hundred_drawings_take_the_page_little_room_and_need_no_drawing_library(report: Make) -> None:
    many = {"fpr": np.linspace(0, 1, 400).tolist(), "tpr": np.linspace(0, 1, 400).tolist()}
    curve = CURVE | {"roc": [one | many for one in CURVE["roc"]]}
    curves = [curve | {"objective": f"way {number}"} for number in range(20)]
    page = report(ERRORS, MNIST, replace(MNIST, auroc=0.5), curves=curves).page
    assert page.count("<svg") > 100 and len(page) < 1_500_000
