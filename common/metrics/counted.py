"""Every figure of a results row from counts by bin, each as an interval that contains the exact one."""

from collections.abc import Mapping

import numpy as np

from common.metrics import of_ranking
from common.metrics.bootstrap import FIGURES, OF_ROWS, intervals_of
from common.metrics.cells import (
    ROUNDING,
    Bounds,
    Cells,
    aupr_bounds,
    auroc_bounds,
    average_precision_bounds,
    detection_error_bounds,
    errors_bounds,
    fpr_bounds,
    widened,
)
from common.metrics.fpr95_interval import Interval
from common.metrics.intervals import auroc_bounds as auroc_interval
from common.metrics.risk import COVERAGES
from common.metrics.streaming_calibration import aurc_bounds

TPR = 0.95


def separation_bounds(cells: Cells) -> dict[str, Bounds]:
    """Bound the figures of ``common.metrics.separation``, by name."""
    swapped = cells.swapped
    return {
        "auroc": auroc_bounds(cells),
        "ap_positive": average_precision_bounds(cells),
        "ap_negative": average_precision_bounds(swapped),
        "aupr_positive": aupr_bounds(cells),
        "aupr_negative": aupr_bounds(swapped),
        "fpr95_in": fpr_bounds(cells, TPR),
        "fpr95_out": fpr_bounds(swapped, TPR),
        "detection_error": detection_error_bounds(cells),
    }


def risk_bounds(cells: Cells) -> dict[str, Bounds]:
    """Bound what abstaining buys, by name; positives are right answers and negatives are wrong ones.

    The best ranking, all right answers above all wrong ones, is known from the sizes alone.
    """
    right, wrong = cells.positive.sum(), cells.negative.sum()
    aurc = aurc_bounds(cells)
    best = of_ranking.aurc(of_ranking.perfect(right, wrong))
    found = {"aurc": aurc, "e_aurc": Bounds(aurc.low - best, aurc.high - best)}
    for coverage in COVERAGES:
        kept = int(np.ceil(coverage * (right + wrong) - 1e-9))
        fewest, most = errors_bounds(cells, kept)
        found[f"accuracy_at_{round(100 * coverage)}"] = widened(1 - most / kept, 1 - fewest / kept)
    return found


def counted_interval(cells: Cells, auroc: Bounds) -> tuple[float, float]:
    """95 % confidence interval of the AUROC over draws of both samples, from counts.

    Its variance is that of the ranking in which the scores of a bin tie; the bounds of the figure itself are added on
    either side, so that it is never narrower than from all scores by more than rounding of the variance.
    """
    low, high = auroc_interval(cells.tied(), auroc.middle)
    return max(0.0, low - auroc.width / 2), min(1.0, high + auroc.width / 2)


def counted_intervals(cells: Cells, figures: Mapping[str, Bounds]) -> dict[str, Interval]:
    """95 % intervals by ``common.metrics.bootstrap`` of the figures that have one, from counts.

    They are those of the ranking in which the scores of a bin tie, moved to the middle of the bounds of the figure, and
    wider by half the width of these on either side.
    """
    tied = cells.tied()
    found = {}
    wanted = [name for name in FIGURES if name in figures and name != "auroc"]
    for name, one in intervals_of(tied, wanted, OF_ROWS).items():
        low, high = (end + figures[name].middle - FIGURES[name](tied) for end in (one.low, one.high))
        half = figures[name].width / 2
        found[name] = Interval(max(0.0, low - half), min(1.0, high + half))
    return found


def within(figures: Mapping[str, Bounds]) -> dict[str, float]:
    """Return by how much the middle of each interval may differ from the exact figure: half its width, and rounding."""
    return {name: one.width / 2 + (ROUNDING if one.width else 0.0) for name, one in figures.items()}
