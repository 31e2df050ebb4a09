"""The rows of one task, averaged over seeds and found by what they are about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import fmean
from typing import Any

from common.papers.table import POOLED, Figure
from common.reporting.document import Cell, points
from common.reporting.published import answers
from common.store.outputs import OodKey
from common.store.rows import FIGURES, Row
from common.store.run_record import TaskRecord
from common.store.seed_means import SeedMean, Spread, mean_over_seeds, spread

AVERAGE = "Average"
"""Stands as ``out_dist`` of the mean of a figure over OOD sets, ``All`` left out."""

SOURCES = {"paper": "paper", "authors-run": "authors' run", "outlier-exposure": "Outlier Exposure"}
"""Published sources in the order of their columns."""


@dataclass(frozen=True)
class TrainedModel:
    """One way of training one model."""

    objective: str
    model: str

    @classmethod
    def of(cls, row: Row) -> "TrainedModel":
        """Return the trained model that a row is about."""
        return cls(row.objective, row.model)


@dataclass(frozen=True)
class TaskResults:
    """One task of a run: its record and its rows.

    Attributes:
        facts: what the run's record says of the task.
        rows: of the task's own training set and unit, other noise levels, additional OOD sets and subsets included.
        smaller: results of each smaller training set, by its size, ascending.
        by_group: results of groups of rows, where the task's own unit is the row and groups are scored too.
        compared: whether published figures may answer; not of smaller training sets and of the other unit.
    """

    facts: TaskRecord
    rows: tuple[Row, ...]
    smaller: Mapping[int, "TaskResults"] = field(default_factory=dict)
    by_group: "TaskResults | None" = None
    compared: bool = True

    @classmethod
    def of(cls, facts: TaskRecord, rows: Iterable[Row]) -> "TaskResults":
        """Return the results of a task; those of smaller training sets and of the other unit stand apart."""
        rows = tuple(rows)
        unit = next((row.unit for row in rows if row.primary), facts.unit)
        by_size: dict[int, list[Row]] = {}
        own: list[Row] = []
        groups: list[Row] = []
        for row in rows:
            if row.train_examples is not None:
                by_size.setdefault(row.train_examples, []).append(row)
            else:
                (own if row.unit == unit else groups).append(row)
        smaller = {size: cls._apart(facts, found) for size, found in sorted(by_size.items())}
        by_group = cls._apart(replace(facts, unit="group"), groups) if groups else None
        return cls(facts, tuple(own), smaller, by_group)

    @classmethod
    def _apart(cls, facts: TaskRecord, rows: Iterable[Row]) -> "TaskResults":
        """Return rows as results of their own, in which the task's own OOD sets are the primary ones."""
        return cls(facts, tuple(replace(row, primary=True) for row in rows), compared=False)

    @cached_property
    def averaged(self) -> tuple[SeedMean, ...]:
        """Rows averaged over seeds, with the mean over OOD sets beside them."""
        return mean_over_seeds([*self.rows, *_means_over_sets(self.rows)])

    @cached_property
    def trained_models(self) -> tuple[TrainedModel, ...]:
        """Objectives and models in the order they first appear."""
        return tuple(dict.fromkeys(map(TrainedModel.of, self.rows)))

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """All seeds, ascending."""
        return tuple(sorted({row.seed for row in self.rows}))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of data: ``full``, ``sample``, ``synthetic``."""
        return tuple(dict.fromkeys(row.data for row in self.rows))

    @cached_property
    def population(self) -> str:
        """The population of the published OOD table, or the one there is."""
        there = {row.population for row in self.rows if row.question == "ood"}
        return self.facts.population if self.facts.population in there or not there else min(there)

    def detectors(self, trained: TrainedModel) -> tuple[str, ...]:
        """Detectors of a trained model, the baseline first."""
        names = dict.fromkeys(row.detector for row in self.rows if TrainedModel.of(row) == trained)
        return tuple(sorted(names, key=lambda name: name != "msp"))

    def leading(self, trained: TrainedModel) -> tuple[str, ...]:
        """The detectors shown in full: MSP (or the first there is), and those that only this way of training has."""
        names = self.detectors(trained)
        plain = {row.detector for row in self.rows if row.objective == "cross_entropy"}
        own = () if not plain or trained.objective == "cross_entropy" else tuple(n for n in names if n not in plain)
        first = "msp" if "msp" in names else names[0]
        return tuple(dict.fromkeys((first, *own)))

    def label(self, trained: TrainedModel, detector: str = "") -> str:
        """Return what tells a trained model, and a detector if given, from the others of this task."""
        several = len({one.model for one in self.trained_models}) > 1
        parts = [trained.objective] * (len({one.objective for one in self.trained_models}) > 1) + [
            trained.model
        ] * several
        return " · ".join([*parts, detector] if detector else parts)

    def errors(self, trained: TrainedModel) -> tuple[SeedMean, ...]:
        """Right-against-wrong rows of a trained model, subsets included."""
        return self._select(trained, "misclassification")

    def any_row(self, trained: TrainedModel) -> SeedMean:
        """A row that stands for a trained model: for its error, which all its rows have."""
        return next(one for one in self.averaged if TrainedModel.of(one.row) == trained)

    def error(self, trained: TrainedModel) -> Spread | None:
        """Error of a trained model over the seeds, or None where no seed knows it."""
        return spread({row.seed: row.error for row in self.rows if TrainedModel.of(row) == trained}.values())

    def right_wrong(self, trained: TrainedModel, detector: str) -> SeedMean | None:
        """Right against wrong of all rows."""
        wanted = (detector, None)
        return next((one for one in self.errors(trained) if (one.row.detector, one.row.subset) == wanted), None)

    def ood_mean(self, trained: TrainedModel, detector: str) -> SeedMean | None:
        """In-distribution against OOD in the task's own setting: the one set, or the mean over the sets."""
        sets = self.single_sets(trained)
        return self.ood(trained, detector, sets[0] if len(sets) == 1 else OodKey(AVERAGE))

    def own_sets(self, trained: TrainedModel) -> list[OodKey]:
        """OOD sets in the task's own setting, pool and mean last."""
        return [key for key in self.sets(trained) if key.primary]

    def single_sets(self, trained: TrainedModel) -> list[OodKey]:
        """OOD sets in the task's own setting, without pools and means."""
        return [key for key in self.own_sets(trained) if key.name not in POOLED]

    def sets(self, trained: TrainedModel) -> tuple[OodKey, ...]:
        """OOD sets: those of the task's own setting, their pool and mean, additional ones, then other levels."""
        keys = dict.fromkeys(key_of(one.row) for one in self._select(trained, "ood"))
        return tuple(sorted(keys, key=lambda key: (not key.primary, key.name in POOLED, key.name == AVERAGE)))

    @cached_property
    def own_levels(self) -> frozenset[float]:
        """Noise levels of the OOD sets in the task's own setting, in dB."""
        return frozenset(row.level_db for row in self.rows if row.primary and row.level_db is not None)

    @cached_property
    def pooled(self) -> frozenset[str]:
        """Names of the OOD sets in the task's own setting: what ``All`` pools."""
        return frozenset(row.out_dist for row in self.rows if row.primary and row.out_dist) - set(POOLED)

    def ood(self, trained: TrainedModel, detector: str, key: OodKey, population: str | None = None) -> SeedMean | None:
        """Return the OOD row of a detector and a set; of the task's population unless another is asked for."""
        for one in self._select(trained, "ood"):
            about = (one.row.detector, key_of(one.row), one.row.population)
            if about == (detector, key, population or self.population):
                return one
        return None

    def _select(self, trained: TrainedModel, question: str) -> tuple[SeedMean, ...]:
        return self._by_question.get((trained, question), ())

    @cached_property
    def _by_question(self) -> dict[tuple[TrainedModel, str], tuple[SeedMean, ...]]:
        found: dict[tuple[TrainedModel, str], tuple[SeedMean, ...]] = {}
        for one in self.averaged:
            key = (TrainedModel.of(one.row), one.row.question)
            found[key] = (*found.get(key, ()), one)
        return found

    def figures(self, one: SeedMean, field: str) -> dict[str, Figure]:
        """Return the published figures that measure the same, by source."""
        found: dict[str, Figure] = {}
        for figure in answers(one.row, field, self.facts.published, self.pooled) if self.compared else ():
            found.setdefault(figure.source, figure)
        return found


def key_of(row: Row) -> OodKey:
    """Return what tells the OOD set of a row from the task's others."""
    return OodKey(str(row.out_dist), row.level_db, row.primary)


def _means_over_sets(rows: Iterable[Row]) -> list[Row]:
    """Return rows of the means over OOD sets, for each seed, score and population.

    One mean is over the sets of the task's own setting, one over the additional sets without a level, and one for each
    noise level over the sets that come at several: those of the own level among them, to hold beside the others.
    """
    singles = [row for row in rows if row.question == "ood" and row.out_dist not in POOLED]
    at_levels = {row.out_dist for row in singles if row.level_db is not None and not row.primary}
    gathered: dict[tuple[Any, ...], list[Row]] = {}
    for row in singles:
        about = (row.seed, row.objective, row.model, row.detector, row.population)
        if row.primary or row.level_db is None:
            gathered.setdefault((*about, None, row.primary), []).append(row)
        if row.level_db is not None and row.out_dist in at_levels:
            gathered.setdefault((*about, row.level_db, False), []).append(row)
    return [_mean(group, *key[-2:]) for key, group in gathered.items() if len(group) > 1]


def _mean(group: list[Row], level_db: float | None, primary: bool) -> Row:
    means: dict[str, Any] = {}
    for name in FIGURES:
        values = [getattr(row, name) for row in group]
        means[name] = None if None in values else fmean(values)
    means |= {"auroc_low": None, "auroc_high": None}
    total = sum(row.n_negative for row in group)
    return replace(group[0], out_dist=AVERAGE, level_db=level_db, primary=primary, n_negative=total, **means)


def name_of(key: OodKey) -> str:
    """Return what a table calls an OOD set; its noise level is said where it is not the task's own."""
    name = "mean of the sets" if key.name == AVERAGE else "All, pooled" if key.name == "All" else key.name
    return name if key.primary or key.level_db is None else f"{name}, {key.level_db:g} dB"


def figure_cell(figure: Figure | None, ours: float | None) -> Cell:
    """Return a published figure with the difference of ours from it, in percentage points."""
    if figure is None:
        return Cell("")
    return Cell(f"{figure.value:g}", "" if ours is None else points(100 * ours - figure.value))


def sources_of(figures: Iterable[Mapping[str, Figure]]) -> list[str]:
    """Return the sources that occur, in the order of their columns."""
    there = {source for one in figures for source in one}
    return [source for source in SOURCES if source in there]
