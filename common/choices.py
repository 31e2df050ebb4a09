"""Which inputs of a run people are shown: the most confident mistakes and OOD inputs, the least confident right ones.

Of a sentence's tokens at most one is chosen, and OOD sets take turns: with S sets, at most ceil(count / S) inputs are
of the same one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.comparisons import EvaluationSpec, ScoredSet
from common.discover import load_detector
from common.store.outputs import OodKey, TaskOutputs


@dataclass(frozen=True)
class Choice:
    """A unit that is to be shown.

    Attributes:
        kind: ``mistakes``, ``ood``, ``doubtful`` (least confident right units), or ``doubtful_test`` (least confident
            test units, where right and wrong are not defined).
        key: its OOD set; None: the test set.
        unit: its number in the set.
        msp: its maximum softmax probability.
    """

    kind: str
    key: OodKey | None
    unit: int
    msp: float


def choose(spec: EvaluationSpec, outputs: TaskOutputs, count: int) -> list[Choice]:
    """Choose up to ``count`` units of each kind by the MSP, ranked exactly; equal ones in the order of the data."""
    test = ScoredSet(outputs.test, spec.by_group)
    confidence = _confidence(test)
    if spec.misclassification:
        wrong, right = ~test.correct, test.correct
        chosen = _listed("mistakes", None, test, _first(-confidence, wrong, test, count))
        doubtful = _listed("doubtful", None, test, _first(confidence, right, test, count))
    else:
        chosen = []
        everything = np.ones(len(confidence), dtype=bool)
        doubtful = _listed("doubtful_test", None, test, _first(confidence, everything, test, count))
    return [*chosen, *_most_confident_ood(spec, outputs, count), *doubtful]


def _confidence(scored: ScoredSet) -> NDArray[np.float64]:
    return np.asarray(scored.scores(load_detector("msp")), dtype=np.float64)


def _first(order: NDArray[np.float64], among: NDArray[np.bool_], scored: ScoredSet, count: int) -> list[int]:
    """Return the units with the smallest ``order``, at most one of a group of rows."""
    groups = None if scored.by_group else scored.outputs.groups
    found: dict[int, int] = {}
    for unit in np.argsort(order, kind="stable"):
        if among[unit] and not np.isnan(order[unit]):
            found.setdefault(int(unit if groups is None else groups[unit]), int(unit))
        if len(found) == count:
            break
    return list(found.values())


def _listed(kind: str, key: OodKey | None, scored: ScoredSet, units: Sequence[int]) -> list[Choice]:
    return [Choice(kind, key, unit, float(scored.msp[unit])) for unit in units]


def _most_confident_ood(spec: EvaluationSpec, outputs: TaskOutputs, count: int) -> list[Choice]:
    sets = {key: ScoredSet(one, spec.by_group) for key, one in outputs.ood.items() if key.primary}
    ranked = []
    for key, scored in sets.items():
        confidence = _confidence(scored)
        units = _first(-confidence, np.ones(len(confidence), dtype=bool), scored, count)
        ranked += [(confidence[one.unit], one) for one in _listed("ood", key, scored, units)]
    ranked.sort(key=lambda pair: -pair[0])
    turns: Counter[OodKey | None] = Counter()
    chosen: list[Choice] = []
    for _, one in ranked:
        if turns[one.key] < -(-count // len(sets)) and len(chosen) < count:
            turns[one.key] += 1
            chosen.append(one)
    return chosen
