"""Figures that studies read from rows, in points of percent."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import fmean

from common.data.sources import Distance
from common.store.rows import Row


def ood_rows(rows: Sequence[Row], detector: str | None = "msp", population: str = "all") -> list[Row]:
    """Return the rows of single OOD sets, the further ones that a publication lacks included.

    Of a set that exists at several noise levels only the primary one counts, and of rows and groups of rows the unit
    that the task scores.

    Args:
        rows: of one training.
        detector: the score; None: every one.
        population: the in-distribution examples.
    """
    units = {row.unit for row in rows if row.primary}
    chosen = [
        row
        for row in rows
        if row.question == "ood" and row.population == population and row.out_dist != "All"
        if detector in (None, row.detector) and row.unit in units
    ]
    primary = {row.out_dist for row in chosen if row.primary}
    return [row for row in chosen if row.primary or (row.out_dist not in primary and row.level_db is None)]


def ood_mean(
    rows: Sequence[Row],
    figure: str = "auroc",
    *,
    distance: Distance | None = None,
    only: Sequence[str] = (),
    without: Sequence[str] = (),
    detector: str = "msp",
) -> float | None:
    """Return the mean of a figure over OOD sets; None without any.

    Args:
        rows: of one training.
        figure: name of a field of ``Row``.
        distance: of the sets; None: near and far.
        only: names of sets, or how they begin; empty: all.
        without: names of sets that do not count.
        detector: the score.
    """
    values = [
        getattr(row, figure)
        for row in ood_rows(rows, detector)
        if distance in (None, row.distance) and row.out_dist not in without
        if not only or (row.out_dist or "").startswith(tuple(only))
    ]
    return 100 * fmean(values) if values else None


def right_wrong(rows: Sequence[Row], detector: str = "msp") -> float | None:
    """Return the AUROC of right against wrong; None where a task has no such question."""
    found = [row.auroc for row in rows if row.question == "misclassification" and row.detector == detector]
    return None if not found or found[0] is None else 100 * found[0]


def error(rows: Sequence[Row]) -> float | None:
    """Return the test error."""
    return None if not rows or rows[0].error is None else 100 * rows[0].error


NEAR, FAR = "near FPR95", "far FPR95"
"""Names of two of ``near_and_far``, which claims and pictures of studies read."""


def near_and_far(without: Sequence[str] = ()) -> Mapping[str, Callable[[Sequence[Row]], float | None]]:
    """Return what a study of outliers measures: the MSP on near and far OOD sets, and what exposure costs in error.

    Args:
        without: OOD sets that do not count, such as those of a kind that a variant is exposed to.
    """
    mean = partial(ood_mean, without=without)
    return {
        "near AUROC": partial(mean, distance="near"),
        NEAR: partial(mean, figure="fpr95_out", distance="near"),
        "far AUROC": partial(mean, distance="far"),
        FAR: partial(mean, figure="fpr95_out", distance="far"),
        "test error": error,
    }
