"""From what a model says to rows of results: which score separates what from what, and how well."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from common.metrics.detection import roc_curve, separation
from common.store.outputs import OodKey, Outputs, TaskOutputs
from common.store.rows import Row
from common.task import Subset, Task

if TYPE_CHECKING:
    from common.detector import Detector

Floats = NDArray[np.floating[Any]]
BINS = 20


class ScoredSet:
    """One data set's outputs, scored by row, or by group of rows where the task's unit is the group."""

    def __init__(self, outputs: Outputs, by_group: bool) -> None:
        self.outputs, self.by_group = outputs, by_group and outputs.groups is not None
        self._cache: dict[str, Floats] = {}

    def scores(self, detector: "Detector") -> Floats:
        """(n,) score of each unit: of the row, or the mean of ``detector.for_mean`` over the group's rows."""
        if detector.name not in self._cache:
            scores = detector.score(self.outputs)
            self._cache[detector.name] = self._mean(detector.for_mean(scores)) if self.by_group else scores
        return self._cache[detector.name]

    @cached_property
    def msp(self) -> Floats:
        """(n,) maximum softmax probability of each unit."""
        msp = np.exp(self.outputs.logit_scores["log_msp"])
        return self._mean(msp) if self.by_group else msp

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) whether each unit is right: the row, or every row of the group."""
        if not self.by_group:
            return self.outputs.correct
        return np.asarray(np.bincount(self._groups, weights=~self.outputs.correct) == 0)

    @property
    def _groups(self) -> NDArray[np.int64]:
        assert self.outputs.groups is not None, "a mean over groups needs groups"
        return self.outputs.groups

    def _mean(self, values: Floats) -> Floats:
        return np.asarray(np.bincount(self._groups, weights=values) / np.bincount(self._groups))


Part = tuple[ScoredSet, Any]
"""A data set and which of its units count: an index or mask."""


@dataclass(frozen=True)
class EvaluationSpec:
    """What is asked of a model.

    Attributes:
        by_group: whether a unit is a group of rows, scored by the mean of its rows, or a row.
        misclassification: whether right and wrong have a meaning.
        population: the in-distribution units that the ROC curves of the plots show; the rows have both.
        group_variant: where rows are units, the variant whose units are groups (``sentences``), or None. A group is
            right if all its rows are.
        subsets: variants of the question of right and wrong that ask it of a part of the rows: from the outputs to a
            mask, or to None where the outputs do not tell.
    """

    by_group: bool = False
    misclassification: bool = True
    population: str = "correct"
    group_variant: str | None = None
    subsets: Mapping[str, Subset] = field(default_factory=dict)

    @classmethod
    def of(cls, task: Task) -> "EvaluationSpec":
        """Return what a task asks."""
        return cls(task.unit == "group", task.misclassification, task.population, task.group_variant, task.subsets)


def judge(
    questions: EvaluationSpec, outputs: TaskOutputs, detectors: Sequence["Detector"], identity: Mapping[str, Any]
) -> tuple[list[Row], list[str]]:
    """Return the rows of one trained model, and a sentence for each that has no meaning.

    Args:
        questions: what to ask.
        outputs: of the model.
        detectors: scores to judge; those whose ``extra`` the model does not give are left out.
        identity: the fields of ``Row`` that say what was run.
    """
    identity = {**identity, "error": error_of(outputs.test)}
    rows: list[Row] = []
    gaps: list[str] = []
    comparisons = list(_comparisons(questions, outputs))
    for detector in detectors:
        if detector.extra is not None and detector.extra not in outputs.test.extras:
            continue
        for question, population, key, positive, negative in comparisons:
            row = _row(detector, question, population, key, positive, negative, identity)
            if row is None:
                gaps.append(f"{_name(question, key)}: a side is empty, so there is nothing to separate")
            else:
                rows.append(row)
    return rows, list(dict.fromkeys(gaps))


def judge_variant(
    variant: str,
    questions: EvaluationSpec,
    outputs: TaskOutputs,
    detectors: Sequence["Detector"],
    identity: Mapping[str, Any],
) -> tuple[list[Row], list[str]]:
    """Return what ``judge`` does in the task's own setting alone, as rows of the variant that is named."""
    own = {key: ood for key, ood in outputs.ood.items() if key[1] is None}
    plain = replace(questions, group_variant=None, subsets={})
    rows, gaps = judge(plain, replace(outputs, ood=own), detectors, identity)
    return [replace(row, variant=variant) for row in rows], gaps


Key = tuple[str | None, str | None]
"""OOD set, None for the question of right and wrong; and variant."""

Comparison = tuple[str, str, Key, Part, list[Part]]


def _comparisons(questions: EvaluationSpec, outputs: TaskOutputs) -> Iterator[Comparison]:
    """Yield (question, population, key, positive part, negative parts)."""
    test = ScoredSet(outputs.test, questions.by_group)
    yield from _of_units(questions, test, outputs.ood, None)
    for name, subset in questions.subsets.items():
        chosen = subset(outputs.test)
        if chosen is not None:
            right, wrong = (test, chosen & test.correct), (test, chosen & ~test.correct)
            yield "misclassification", "all", (None, name), right, [wrong]
    if questions.group_variant and outputs.test.groups is not None:
        own_setting = {key: ood for key, ood in outputs.ood.items() if key[1] is None}
        yield from _of_units(questions, ScoredSet(outputs.test, by_group=True), own_setting, questions.group_variant)


def _of_units(
    questions: EvaluationSpec, test: ScoredSet, ood: Mapping[OodKey, Outputs], variant: str | None
) -> Iterator[Comparison]:
    populations: dict[str, Any] = {"all": slice(None)}
    if questions.misclassification:
        yield "misclassification", "all", (None, variant), (test, test.correct), [(test, ~test.correct)]
        populations["correct"] = test.correct
    for (name, own_variant), sets in _ood_sets(ood, test.by_group):
        negatives: list[Part] = [(one, slice(None)) for one in sets]
        for population, chosen in populations.items():
            yield "ood", population, (name, own_variant or variant), (test, chosen), negatives


def _ood_sets(ood: Mapping[OodKey, Outputs], by_group: bool) -> list[tuple[OodKey, list[ScoredSet]]]:
    """List every OOD set and, for each variant with two or more, their pool ``All``."""
    scored = {key: ScoredSet(outputs, by_group) for key, outputs in ood.items()}
    listed = [(key, [one]) for key, one in scored.items()]
    for variant in dict.fromkeys(variant for _, variant in scored):
        pool = [one for (_, other), one in scored.items() if other == variant]
        if len(pool) > 1:
            listed.append((("All", variant), pool))
    return listed


def _row(
    detector: "Detector",
    question: str,
    population: str,
    key: Key,
    positive: Part,
    negatives: list[Part],
    identity: Mapping[str, Any],
) -> Row | None:
    def side(parts: list[Part], values: Callable[[ScoredSet], Floats]) -> Floats:
        return np.concatenate([values(scored)[chosen] for scored, chosen in parts])

    kept = side([positive], lambda scored: scored.scores(detector))
    rejected = side(negatives, lambda scored: scored.scores(detector))
    if not kept.size or not rejected.size:
        return None
    name, variant = key
    return Row(
        **identity,
        **asdict(separation(kept, rejected)),
        detector=detector.name,
        question=question,
        population=population,
        out_dist=name,
        variant=variant,
        mean_msp_positive=float(side([positive], lambda scored: scored.msp).mean()),
        mean_msp_negative=float(side(negatives, lambda scored: scored.msp).mean()),
    )


def _name(question: str, key: Key) -> str:
    return " ".join(part for part in (question, *key) if part)


def error_of(test: Outputs) -> float | None:
    """Return the share of wrong rows; of transcripts, edits over reference symbols; None without labels."""
    if "edits" in test.extras:
        return float(test.extras["edits"].sum() / test.extras["reference_length"].sum())
    return None if test.labels is None else float(1 - test.correct.mean())


def curves(
    questions: EvaluationSpec, outputs: TaskOutputs, detector: "Detector", identity: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the plots of one model show: histograms of the MSP and ROC curves of ``detector``."""
    test = ScoredSet(outputs.test, questions.by_group)
    listed = [(key, sets) for key, sets in _ood_sets(outputs.ood, questions.by_group) if key[1] is None]
    histogram: dict[str, Any] = {"edges": np.linspace(0, 1, BINS + 1).round(3).tolist()}
    if questions.misclassification:
        histogram |= {"right": _counts(test.msp[test.correct]), "wrong": _counts(test.msp[~test.correct])}
    else:
        histogram |= {"right": _counts(test.msp), "wrong": None}
    histogram["ood"] = {name: _counts(sets[0].msp) for (name, _), sets in listed if len(sets) == 1}
    roc = []
    for question, population, (ood, variant), (_, chosen), negatives in _comparisons(questions, outputs):
        other_population = questions.misclassification and population != questions.population
        if variant is not None or (ood is not None and other_population):
            continue
        kept = test.scores(detector)[chosen]
        rejected = np.concatenate([scored.scores(detector)[part] for scored, part in negatives])
        if kept.size and rejected.size:
            fpr, tpr = roc_curve(kept, rejected)
            points = {"fpr": fpr.round(5).tolist(), "tpr": tpr.round(5).tolist()}
            roc.append({"question": question, "out_dist": ood, "population": population, **points})
    where = {name: identity[name] for name in ("task", "seed", "objective")}
    return {**where, "detector": detector.name, "histogram": histogram, "roc": roc}


def _counts(values: Floats) -> list[int]:
    return [int(count) for count in np.histogram(values, bins=BINS, range=(0.0, 1.0))[0]]
