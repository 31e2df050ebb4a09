"""Means over seeds: mean and standard deviation of each figure over rows that differ only in the seed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev
from typing import Any

from common.store.rows import ABOUT, FIGURES, Row


@dataclass(frozen=True)
class Spread:
    """One figure over seeds: mean, sample standard deviation (None for one seed), minimum, maximum, number of seeds."""

    mean: float
    sd: float | None
    low: float
    high: float
    count: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of the defined values, or None if no value is defined.

    >>> spread([0.75, None, 1.0])
    Spread(mean=0.875, sd=0.1767766952966369, low=0.75, high=1.0, count=2)
    """
    known = [value for value in values if value is not None]
    if not known:
        return None
    if len(known) == 1:
        return Spread(float(known[0]), None, known[0], known[0], 1)
    return Spread(fmean(known), stdev(known), min(known), max(known), len(known))


class Spreads(Mapping[str, Spread | None]):
    """The spread of each figure over some rows, computed when it is asked for: a report shows few of them."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self._rows = rows
        self._known: dict[str, Spread | None] = {}

    def __getitem__(self, name: str) -> Spread | None:
        if name not in self._known:
            if name not in FIGURES:
                raise KeyError(name)
            self._known[name] = spread(getattr(row, name) for row in self._rows)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(FIGURES)

    def __len__(self) -> int:
        return len(FIGURES)


@dataclass(frozen=True)
class SeedMean:
    """Rows that differ only in the seed, and the spread of their figures.

    Attributes:
        rows: in the order of their seeds.
    """

    rows: tuple[Row, ...]

    @cached_property
    def figures(self) -> Mapping[str, Spread | None]:
        """The spread over the seeds by field name, or None if no seed defines the figure."""
        return Spreads(self.rows)

    @property
    def row(self) -> Row:
        """The first row; task, objective, detector and OOD set are the same in all rows."""
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
    """Group rows that differ only in the seed (and in what it draws), in the order of their first row."""
    gathered: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        gathered.setdefault(tuple(getattr(row, name) for name in ABOUT), []).append(row)
    return tuple(SeedMean(tuple(sorted(group, key=lambda row: row.seed))) for group in gathered.values())
