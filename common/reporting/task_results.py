"""The results of one task: its rows averaged over seeds, and look-up by model, detector and OOD set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import fmean
from typing import Any

from common.papers.table import POOLED, Figure
from common.reporting.document import Cell, points
from common.reporting.published import answers
from common.store.outputs import OodKey
from common.store.rows import FIGURES, WITH_INTERVAL, Row
from common.store.run_record import TaskRecord
from common.store.seed_means import SeedMean, Spread, mean_over_seeds, spread

AVERAGE = "Average"
"""``out_dist`` of rows that are means over OOD sets, ``All`` excluded."""

SOURCES = {"paper": "paper", "authors-run": "authors' run", "outlier-exposure": "Outlier Exposure"}
"""Published sources in the order of their columns."""


@dataclass(frozen=True)
class TrainedModel:
    """A model and the objective that trained it."""

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
        record: the task's part of the run record.
        rows: those of the full training set and default unit; other noise levels, additional OOD sets and subsets
            included.
        smaller: results of each smaller training set, by its size, ascending.
        by_group: results of groups of rows, if the default unit is the row and groups are scored too.
        compared: whether to compare with published figures; False for smaller training sets and the other unit.
    """

    record: TaskRecord
    rows: tuple[Row, ...]
    smaller: Mapping[int, "TaskResults"] = field(default_factory=dict)
    by_group: "TaskResults | None" = None
    compared: bool = True

    @classmethod
    def of(cls, record: TaskRecord, rows: Iterable[Row]) -> "TaskResults":
        """Return the results of a task, with smaller training sets and the other unit separated."""
        rows = tuple(rows)
        unit = next((row.unit for row in rows if row.primary), record.unit)
        by_size: dict[int, list[Row]] = {}
        default: list[Row] = []
        groups: list[Row] = []
        for row in rows:
            if row.train_examples is not None:
                by_size.setdefault(row.train_examples, []).append(row)
            else:
                (default if row.unit == unit else groups).append(row)
        smaller = {size: cls._apart(record, found) for size, found in sorted(by_size.items())}
        by_group = cls._apart(replace(record, unit="group"), groups) if groups else None
        return cls(record, tuple(default), smaller, by_group)

    @classmethod
    def _apart(cls, record: TaskRecord, rows: Iterable[Row]) -> "TaskResults":
        """Return results of these rows alone, all marked as primary and not compared with published figures."""
        return cls(record, tuple(replace(row, primary=True) for row in rows), compared=False)

    @cached_property
    def averaged(self) -> tuple[SeedMean, ...]:
        """Rows averaged over seeds; means over OOD sets included."""
        return mean_over_seeds([*self.rows, *_means_over_sets(self.rows)])

    @cached_property
    def trained_models(self) -> tuple[TrainedModel, ...]:
        """Objectives and models in the order they first appear."""
        return tuple(self._by_model)

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
        """The population of the published OOD table, or another one if no row has it."""
        populations = {row.population for row in self.rows if row.question == "ood"}
        return self.record.population if self.record.population in populations or not populations else min(populations)

    def detectors(self, trained: TrainedModel) -> tuple[str, ...]:
        """Detectors of a trained model, the baseline first."""
        return self._detectors.get(trained, ())

    @cached_property
    def _detectors(self) -> dict[TrainedModel, tuple[str, ...]]:
        names = {trained: dict.fromkeys(row.detector for row in rows) for trained, rows in self._by_model.items()}
        return {trained: tuple(sorted(own, key=lambda name: name != "msp")) for trained, own in names.items()}

    def rows_of(self, trained: TrainedModel) -> tuple[Row, ...]:
        """Rows of a trained model."""
        return tuple(self._by_model.get(trained, ()))

    @cached_property
    def _by_model(self) -> dict[TrainedModel, list[Row]]:
        found: dict[TrainedModel, list[Row]] = {}
        for row in self.rows:
            found.setdefault(TrainedModel.of(row), []).append(row)
        return found

    def leading_detectors(self, trained: TrainedModel) -> tuple[str, ...]:
        """The detectors shown in full: MSP (or the first detector), and those that only this objective has."""
        names = self.detectors(trained)
        plain = self._plain_detectors
        added = () if not plain or trained.objective == "cross_entropy" else tuple(n for n in names if n not in plain)
        first = "msp" if "msp" in names else names[0]
        return tuple(dict.fromkeys((first, *added)))

    @cached_property
    def _plain_detectors(self) -> frozenset[str]:
        """The detectors of cross-entropy."""
        return frozenset(row.detector for row in self.rows if row.objective == "cross_entropy")

    def label(self, trained: TrainedModel, detector: str = "") -> str:
        """Return a label of a trained model, and of a detector if given, that is unique in this task."""
        parts = [getattr(trained, name) for name in self._told_apart_by]
        return " · ".join([*parts, detector] if detector else parts)

    @cached_property
    def _told_apart_by(self) -> tuple[str, ...]:
        """What the trained models of this task differ in."""
        names = ("objective", "model")
        return tuple(name for name in names if len({getattr(one, name) for one in self.trained_models}) > 1)

    def errors(self, trained: TrainedModel) -> tuple[SeedMean, ...]:
        """Right-against-wrong rows of a trained model, subsets included."""
        return self._select(trained, "misclassification")

    def any_row(self, trained: TrainedModel) -> SeedMean:
        """Any row of a trained model; all its rows have the same error."""
        return self._first_rows[trained]

    @cached_property
    def _first_rows(self) -> dict[TrainedModel, SeedMean]:
        found: dict[TrainedModel, SeedMean] = {}
        for one in self.averaged:
            found.setdefault(TrainedModel.of(one.row), one)
        return found

    def error(self, trained: TrainedModel) -> Spread | None:
        """Error of a trained model over the seeds, or None if unknown for every seed."""
        return spread({row.seed: row.error for row in self.rows_of(trained)}.values())

    def right_wrong(self, trained: TrainedModel, detector: str) -> SeedMean | None:
        """Return the right-against-wrong figures of a detector over all rows, or None."""
        wanted = (detector, None)
        return next((one for one in self.errors(trained) if (one.row.detector, one.row.subset) == wanted), None)

    def ood_mean(self, trained: TrainedModel, detector: str) -> SeedMean | None:
        """Return the OOD figures of a detector: of the single primary set, or the mean over the primary sets."""
        sets = self.single_sets(trained)
        return self.ood(trained, detector, sets[0] if len(sets) == 1 else OodKey(AVERAGE))

    def primary_sets(self, trained: TrainedModel) -> list[OodKey]:
        """Primary OOD sets, pool and mean last."""
        return [key for key in self.sets(trained) if key.primary]

    def single_sets(self, trained: TrainedModel) -> list[OodKey]:
        """Primary OOD sets, without pools and means."""
        return [key for key in self.primary_sets(trained) if key.name not in POOLED]

    def sets(self, trained: TrainedModel) -> tuple[OodKey, ...]:
        """OOD sets: primary sets first, then additional sets and other levels; pools and means last in each part."""
        return self._sets.get(trained, ())

    @cached_property
    def _sets(self) -> dict[TrainedModel, tuple[OodKey, ...]]:
        keys = {
            trained: dict.fromkeys(key_of(one.row) for one in self._select(trained, "ood"))
            for trained in self._by_model
        }
        return {
            trained: tuple(sorted(own, key=lambda key: (not key.primary, key.name in POOLED, key.name == AVERAGE)))
            for trained, own in keys.items()
        }

    @cached_property
    def primary_levels(self) -> frozenset[float]:
        """Noise levels of the primary OOD sets, in dB."""
        return frozenset(row.level_db for row in self.rows if row.primary and row.level_db is not None)

    @cached_property
    def pooled(self) -> frozenset[str]:
        """Names of the primary OOD sets, which ``All`` pools."""
        return frozenset(row.out_dist for row in self.rows if row.primary and row.out_dist) - set(POOLED)

    def ood(self, trained: TrainedModel, detector: str, key: OodKey, population: str | None = None) -> SeedMean | None:
        """Return the figures of a detector and OOD set, by default of the task's population, or None."""
        return self._ood.get((trained, detector, key, population or self.population))

    @cached_property
    def _ood(self) -> dict[tuple[TrainedModel, str, OodKey, str], SeedMean]:
        found: dict[tuple[TrainedModel, str, OodKey, str], SeedMean] = {}
        for trained in self.trained_models:
            for one in self._select(trained, "ood"):
                found.setdefault((trained, one.row.detector, key_of(one.row), one.row.population), one)
        return found

    def _select(self, trained: TrainedModel, question: str) -> tuple[SeedMean, ...]:
        return self._by_question.get((trained, question), ())

    @cached_property
    def _by_question(self) -> dict[tuple[TrainedModel, str], tuple[SeedMean, ...]]:
        found: dict[tuple[TrainedModel, str], list[SeedMean]] = {}
        for one in self.averaged:
            found.setdefault((TrainedModel.of(one.row), one.row.question), []).append(one)
        return {key: tuple(own) for key, own in found.items()}

    def figures(self, one: SeedMean, field: str) -> dict[str, Figure]:
        """Return the published figures that measure the same, by source."""
        found: dict[str, Figure] = {}
        for figure in answers(one.row, field, self.record.published, self.pooled) if self.compared else ():
            found.setdefault(figure.source, figure)
        return found


def key_of(row: Row) -> OodKey:
    """Return the key of a row's OOD set."""
    return OodKey(str(row.out_dist), row.level_db, row.primary)


def _means_over_sets(rows: Iterable[Row]) -> list[Row]:
    """Return rows of the means over OOD sets, for each seed, score and population.

    There is one mean over the primary sets, one over the additional sets without a level, and, over the sets that
    exist at several noise levels, one for each level, the default level included.
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
    means |= dict.fromkeys(f"{name}_{end}" for name in WITH_INTERVAL for end in ("low", "high"))
    total = sum(row.n_negative for row in group)
    return replace(group[0], out_dist=AVERAGE, level_db=level_db, primary=primary, n_negative=total, **means)


def name_of(key: OodKey) -> str:
    """Return the name of an OOD set in tables, with its noise level if that is not the task's default."""
    name = "mean of the sets" if key.name == AVERAGE else "All, pooled" if key.name == "All" else key.name
    return name if key.primary or key.level_db is None else f"{name}, {key.level_db:g} dB"


def figure_cell(figure: Figure | None, ours: float | None) -> Cell:
    """Return a published figure with the difference ours minus published, in percentage points."""
    if figure is None:
        return Cell("")
    return Cell(f"{figure.value:g}", "" if ours is None else points(100 * ours - figure.value))


def sources_of(figures: Iterable[Mapping[str, Figure]]) -> list[str]:
    """Return the sources that occur, in the order of their columns."""
    there = {source for one in figures for source in one}
    return [source for source in SOURCES if source in there]
