"""By how much each detector's AUROC differs from the MSP's on the same examples, averaged over OOD sets and tasks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from statistics import fmean

from common.data.sources import Distance
from common.metrics.intervals import Z95
from common.papers.table import POOLED
from common.reporting.task_results import TaskResults, TrainedModel
from common.store.rows import Row

BASELINE = "msp"


@dataclass(frozen=True)
class MeanDifference:
    """The mean of several figures with 95 % intervals, as fractions.

    The half-width is the mean of theirs. So it is where all figures move together, and narrower otherwise: rows of a
    task share in-distribution examples, and seeds share test sets, by how much is not known.
    """

    value: float
    low: float
    high: float
    count: int

    @property
    def leaves_zero(self) -> bool:
        """Whether zero lies outside of the interval."""
        return self.low > 0 or self.high < 0

    @property
    def p_value(self) -> float:
        """Probability of a difference from zero at least as large by chance, of a normal figure with this interval."""
        half = (self.high - self.low) / 2
        return erfc(abs(self.value) * Z95 / (half * sqrt(2))) if half else float(self.value == 0)


def mean_difference(parts: Sequence[tuple[float, float, float]]) -> MeanDifference | None:
    """Return the mean of (value, low, high) figures; None without any.

    >>> mean_difference([(0.1, 0.0, 0.2), (0.3, 0.2, 0.4)]).value
    0.2
    """
    if not parts:
        return None
    value = fmean(one for one, _, _ in parts)
    half = fmean((high - low) / 2 for _, low, high in parts)
    return MeanDifference(value, value - half, value + half, len(parts))


def ood_rows(results: TaskResults, trained: TrainedModel, distance: Distance | None = None) -> list[Row]:
    """Return the rows of single OOD sets in the default setting of a task, and of further sets that it declares far."""
    return [
        row
        for row in results.rows_of(trained)
        if row.question == "ood" and row.out_dist not in POOLED
        if row.population == results.population and (row.primary or (row.distance == "far" and row.level_db is None))
        if distance in (None, row.distance)
    ]


def error_rows(results: TaskResults, trained: TrainedModel) -> list[Row]:
    """Return the rows of right against wrong over all rows of the test set."""
    return [row for row in results.rows_of(trained) if row.question == "misclassification" and row.subset is None]


def from_msp(rows: Iterable[Row], detector: str) -> list[tuple[float, float, float]]:
    """Return difference and interval of each row of a detector that has them."""
    found = [
        (row.auroc_minus_msp, row.auroc_minus_msp_low, row.auroc_minus_msp_high)
        for row in rows
        if row.detector == detector
    ]
    return [(a, b, c) for a, b, c in found if a is not None and b is not None and c is not None]


def of_auroc(rows: Iterable[Row], detector: str) -> list[tuple[float, float, float]]:
    """Return AUROC and interval of each row of a detector that has them."""
    found = [(row.auroc, row.auroc_low, row.auroc_high) for row in rows if row.detector == detector]
    return [(a, b, c) for a, b, c in found if a is not None and b is not None and c is not None]
