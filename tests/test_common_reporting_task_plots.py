"""The plots of a task are drawn from the record alone, small, and of records of earlier formats too."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from common.reporting.chart import WIDTH, WITHIN, Axis, Line, chart, percent_axis
from common.reporting.task_plots import confusion_table, drawings
from tests.report_files import CURVE, ERRORS, MNIST, OLD_CURVE, Make

NAMES = ["Confidence", "ROC", "Precision and recall", "Reliability", "Risk and coverage"]


def titles(found: tuple[str, ...]) -> list[str]:
    return [re.search(r'aria-label="([^"(:]+?)[ ]?[":(]', drawing)[1] for drawing in found]  # type: ignore[index]


def walked(path: str) -> list[tuple[float, float]]:
    """Return the corners of a path: steps of tenths of a pixel from the corner before."""
    step = {"l": complex, "h": complex, "v": lambda down: complex(0, down)}
    at, corners = 0j, []
    for command, numbers in re.findall(r"([MlhvHV])([^a-zA-Z]*)", path):
        found = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        if command in step:
            at += step[command](*found)
        else:
            at = complex(*{"M": found, "H": [*found, at.imag], "V": [at.real, *found]}[command])
        corners.append((round(at.real, 1), round(at.imag, 1)))
    return corners


def the_line(drawing: str) -> list[tuple[float, float]]:
    (path,) = re.findall(r'd="(M[^"]*)" fill="none" stroke="red"', drawing)
    return walked(path)


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
        corners = [corner for path in re.findall(r' d="(M[^"]*)"', drawing) for corner in walked(path)]
        assert all(0 <= x <= WIDTH and 0 <= y <= int(root.attrib["height"]) for x, y in corners)


def test_a_line_goes_where_its_axes_say() -> None:
    axis = Axis("x", 0, 10, ())
    drawing = chart("t", axis, axis, [Line((0, 10, 10, 10), (0, 10, 10, 10), "red")], height=100)
    assert the_line(drawing) == [(46, 128), (318, 28)], "points that fall together are drawn once"


@pytest.mark.parametrize("kind", ["roc", "stairs", "spikes", "closed"])
def test_a_line_of_thousands_of_points_is_drawn_with_few_and_passes_each_within_a_quarter_of_a_pixel(kind: str) -> None:
    rng = np.random.default_rng(0)
    x = np.sort(rng.beta(1, 3, 3000))
    y = {
        "roc": np.sort(rng.beta(3, 1, 3000)),
        "stairs": np.repeat(rng.uniform(0, 1, 30), 100),
        "spikes": np.where(np.arange(3000) % 500 == 7, 0.9, 0.2),  # up and down again at nearly the same place
        "closed": np.sin(np.linspace(0, np.pi, 3000)),
    }[kind]
    x = np.concatenate([x, x[:1]]) if kind == "closed" else x
    y = np.concatenate([y, y[:1]]) if kind == "closed" else y
    axis = Axis("x", 0, 1, ())
    drawn = the_line(chart("t", axis, axis, [Line(x, y, "red")]))
    assert len(drawn) < 400
    points = np.array([46 + 272 * x, 228 - 200 * y])
    corners = np.array(drawn).T
    start, step = corners[:, :-1, None], np.diff(corners)[..., None]
    along = (((points[:, None] - start) * step).sum(0) / (step**2).sum(0)).clip(0, 1)
    away = np.hypot(*(points[:, None] - start - along * step)).min(0)
    assert away.max() < WITHIN + 0.08  # half a tenth of a pixel in each direction is rounded away


def test_every_point_that_is_marked_keeps_its_mark() -> None:
    axis = Axis("x", 0, 10, ())
    drawing = chart("t", axis, axis, [Line((0, 5, 10), (0, 5, 10), "red", dots=True)], height=100)
    assert len(the_line(drawing)) == 2
    assert 'd="M46 128h.01M182 78h.01M318 28h.01" stroke="red"' in drawing


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
    rng = np.random.default_rng(0)
    many = {name: np.sort(rng.uniform(0, 1, 400)).tolist() for name in ("fpr", "tpr")}
    curve = CURVE | {"roc": [one | many for one in CURVE["roc"]]}
    curves = [curve | {"objective": f"way {number}"} for number in range(20)]
    page = report(ERRORS, MNIST, replace(MNIST, auroc=0.5), curves=curves).page
    assert page.count("<svg") > 100 and len(page) < 1_500_000
