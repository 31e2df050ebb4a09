"""From what a model says to rows of results: which score separates what from what, and how well."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from common.experiment import OodKey, TaskOutputs
from common.metrics import roc_curve, separation
from common.outputs import Outputs
from common.results import Row

if TYPE_CHECKING:
    from common.detector import Detector

Floats = NDArray[np.floating[Any]]
BINS = 20


class Scored:
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

    def _mean(self, values: Floats) -> Floats:
        groups = self.outputs.groups
        assert groups is not None, "a mean over groups needs groups"
        return np.asarray(np.bincount(groups, weights=values) / np.bincount(groups))


Part = tuple[Scored, Any]
"""A data set and which of its units count: an index or mask."""


@dataclass(frozen=True)
class Questions:
    """What is asked of a model.

    Attributes:
        by_group: whether a unit is a group of rows, scored by the mean of its rows, or a row.
        misclassification: whether right and wrong have a meaning.
        population: the in-distribution units that the ROC curves of the plots show; the rows have both.
    """

    by_group: bool = False
    misclassification: bool = True
    population: str = "correct"


def judge(
    questions: Questions, outputs: TaskOutputs, detectors: Sequence["Detector"], identity: Mapping[str, Any]
) -> tuple[list[Row], list[str]]:
    """Return the rows of one trained model, and a sentence for each that has no meaning.

    Args:
        questions: what to ask.
        outputs: of the model.
        detectors: scores to judge; those whose ``extra`` the model does not give are left out.
        identity: the fields of ``Row`` that say what was run.
    """
    test = Scored(outputs.test, questions.by_group)
    identity = {**identity, "error": error_of(outputs.test)}
    rows: list[Row] = []
    gaps: list[str] = []
    comparisons = list(_comparisons(questions, test, outputs))
    for detector in detectors:
        if detector.extra is not None and detector.extra not in outputs.test.extras:
            continue
        for question, population, ood, positive, negative in comparisons:
            row = _row(detector, question, population, ood, positive, negative, identity)
            if row is None:
                gaps.append(f"{_name(question, ood)}: a side is empty, so there is nothing to separate")
            else:
                rows.append(row)
    return rows, list(dict.fromkeys(gaps))


Comparison = tuple[str, str, OodKey | None, Part, list[Part]]


def _comparisons(questions: Questions, test: Scored, outputs: TaskOutputs) -> Iterator[Comparison]:
    """Yield (question, population, OOD set, positive part, negative parts)."""
    populations: dict[str, Any] = {"all": slice(None)}
    if questions.misclassification:
        correct = outputs.test.correct
        yield "misclassification", "all", None, (test, correct), [(test, ~correct)]
        populations["correct"] = correct
    for key, sets in _ood_sets(outputs.ood, questions.by_group):
        for population, chosen in populations.items():
            yield "ood", population, key, (test, chosen), [(scored, slice(None)) for scored in sets]


def _ood_sets(ood: Mapping[OodKey, Outputs], by_group: bool) -> list[tuple[OodKey, list[Scored]]]:
    """List every OOD set and, for each variant with two or more, their pool ``All``."""
    scored = {key: Scored(outputs, by_group) for key, outputs in ood.items()}
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
    ood: OodKey | None,
    positive: Part,
    negatives: list[Part],
    identity: Mapping[str, Any],
) -> Row | None:
    def side(parts: list[Part], values: Callable[[Scored], Floats]) -> Floats:
        return np.concatenate([values(scored)[chosen] for scored, chosen in parts])

    kept = side([positive], lambda scored: scored.scores(detector))
    rejected = side(negatives, lambda scored: scored.scores(detector))
    if not kept.size or not rejected.size:
        return None
    name, variant = ood or (None, None)
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


def _name(question: str, ood: OodKey | None) -> str:
    return question if ood is None else f"{question} {ood[0]}"


def error_of(test: Outputs) -> float | None:
    """Return the share of wrong rows; of transcripts, edits over reference symbols; None without labels."""
    if "edits" in test.extras:
        return float(test.extras["edits"].sum() / test.extras["reference_length"].sum())
    return None if test.labels is None else float(1 - test.correct.mean())


def curves(
    questions: Questions, outputs: TaskOutputs, detector: "Detector", identity: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the plots of one model show: histograms of the MSP and ROC curves of ``detector``."""
    test = Scored(outputs.test, questions.by_group)
    listed = [(key, sets) for key, sets in _ood_sets(outputs.ood, questions.by_group) if key[1] is None]
    histogram: dict[str, Any] = {"edges": np.linspace(0, 1, BINS + 1).round(3).tolist()}
    if questions.misclassification:
        correct = outputs.test.correct
        histogram |= {"right": _counts(test.msp[correct]), "wrong": _counts(test.msp[~correct])}
    else:
        histogram |= {"right": _counts(test.msp), "wrong": None}
    histogram["ood"] = {name: _counts(sets[0].msp) for (name, _), sets in listed if len(sets) == 1}
    roc = []
    for question, population, key, (_, chosen), negatives in _comparisons(questions, test, outputs):
        other_population = questions.misclassification and population != questions.population
        if key is not None and (key[1] is not None or other_population):
            continue
        kept = test.scores(detector)[chosen]
        rejected = np.concatenate([scored.scores(detector)[part] for scored, part in negatives])
        if kept.size and rejected.size:
            fpr, tpr = roc_curve(kept, rejected)
            points = {"fpr": fpr.round(5).tolist(), "tpr": tpr.round(5).tolist()}
            roc.append({"question": question, "out_dist": key and key[0], "population": population, **points})
    where = {name: identity[name] for name in ("task", "seed", "objective")}
    return {**where, "detector": detector.name, "histogram": histogram, "roc": roc}


def _counts(values: Floats) -> list[int]:
    return [int(count) for count in np.histogram(values, bins=BINS, range=(0.0, 1.0))[0]]
