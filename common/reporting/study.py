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
from common.store.rows import FIGURES, Row, SeedMean, Spread, mean_over_seeds, spread, trained_on
from common.store.run_record import TaskRecord

AVERAGE = "Average"
"""Stands as ``out_dist`` of the mean of a figure over the OOD sets of a variant, ``All`` left out."""

OWN_SETTING = "own setting"
"""Variant of the mean over the OOD sets that come in variants, in the task's own setting, where that has no name."""

SOURCES = {"paper": "paper", "authors-run": "authors' run", "outlier-exposure": "Outlier Exposure"}
"""Published sources in the order of their columns."""


@dataclass(frozen=True)
class TrainedModel:
    """One way of training one model."""

    objective: str
    model: str


@dataclass(frozen=True)
class TaskResults:
    """One task of a run: its facts and its rows.

    ``smaller`` has a study of its own for each smaller training set, by its size, ascending; ``rows`` has none
    of theirs.
    """

    facts: TaskRecord
    rows: tuple[Row, ...]
    smaller: Mapping[int, "TaskResults"] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: TaskRecord, rows: Iterable[Row]) -> "TaskResults":
        """Return the study of a task's rows, those of smaller training sets set apart."""
        by_size: dict[int | None, list[Row]] = {None: []}
        for row in rows:
            size = trained_on(row.variant)
            by_size.setdefault(size, []).append(row if size is None else replace(row, variant=None))
        whole = by_size.pop(None)
        smaller = {size: cls(facts, tuple(group)) for size, group in sorted(by_size.items()) if size is not None}
        return cls(facts, tuple(whole), smaller)

    @cached_property
    def averaged(self) -> tuple[SeedMean, ...]:
        """Rows averaged over seeds, with the mean over OOD sets beside them."""
        return mean_over_seeds([*self.rows, *_means_over_sets(self.rows, self.facts.own_variant or OWN_SETTING)])

    @cached_property
    def settings(self) -> tuple[TrainedModel, ...]:
        """Objectives and models in the order they first appear."""
        return tuple(dict.fromkeys(TrainedModel(row.objective, row.model) for row in self.rows))

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

    def detectors(self, setting: TrainedModel) -> tuple[str, ...]:
        """Detectors that judged a setting, the baseline first."""
        names = dict.fromkeys(row.detector for row in self.rows if _setting(row) == setting)
        return tuple(sorted(names, key=lambda name: name != "msp"))

    def leading(self, setting: TrainedModel) -> tuple[str, ...]:
        """The detectors shown in full: MSP (or the first there is), and those that only this way of training has."""
        names = self.detectors(setting)
        plain = {row.detector for row in self.rows if row.objective == "cross_entropy"}
        own = () if not plain or setting.objective == "cross_entropy" else tuple(n for n in names if n not in plain)
        first = "msp" if "msp" in names else names[0]
        return tuple(dict.fromkeys((first, *own)))

    def label(self, setting: TrainedModel, detector: str = "") -> str:
        """Return what tells a setting, and a detector if given, from the others of this task."""
        several = len({one.model for one in self.settings}) > 1
        parts = [setting.objective] * (len({one.objective for one in self.settings}) > 1) + [setting.model] * several
        return " · ".join([*parts, detector] if detector else parts)

    def errors(self, setting: TrainedModel) -> tuple[SeedMean, ...]:
        """Right-against-wrong rows of a setting."""
        return self._select(setting, "misclassification")

    def any_row(self, setting: TrainedModel) -> SeedMean:
        """A row that stands for a setting: for its error, which all its rows have."""
        return next(one for one in self.averaged if _setting(one.row) == setting)

    def error(self, setting: TrainedModel) -> Spread | None:
        """Error of a setting over the seeds, or None where no seed knows it."""
        return spread({row.seed: row.error for row in self.rows if _setting(row) == setting}.values())

    def right_wrong(self, setting: TrainedModel, detector: str) -> SeedMean | None:
        """Right against wrong in the task's own setting."""
        wanted = (detector, None)
        return next((one for one in self.errors(setting) if (one.row.detector, one.row.variant) == wanted), None)

    def ood_mean(self, setting: TrainedModel, detector: str) -> SeedMean | None:
        """In-distribution against OOD in the task's own setting: the one set, or the mean over the sets."""
        sets = self.single_sets(setting)
        return self.ood(setting, detector, sets[0] if len(sets) == 1 else (AVERAGE, None))

    def single_sets(self, setting: TrainedModel) -> list[OodKey]:
        """OOD sets in the task's own setting, without pools and means."""
        return [key for key in self.sets(setting) if key[1] is None and key[0] not in POOLED]

    def sets(self, setting: TrainedModel) -> tuple[OodKey, ...]:
        """OOD sets, those of the task's own setting first, then their pool and mean, then variants."""
        keys = dict.fromkeys((str(one.row.out_dist), one.row.variant) for one in self._select(setting, "ood"))
        return tuple(sorted(keys, key=lambda key: (key[1] is not None, key[0] in POOLED, key[0] == AVERAGE)))

    @cached_property
    def pooled(self) -> frozenset[str]:
        """Names of the OOD sets in the task's own setting: what ``All`` pools."""
        return frozenset(
            row.out_dist for row in self.rows if row.out_dist and row.out_dist not in POOLED and row.variant is None
        )

    def ood(self, setting: TrainedModel, detector: str, key: OodKey, population: str | None = None) -> SeedMean | None:
        """Return the OOD row of a detector and a set; of the study's population unless another is asked for."""
        for one in self._select(setting, "ood"):
            about = (one.row.detector, one.row.out_dist, one.row.variant, one.row.population)
            if about == (detector, *key, population or self.population):
                return one
        return None

    def _select(self, setting: TrainedModel, question: str) -> tuple[SeedMean, ...]:
        return self._by_question.get((setting, question), ())

    @cached_property
    def _by_question(self) -> dict[tuple[TrainedModel, str], tuple[SeedMean, ...]]:
        found: dict[tuple[TrainedModel, str], tuple[SeedMean, ...]] = {}
        for one in self.averaged:
            key = (_setting(one.row), one.row.question)
            found[key] = (*found.get(key, ()), one)
        return found

    def figures(self, one: SeedMean, field: str) -> dict[str, Figure]:
        """Return the published figures that measure the same, by source."""
        found: dict[str, Figure] = {}
        for figure in answers(one.row, field, self.facts.published, self.pooled):
            found.setdefault(figure.source, figure)
        return found


def _setting(row: Row) -> TrainedModel:
    return TrainedModel(row.objective, row.model)


def _means_over_sets(rows: Iterable[Row], own_variant: str) -> list[Row]:
    """Return rows of the means over OOD sets, for each seed, score, population and variant with two sets or more.

    The sets that come in variants have a mean of their own in the task's own setting too, to hold beside the variants'.
    """
    singles = [row for row in rows if row.question == "ood" and row.out_dist not in POOLED]
    varied = {row.out_dist for row in singles if row.variant is not None}
    gathered: dict[tuple[Any, ...], list[Row]] = {}
    for row in singles:
        variants = (None, own_variant) if row.variant is None and row.out_dist in varied else (row.variant,)
        for variant in variants:
            key = (row.seed, row.objective, row.model, row.detector, row.population, variant)
            gathered.setdefault(key, []).append(row)
    return [_mean(group, key[-1]) for key, group in gathered.items() if len(group) > 1]


def _mean(group: list[Row], variant: str | None) -> Row:
    means: dict[str, Any] = {}
    for name in FIGURES:
        values = [getattr(row, name) for row in group]
        means[name] = None if None in values else fmean(values)
    means |= {"auroc_low": None, "auroc_high": None}
    total = sum(row.n_negative for row in group)
    return replace(group[0], out_dist=AVERAGE, variant=variant, n_negative=total, **means)


def name_of(key: OodKey) -> str:
    """Return what a table calls an OOD set."""
    name = "mean of the sets" if key[0] == AVERAGE else "All, pooled" if key[0] == "All" else key[0]
    return f"{name}, {key[1]}" if key[1] else name


def figure_cell(figure: Figure | None, ours: float | None) -> Cell:
    """Return a published figure with the difference of ours from it, in percentage points."""
    if figure is None:
        return Cell("")
    return Cell(f"{figure.value:g}", "" if ours is None else points(100 * ours - figure.value))


def sources_of(figures: Iterable[Mapping[str, Figure]]) -> list[str]:
    """Return the sources that occur, in the order of their columns."""
    there = {source for one in figures for source in one}
    return [source for source in SOURCES if source in there]
