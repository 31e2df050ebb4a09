"""The points of a report's plots from counts, as ``common.plot_points`` gives them: every point is exact."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.metrics.of_ranking import curve, precision_recall
from common.own.counted_rows import CountedComparison
from common.own.hints import Answers
from common.own.tally import EDGES, RIGHT, WRONG, Tally
from common.plot_points import BIN, FEW_CLASSES, POINTS

MOST = 200
"""Points of a ROC and of a precision-recall curve at most."""


def counted_curves(
    tally: Tally, detector: Detector, comparisons: Sequence[CountedComparison], sets: Sequence[str], labelled: bool
) -> dict[str, Any]:
    """Return the data of the plots; calibration is not counted, so there is no reliability diagram.

    Args:
        tally: of all rows.
        detector: whose curves are drawn.
        comparisons: that have rows on both sides.
        sets: names of the OOD sets.
        labelled: whether right and wrong are known.
    """
    shown = "correct" if labelled else "all"
    wanted = [one for one in comparisons if one.out_dist is None or one.population == shown]
    return {
        "detector": detector.name,
        "confidence": _confidences(tally, sets, labelled),
        "roc": [_separation(tally, detector, one) for one in wanted],
        "risk": next((_risk(tally, detector, one) for one in wanted if one.out_dist is None), {}),
    }


def counted_confusion(answers: Answers | None) -> dict[str, Any]:
    """Return labels against predictions of a model of few classes."""
    if answers is None or answers.table is None or answers.classes > FEW_CLASSES:
        return {}
    return {"names": [str(number) for number in range(answers.classes)], "counts": answers.table.tolist()}


def _listed(values: NDArray[Any]) -> list[float]:
    return [float(one) for one in values.round(5)]


def _confidences(tally: Tally, sets: Sequence[str], labelled: bool) -> dict[str, Any]:
    """Return counts by the log odds of the MSP, from the lowest that occurs, or from 0, on."""
    filled = np.flatnonzero(tally.confidences.any(axis=0))
    if not len(filled):  # a score was given, and no logits
        return {}
    lowest = np.floor(min(EDGES[filled[0]], 0.0))
    first = round((lowest - EDGES[0]) / BIN)
    counts = tally.confidences[:, first:].tolist()
    return {
        "edges": _listed(EDGES[first:]),
        "right": counts[RIGHT],
        "wrong": counts[WRONG] if labelled else None,
        "ood": dict(zip(sets, counts[2:], strict=True)),
    }


def _separation(tally: Tally, detector: Detector, comparison: CountedComparison) -> dict[str, Any]:
    cells = tally.cells(detector.name, comparison.sides)
    n, m = cells.positive.sum(), cells.negative.sum()
    fpr, tpr = curve(cells.tied(), MOST)
    recall, precision = precision_recall(cells.swapped.tied(), MOST)
    return {
        "question": comparison.question,
        "out_dist": comparison.out_dist,
        "population": comparison.population,
        "fpr": _listed(fpr),
        "tpr": _listed(tpr),
        "recall": _listed(recall),
        "precision": _listed(precision),
        "base": round(float(m / (n + m)), 5),
    }


def _risk(tally: Tally, detector: Detector, comparison: CountedComparison) -> dict[str, Any]:
    ranking = tally.cells(detector.name, comparison.sides).tied()
    kept = ranking.positive[1:] + ranking.negative[1:]
    coverage, risk = kept / kept[-1], ranking.negative[1:] / kept
    places = np.unique(np.searchsorted(coverage, np.linspace(0, 1, POINTS)))
    return {"coverage": _listed(coverage[places]), "risk": _listed(risk[places])}
