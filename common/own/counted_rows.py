"""Rows of results from counts: every figure is the middle of an interval that contains the exact one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.detector import Detector
from common.metrics.bootstrap import bounds_of
from common.metrics.counted import counted_interval, counted_intervals, risk_bounds, separation_bounds, within
from common.own.tally import RIGHT, WRONG, Sides, Tally
from common.papers.table import POOLED
from common.store.rows import Row


@dataclass(frozen=True)
class CountedComparison:
    """Two samples of a tally that a score should separate.

    Attributes:
        out_dist: name of the OOD set; None for right against wrong.
        population: the test rows that are used, ``all`` or ``correct``.
        sides: the samples.
    """

    out_dist: str | None
    population: str
    sides: Sides

    @property
    def question(self) -> str:
        """``misclassification`` or ``ood``."""
        return "misclassification" if self.out_dist is None else "ood"


def counted_comparisons(tally: Tally, sets: Sequence[str], labelled: bool) -> list[CountedComparison]:
    """List the comparisons whose two samples have rows, in the order of ``common.comparisons``."""
    wanted = list(_comparisons(sets, labelled))
    return [one for one in wanted if all(tally.sizes[list(side)].sum() for side in one.sides)]


def _comparisons(sets: Sequence[str], labelled: bool) -> Iterator[CountedComparison]:
    if labelled:
        yield CountedComparison(None, "all", ((RIGHT,), (WRONG,)))
    pools: dict[str, tuple[int, ...]] = {name: (2 + number,) for number, name in enumerate(sets)}
    if len(pools) > 1:
        pools[POOLED[0]] = tuple(range(2, 2 + len(sets)))
    for name, samples in pools.items():
        yield CountedComparison(name, "all", ((RIGHT, WRONG), samples))
        if labelled:
            yield CountedComparison(name, "correct", ((RIGHT,), samples))


def counted_row(tally: Tally, detector: Detector, comparison: CountedComparison, identity: Mapping[str, Any]) -> Row:
    """Return a row of results."""
    cells = tally.cells(detector.name, comparison.sides)
    figures = separation_bounds(cells) | ({} if comparison.out_dist else risk_bounds(cells))
    middles: dict[str, Any] = {name: bounds.middle for name, bounds in figures.items()}
    low, high = counted_interval(cells, figures["auroc"])
    positive, negative = (list(side) for side in comparison.sides)
    n, m = int(tally.sizes[positive].sum()), int(tally.sizes[negative].sum())
    return Row(
        **identity,
        **middles,
        auroc_low=low,
        auroc_high=high,
        **bounds_of(counted_intervals(cells, figures)),
        counted_within=within(figures),
        detector=detector.name,
        question=comparison.question,
        population=comparison.population,
        out_dist=comparison.out_dist,
        n_positive=n,
        n_negative=m,
        base_positive=n / (n + m),
        base_negative=m / (n + m),
        mean_msp_positive=_mean(tally, positive),
        mean_msp_negative=_mean(tally, negative),
    )


def _mean(tally: Tally, samples: list[int]) -> float | None:
    mean = float(tally.msp_sums[samples].sum() / tally.sizes[samples].sum())
    return None if np.isnan(mean) else mean
