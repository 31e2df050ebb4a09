"""Rows that differ in the seed alone, brought together: mean and standard deviation of each figure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from common.store.rows import ABOUT, FIGURES, Row


@dataclass(frozen=True)
class Spread:
    """One figure over several seeds: mean, sample standard deviation (None for one seed), extremes, how many."""

    mean: float
    sd: float | None
    low: float
    high: float
    count: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of the values that are defined, or None where none is.

    >>> spread([0.75, None, 1.0])
    Spread(mean=0.875, sd=0.1767766952966369, low=0.75, high=1.0, count=2)
    """
    known = [value for value in values if value is not None]
    if not known:
        return None
    return Spread(fmean(known), stdev(known) if len(known) > 1 else None, min(known), max(known), len(known))


@dataclass(frozen=True)
class SeedMean:
    """Rows that differ in nothing but the seed.

    Attributes:
        rows: in the order of their seeds; the first stands for what they share.
        figures: by field name, the spread over the seeds, or None where no seed defines it.
    """

    rows: tuple[Row, ...]
    figures: Mapping[str, Spread | None]

    @property
    def row(self) -> Row:
        """A row that stands for what all share: task, objective, detector, names."""
        return self.rows[0]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, ascending."""
        return tuple(row.seed for row in self.rows)

    def mean(self, name: str) -> float | None:
        """Mean of a figure over the seeds, or None."""
        found = self.figures[name]
        return found.mean if found else None


def mean_over_seeds(rows: Iterable[Row]) -> tuple[SeedMean, ...]:
    """Gather rows that differ in the seed alone (and in what it draws), in the order they first appear."""
    gathered: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        gathered.setdefault(tuple(getattr(row, name) for name in ABOUT), []).append(row)
    return tuple(_average(group) for group in gathered.values())


def _average(group: list[Row]) -> SeedMean:
    ordered = tuple(sorted(group, key=lambda row: row.seed))
    return SeedMean(ordered, {name: spread(getattr(row, name) for row in ordered) for name in FIGURES})
