"""The points of a report's plots, from a model's outputs: the report draws them without the outputs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from common.comparisons import Comparison, EvaluationSpec, Floats, ScoredSet, comparisons, ood_sets
from common.discover import load_detector
from common.metrics.calibration import expected_calibration_error, reliability, risk_coverage
from common.metrics.detection import precision_recall, roc_curve
from common.metrics.model_calibration import cross_fitted
from common.metrics.odds import log_odds, softmax
from common.store.outputs import Outputs, TaskOutputs

if TYPE_CHECKING:
    from common.detector import Detector

HIGHEST = 16.0
"""Log odds of the MSP from which on all are in the last bin: 1 - MSP is a ten-millionth."""

BIN = 0.5
"""Width of a bin of log odds."""

FEW_CLASSES = 12
"""Classes up to which the confusion matrix is kept whole."""

TOP = 10
"""Confusions that are kept of more classes."""

POINTS = 100
"""Points of a risk-coverage curve at most."""


def curves(
    spec: EvaluationSpec, outputs: TaskOutputs, detector: "Detector", identity: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the data of one model's plots, in a form that JSON holds.

    ``confidence`` has counts of right, wrong and OOD units in bins of the log odds of the MSP; ``roc`` has ROC and
    precision-recall curves of ``detector``, ``risk`` its risk-coverage curve; ``reliability`` has the model's accuracy
    by confidence as it is and after temperature scaling; ``confusion`` has labels against predictions. What is not
    defined is empty.
    """
    primary = (one for one in comparisons(spec, outputs) if one.primary)
    shown = [one for one in primary if one.key is None or one.population == spec.shown_population]
    model = {name: identity[name] for name in ("task", "seed", "objective")}
    test = ScoredSet(outputs.test, spec.by_group)
    return {
        **model,
        "detector": detector.name,
        "confidence": _confidences(spec, outputs, test),
        "roc": [curve for one in shown if (curve := _separation(one, detector)) is not None],
        "risk": _risk(test, detector) if spec.misclassification else {},
        **(_of_classes(outputs, test) if spec.misclassification and not test.by_group else {}),
    }


def _listed(values: NDArray[Any], digits: int = 5) -> list[float]:
    return [float(one) for one in values.round(digits)]


def _confidences(spec: EvaluationSpec, outputs: TaskOutputs, test: ScoredSet) -> dict[str, Any]:
    """Count units in bins of the MSP's log odds; without labels, all test units count as ``right``."""
    if np.isnan(test.msp).all():  # a score was given, and no logits
        return {}
    found = _log_odds(test)
    answers = {"right": test.correct, "wrong": ~test.correct} if spec.misclassification else {"right": slice(None)}
    sets: dict[str, Floats] = {name: found[chosen] for name, chosen in answers.items()}
    primary = [(key, of) for key, of in ood_sets(outputs.ood, spec.by_group) if key.primary and len(of) == 1]
    ood = {key.name: _log_odds(of[0]) for key, of in primary}
    lowest = min(float(np.nanmin(one, initial=0.0)) for one in (*sets.values(), *ood.values()))
    edges = np.arange(np.floor(lowest), HIGHEST + BIN / 2, BIN)
    counts = {name: _counts(values, edges) for name, values in sets.items()}
    return {
        "edges": _listed(edges),
        "wrong": None,
        **counts,
        "ood": {name: _counts(one, edges) for name, one in ood.items()},
    }


def _log_odds(scored: ScoredSet) -> Floats:
    """(n,) log odds of the MSP, which a row has exactly and a group of rows from its mean."""
    return log_odds(scored.msp) if scored.by_group else scored.scores(load_detector("msp"))


def _counts(values: Floats, edges: NDArray[np.float64]) -> list[int]:
    known = values[~np.isnan(values)]
    return [int(count) for count in np.histogram(known.clip(edges[0], edges[-1]), bins=edges)[0]]


def _separation(comparison: Comparison, detector: "Detector") -> dict[str, Any] | None:
    """Return a ROC curve, and the precision-recall curve of finding the wrong or OOD units; None without either."""
    kept, rejected = comparison.sides(lambda scored: scored.scores(detector))
    if not kept.size or not rejected.size:
        return None
    fpr, tpr = roc_curve(kept, rejected)
    recall, precision = precision_recall(-rejected, -kept)
    return {
        "question": comparison.question,
        "out_dist": comparison.key.name if comparison.key else None,
        "population": comparison.population,
        "fpr": _listed(fpr),
        "tpr": _listed(tpr),
        "recall": _listed(recall),
        "precision": _listed(precision),
        "base": round(rejected.size / (kept.size + rejected.size), 5),
    }


def _risk(test: ScoredSet, detector: "Detector") -> dict[str, Any]:
    curve = risk_coverage(test.scores(detector), test.correct)
    places = np.unique(np.searchsorted(curve.coverage, np.linspace(0, 1, POINTS)))
    return {"coverage": _listed(curve.coverage[places]), "risk": _listed(curve.risk[places])}


def _of_classes(outputs: TaskOutputs, test: ScoredSet) -> dict[str, Any]:
    """Return what needs classes and labels of rows; nothing where a score was given and no logits."""
    if outputs.test.labels is None or np.isnan(test.msp).any():
        return {}
    return {
        "reliability": _reliability(outputs.test),
        "confusion": _confusion(outputs.test, outputs.meta.get("class_names", ())),
    }


def _reliability(test: Outputs) -> list[dict[str, Any]]:
    """Return bins of confidence and accuracy: as it is, and after temperature scaling where that is defined."""
    logits, labels = test.scored_logits.astype(np.float64), test.labels
    assert labels is not None, "accuracy needs labels"
    found = {"as it is": logits}
    if len(labels) > 1 and not np.isneginf(logits[np.arange(len(labels)), labels]).any():
        found["temperature scaled"] = cross_fitted(logits, labels, seed=0)[0]
    return [{"name": name, **_bins(softmax(one).max(axis=1), test.correct)} for name, one in found.items()]


def _bins(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> dict[str, Any]:
    found = reliability(confidence, correct)
    filled = found.count > 0
    return {
        "confidence": _listed(found.confidence[filled]),
        "accuracy": _listed(found.accuracy[filled]),
        "count": found.count[filled].tolist(),
        "ece": round(expected_calibration_error(confidence, correct), 5),
    }


def _confusion(test: Outputs, names: Any) -> dict[str, Any]:
    """Return counts of labels (rows) against predictions (columns), or the most frequent confusions."""
    assert test.labels is not None, "confusions need labels"
    predicted, classes = test.scored_logits.argmax(axis=1), test.scored_logits.shape[1]
    names = list(names) if len(names) == classes else [str(number) for number in range(classes)]
    if classes <= FEW_CLASSES:
        counts = np.bincount(test.labels * classes + predicted, minlength=classes**2)
        return {"names": names, "counts": counts.reshape(classes, classes).tolist()}
    pairs, counts = np.unique(np.stack([test.labels, predicted])[:, ~test.correct], axis=1, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:TOP]
    of_label = np.bincount(test.labels, minlength=classes)
    lines = [[*pairs[:, one].tolist(), int(counts[one])] for one in most]
    return {"top": [[names[label], names[said], count, int(of_label[label])] for label, said, count in lines]}
