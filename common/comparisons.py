"""The comparisons that an evaluation makes: pairs of samples to separate, scored by row or by group of rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from common.data.sources import Distance
from common.store.outputs import OodKey, Outputs, TaskOutputs
from common.task import Subset, Task

if TYPE_CHECKING:
    from common.detector import Detector

Floats = NDArray[np.floating[Any]]

T = TypeVar("T", bound=np.generic)


class ScoredSet:
    """The outputs on one data set, scored by row or by group of rows."""

    def __init__(self, outputs: Outputs, by_group: bool) -> None:
        self.outputs, self.by_group = outputs, by_group and outputs.groups is not None
        self._cache: dict[str, Floats] = {}

    @property
    def unit(self) -> Literal["row", "group"]:
        """What is scored: ``row`` or ``group``."""
        return "group" if self.by_group else "row"

    def scores(self, detector: "Detector") -> Floats:
        """(n,) score of each unit; the score of a group is the mean of ``detector.for_mean`` over its rows."""
        if detector.name not in self._cache:
            scores = detector.score(self.outputs)
            averaged = self.by_group and detector.per == "row"
            self._cache[detector.name] = self._mean(detector.for_mean(scores)) if averaged else scores
        return self._cache[detector.name]

    @cached_property
    def msp(self) -> Floats:
        """(n,) maximum softmax probability of each unit."""
        msp = np.exp(self.outputs.logit_scores["log_msp"])
        return self._mean(msp) if self.by_group else msp

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) whether each unit is right; a group is right if all its rows are."""
        if not self.by_group:
            return self.outputs.correct
        return np.asarray(np.bincount(self._groups, weights=~self.outputs.correct) == 0)

    @property
    def _groups(self) -> NDArray[np.int64]:
        assert self.outputs.groups is not None, "a mean over groups needs groups"
        return self.outputs.groups

    def _mean(self, values: Floats) -> Floats:
        """(G,) mean over the rows of each group, ignoring NaN; NaN for a group whose rows are all NaN."""
        counted = ~np.isnan(values)
        groups, size = self._groups[counted], self.outputs.units
        total = np.bincount(groups, weights=values[counted], minlength=size)
        count = np.bincount(groups, minlength=size)
        return np.asarray(np.divide(total, count, out=np.full(size, np.nan), where=count > 0))


Part = tuple[ScoredSet, Any]
"""A data set and the index or mask of the units that are used."""


@dataclass(frozen=True)
class EvaluationSpec:
    """Which comparisons an evaluation makes.

    Attributes:
        by_group: True: a unit is a group of rows, scored by the mean over its rows; False: a unit is a row.
        misclassification: whether right and wrong are defined.
        population: the in-distribution units of the ROC curves in plots; rows of results cover both populations.
        also_by_group: where rows are units, whether groups are scored too. A group is right if all its rows are.
        subsets: subsets of the rows on which misclassification detection is evaluated too: by name, a function from
            the outputs to a mask, or to None where the outputs lack what it needs.
        train_examples: size of a smaller training set, or None; with one, only primary OOD sets are evaluated.
        distances: declared distance of each OOD set from the in-distribution, by name.
    """

    by_group: bool = False
    misclassification: bool = True
    population: str = "correct"
    also_by_group: bool = False
    subsets: Mapping[str, Subset] = field(default_factory=dict)
    train_examples: int | None = None
    distances: Mapping[str, Distance | None] = field(default_factory=dict)

    @property
    def shown_population(self) -> str:
        """The population of the plots; ``all`` if right and wrong are not defined."""
        return self.population if self.misclassification else "all"

    @classmethod
    def of(
        cls, task: Task, train_examples: int | None = None, distances: Mapping[str, Distance | None] | None = None
    ) -> "EvaluationSpec":
        """Return the comparisons that a task declares."""
        return cls(
            by_group=task.unit == "group",
            misclassification=task.misclassification,
            population=task.population,
            also_by_group=task.also_by_group,
            subsets=task.subsets,
            train_examples=train_examples,
            distances=distances or {},
        )


@dataclass(frozen=True)
class Comparison:
    """Two samples that a score should separate.

    Attributes:
        key: the OOD set; None for misclassification.
        population: the in-distribution units that are used: ``all`` or ``correct``.
        positive: the right or in-distribution units.
        negatives: the wrong or OOD units; several parts are pooled.
        subset: name of the subset of rows; None: all rows.
        primary: whether the comparison belongs to the task's default setting.
    """

    key: OodKey | None
    population: str
    positive: Part
    negatives: tuple[Part, ...]
    subset: str | None = None
    primary: bool = True

    @property
    def question(self) -> str:
        """``misclassification`` or ``ood``."""
        return "misclassification" if self.key is None else "ood"

    @property
    def unit(self) -> Literal["row", "group"]:
        """What is scored: ``row`` or ``group``."""
        return self.positive[0].unit

    @property
    def label(self) -> str:
        """Name of the comparison in messages."""
        return " ".join(part for part in (self.question, self.key.label if self.key else None, self.subset) if part)

    @property
    def sets(self) -> tuple[ScoredSet, ...]:
        """The data sets whose units are compared, each once."""
        return tuple(dict.fromkeys(scored for scored, _ in (self.positive, *self.negatives)))

    def sides(self, values: Callable[[ScoredSet], NDArray[T]]) -> tuple[NDArray[T], NDArray[T]]:
        """Return the values of the positive and of the negative units."""
        scored, chosen = self.positive
        return values(scored)[chosen], np.concatenate([values(one)[part] for one, part in self.negatives])


def comparisons(spec: EvaluationSpec, outputs: TaskOutputs) -> Iterator[Comparison]:
    """Yield the comparisons: in the task's default unit, on subsets of the rows, and on groups of rows."""
    primary_sets = {key: ood for key, ood in outputs.ood.items() if key.primary}
    test = ScoredSet(outputs.test, spec.by_group)
    if spec.train_examples is not None:
        yield from _of_units(spec, test, primary_sets, primary=False)
        return
    yield from _of_units(spec, test, outputs.ood, primary=True)
    for name, subset in spec.subsets.items():
        chosen = subset(outputs.test)
        if chosen is not None:
            right, wrong = (test, chosen & test.correct), (test, chosen & ~test.correct)
            yield Comparison(None, "all", right, (wrong,), subset=name, primary=False)
    if spec.also_by_group and outputs.test.groups is not None:
        yield from _of_units(spec, ScoredSet(outputs.test, by_group=True), primary_sets, primary=False)


def _of_units(
    spec: EvaluationSpec, test: ScoredSet, ood: Mapping[OodKey, Outputs], primary: bool
) -> Iterator[Comparison]:
    populations: dict[str, Any] = {"all": slice(None)}
    if spec.misclassification:
        yield Comparison(None, "all", (test, test.correct), ((test, ~test.correct),), primary=primary)
        populations["correct"] = test.correct
    for key, sets in ood_sets(ood, test.by_group):
        negatives: tuple[Part, ...] = tuple((one, slice(None)) for one in sets)
        for population, chosen in populations.items():
            yield Comparison(key, population, (test, chosen), negatives, primary=primary and key.primary)


def ood_sets(ood: Mapping[OodKey, Outputs], by_group: bool) -> list[tuple[OodKey, list[ScoredSet]]]:
    """List every OOD set and the pools ``All`` of two or more sets.

    There is one pool of the primary sets, one of the sets at each other noise level, and one of the additional sets
    without noise level.
    """
    scored = {key: ScoredSet(outputs, by_group) for key, outputs in ood.items()}
    listed = [(key, [one]) for key, one in scored.items()]
    pools: dict[tuple[bool, float | None], list[OodKey]] = {}
    for key in scored:
        pools.setdefault((key.primary, None if key.primary else key.level_db), []).append(key)
    for (primary, _), keys in pools.items():
        if len(keys) > 1:
            pool = OodKey("All", _common(key.level_db for key in keys), primary)
            listed.append((pool, [scored[key] for key in keys]))
    return listed


def _common(values: Any) -> Any:
    """Return the value if all values are equal, else None."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None
