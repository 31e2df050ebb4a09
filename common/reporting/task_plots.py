"""The plots of one trained model, from the points that ``common.plot_points.curves`` left in the record of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.reporting.chart import FAINT, TEXT, Axis, Line, chart, percent_axis
from common.reporting.document import Cell, Table

RIGHT, WRONG, OOD = "var(--right)", "var(--wrong)", "var(--ood)"
SETS = tuple(f"var(--set{number})" for number in range(8))
DASHES = ("", "6 3", "2 3", "8 3 2 3")
"""Of OOD sets; with more sets than colours they repeat with the next dashes."""

Points = Mapping[str, Any]

LOG_ODDS_TICKS = tuple(
    (float(np.log(p / (1 - p))), text)
    for p, text in (
        *((0.01, "1"), (0.1, "10"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99")),
        *((0.99999, ""), (0.999999, "99.9999")),
    )
)


def drawings(curve: Points, unit_name: str, population: str) -> tuple[str, ...]:
    """Return every plot that the record has points for; ``population`` is that of the OOD curves drawn."""
    shown = [one for one in curve.get("roc", ()) if one["question"] != "ood" or one.get("population") == population]
    found = [
        _confidence(curve["confidence"], unit_name) if curve.get("confidence") else "",
        _histogram(curve["histogram"], unit_name) if curve.get("histogram") else "",
        _roc(shown) if shown else "",
        _precision_recall(shown) if shown and all("recall" in one for one in shown) else "",
        _reliability(curve["reliability"]) if curve.get("reliability") else "",
        _risk(curve["risk"]) if curve.get("risk") else "",
    ]
    return tuple(drawing for drawing in found if drawing)


def _confidence(points: Points, unit_name: str) -> str:
    """Draw histograms over the log odds of the MSP, on which 0.99 and 0.9999 are apart."""
    edges = np.asarray(points["edges"], dtype=float)
    ticks = tuple((at, text) for at, text in LOG_ODDS_TICKS if edges[0] <= at <= edges[-1])
    axis = Axis("MSP, % (log odds; the last bar holds all above)", float(edges[0]), float(edges[-1]), ticks)
    return _stairs(points, axis, unit_name)


def _histogram(points: Points, unit_name: str) -> str:
    """Draw histograms over the MSP itself, which records of earlier formats have."""
    ticks = tuple((number / 5, f"{20 * number}") for number in range(6))
    return _stairs(points, Axis("MSP, %", 0.0, 1.0, ticks), unit_name)


def _stairs(points: Points, axis: Axis, unit_name: str) -> str:
    pooled = [counts for name, counts in (points.get("ood") or {}).items() if name != "All"]
    kinds: list[tuple[str, str, Any]] = [
        ("right" if points.get("wrong") else "in-distribution", RIGHT, points.get("right")),
        ("wrong", WRONG, points.get("wrong")),
        ("OOD", OOD, np.sum(pooled, axis=0) if pooled else None),
    ]
    known = [(name, colour, np.asarray(counts, dtype=float)) for name, colour, counts in kinds if counts is not None]
    known = [kind for kind in known if kind[2].sum() > 0]
    across = np.repeat(np.asarray(points["edges"], dtype=float), 2)[1:-1]
    lines = [
        Line(across, np.repeat(100 * counts / counts.sum(), 2), colour, f"{name} ({counts.sum():,.0f})", area=True)
        for name, colour, counts in known
    ]
    highest = max((float(np.max(line.y)) for line in lines), default=1.0)
    named = f"histogram of {', '.join(name for name, _, _ in known)}"
    return chart("Confidence", axis, percent_axis(f"% of {unit_name}s", max(highest, 1.0)), lines, named)


def _styles(curves: Sequence[Points]) -> list[dict[str, Any]]:
    """Return label, colour and dashes of each comparison."""
    styles: list[dict[str, Any]] = []
    number = 0
    for one in curves:
        if one["question"] != "ood":
            styles.append({"label": "right / wrong", "colour": RIGHT, "width": 2.4})
        elif one.get("out_dist") == "All":
            styles.append({"label": "All, pooled", "colour": TEXT, "dash": "2 3", "width": 2.4})
        else:
            dash = DASHES[number // len(SETS) % len(DASHES)]
            styles.append({"label": str(one.get("out_dist")), "colour": SETS[number % len(SETS)], "dash": dash})
            number += 1
    return styles


def _percent(values: Sequence[float]) -> NDArray[np.float64]:
    return 100 * np.asarray(values, dtype=float)


def _roc(curves: Sequence[Points]) -> str:
    lines = [Line((0, 100), (0, 100), FAINT, width=1)]
    lines += [
        Line(_percent(one["fpr"]), _percent(one["tpr"]), **style)
        for one, style in zip(curves, _styles(curves), strict=True)
    ]
    x, y = percent_axis("% of wrong or OOD kept"), percent_axis("% of right or in-distribution kept")
    return chart("ROC", x, y, lines, f"curves of {len(curves)} comparisons")


def _precision_recall(curves: Sequence[Points]) -> str:
    """Draw how purely wrong or OOD units are found; a short line at the right end is the base rate."""
    lines = []
    for one, style in zip(curves, _styles(curves), strict=True):
        recall, precision = _percent(one["recall"]), _percent(one["precision"])
        lines.append(Line(np.repeat(recall, 2)[:-1], np.repeat(precision, 2)[1:], **style))
        lines.append(Line((96, 100), (100 * one["base"],) * 2, style["colour"], width=4))
    x, y = percent_axis("recall: % of wrong or OOD found"), percent_axis("precision, %")
    return chart("Precision and recall (bars: base rates)", x, y, lines, f"{len(curves)} comparisons")


def _reliability(kinds: Sequence[Points]) -> str:
    lines = [Line((0, 100), (0, 100), FAINT, width=1)]
    for one, colour, dash in zip(kinds, (RIGHT, OOD), ("", "6 3"), strict=False):
        label = f"{one['name']}, ECE {100 * one['ece']:.1f} %"
        lines.append(Line(_percent(one["confidence"]), _percent(one["accuracy"]), colour, label, dash, dots=True))
    x, y = percent_axis("confidence, %"), percent_axis("accuracy, %")
    return chart("Reliability", x, y, lines, "accuracy over confidence")


def _risk(points: Points) -> str:
    """Draw the error of the kept units over their fraction, and that of the best ranking with the same errors."""
    coverage, risk = _percent(points["coverage"]), _percent(points["risk"])
    error = float(risk[-1])
    kept = np.linspace(max(100 - error, 1e-6), 100, 30)  # not from 0, where nothing is kept
    lines = [
        Line((0, 100), (error, error), FAINT, "no ranking", width=1.4),
        Line((0, *kept), (0, *(100 - (100 - error) * 100 / kept)), TEXT, "best possible", "2 3", 1.4),
        Line(coverage, risk, RIGHT, "this score", width=2.2),
    ]
    highest = max(1.1 * float(risk.max()), 0.5)
    x = percent_axis("coverage: % that are answered")
    return chart("Risk and coverage", x, percent_axis("% wrong among them", highest), lines)


def confusion_table(points: Points) -> Table | None:
    """Return labels against predictions: the whole matrix of few classes, or the most frequent confusions of many."""
    if points.get("counts"):
        return _matrix(points["names"], points["counts"])
    if not points.get("top"):
        return None
    rows = tuple(
        (Cell(label), Cell(said), Cell(f"{count:,}"), Cell(f"{100 * count / size:.1f}"))
        for label, said, count, size in points["top"]
    )
    return Table("Most frequent confusions", ("label", "prediction", "count", "% of the label"), rows, folded=True)


def _matrix(names: Sequence[str], counts: Sequence[Sequence[int]]) -> Table:
    numbers = [str(number) for number in range(1, len(names) + 1)]
    plain = list(names) == [str(number) for number in range(len(names))]
    heads = list(names) if plain else numbers
    labels = list(names) if plain else [f"{number}: {name}" for number, name in zip(numbers, names, strict=True)]
    rows = [
        (
            Cell(label),
            *(Cell(f"{count:,}", shade=_shade(count, sum(line), at == place)) for at, count in enumerate(line)),
        )
        for place, (label, line) in enumerate(zip(labels, counts, strict=True))
    ]
    note = "Rows are labels, columns predictions; the shade is the share of the label's row."
    return Table("Confusion matrix", ("label", *heads), tuple(rows), (note,), folded=True)


def _shade(count: int, total: int, right: bool) -> int | None:
    """Return the shade of a cell: of right answers from half of the label on, of confusions from a hundredth on."""
    share = count / total if total else 0.0
    steps = (0.5, 0.7, 0.85, 0.95) if right else (0.01, 0.03, 0.1, 0.3)
    level = sum(share >= step for step in steps)
    return (level if right else -level) or None
