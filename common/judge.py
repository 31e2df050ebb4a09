"""Evaluation: computes rows of results from a model's outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from common.comparisons import Comparison, EvaluationSpec, Floats, comparisons
from common.metrics.bootstrap import OF_ROWS, bounds_of, intervals_of
from common.metrics.comparison import Placements, paired_difference, placements
from common.metrics.detection import ranked, separation_of
from common.metrics.model_calibration import model_calibration
from common.metrics.risk import risk_figures, threshold_for_error
from common.store.outputs import Outputs, TaskOutputs
from common.store.rows import Row

if TYPE_CHECKING:
    from common.detector import Detector

BASELINE = "msp"
"""The detector that all others are compared with."""

PROMISED_ERROR = 0.05

BOOTSTRAPPED = ("ap_positive", "ap_negative", "fpr95_in", "fpr95_out")
"""Figures of every row with a bootstrap interval; that of the AUROC has a formula (``auroc_interval``)."""


def evaluate_outputs(
    spec: EvaluationSpec, outputs: TaskOutputs, detectors: Sequence["Detector"], identity: Mapping[str, Any]
) -> tuple[list[Row], list[str]]:
    """Return the rows of one trained model, and a sentence for each skipped comparison.

    Args:
        spec: the comparisons to make.
        outputs: of the model.
        detectors: scores to evaluate; those that need an extra that the model does not give are skipped.
        identity: the fields of ``Row`` that identify the run and the model.
    """
    identity = {**identity, "train_examples": spec.train_examples, "error": error_of(outputs.test)}
    rows: list[Row] = []
    skipped: dict[str, None] = {}  # in order, each once
    wanted = list(comparisons(spec, outputs))
    baseline = next((one for one in detectors if one.name == BASELINE), None)
    placed = {number: _placements(baseline, one) for number, one in enumerate(wanted)} if baseline else {}
    for detector in detectors:
        if not detector.applies(outputs.test):
            continue
        options = {**outputs.detector_options.get(detector.name, {}), **detector.told(outputs.test)}
        described = {**identity, "detector_options": options}
        for number, comparison in enumerate(wanted):
            if reason := _reason_to_skip(detector, comparison):
                skipped[reason] = None
            else:
                rows.append(_row(detector, comparison, spec, described, placed.get(number)))
    return rows, list(skipped)


def _reason_to_skip(detector: "Detector", comparison: Comparison) -> str:
    """Return why a detector has no figure for a comparison; an empty string if it has one."""
    if detector.per == "group" and comparison.unit == "row":
        return f"detector {detector.name} scores groups of rows, so it has no figure for single rows"
    if not all(side.size for side in comparison.sides(lambda scored: scored.msp)):
        return f"{comparison.label}: {_empty(comparison)}"
    return ""


def _empty(comparison: Comparison) -> str:
    """Say which of the two samples is empty, and what that means."""
    kept, rejected = comparison.sides(lambda scored: scored.msp)
    if comparison.question == "misclassification" and kept.size + rejected.size:
        answers, all_are = kept.size + rejected.size, "right" if kept.size else "wrong"
        return f"all {answers:,} answers are {all_are}, so there are no others to tell them from"
    return "one of the two samples is empty, so there is nothing to separate"


def _placements(detector: "Detector", comparison: Comparison) -> Placements | None:
    """Return where the detector places both samples; None where one is empty."""
    kept, rejected = comparison.sides(lambda scored: scored.scores(detector))
    return placements(kept, rejected) if kept.size and rejected.size else None


def _row(
    detector: "Detector",
    comparison: Comparison,
    spec: EvaluationSpec,
    identity: Mapping[str, Any],
    baseline: Placements | None,
) -> Row:
    kept, rejected = comparison.sides(lambda scored: scored.scores(detector))
    msp_kept, msp_rejected = comparison.sides(lambda scored: scored.msp)
    ranking, risk = ranked(kept, rejected), comparison.key is None
    facts = {**identity, "detector": detector.name, **_about(comparison, spec), **asdict(separation_of(ranking))}
    facts |= bounds_of(intervals_of(ranking, (*BOOTSTRAPPED, "aurc") if risk else BOOTSTRAPPED, OF_ROWS))
    if risk:
        facts |= risk_figures(ranking)
    if detector.name != BASELINE:
        facts |= _beside_msp(kept, rejected, baseline)
    elif risk:
        facts |= _calibration(comparison) | _promise(msp_kept, msp_rejected)
    return Row(**facts, mean_msp_positive=_mean(msp_kept), mean_msp_negative=_mean(msp_rejected))


def _about(comparison: Comparison, spec: EvaluationSpec) -> dict[str, Any]:
    """Return the fields of a row that say what was compared."""
    key = comparison.key
    return {
        "question": comparison.question,
        "population": comparison.population,
        "out_dist": key.name if key else None,
        "level_db": key.level_db if key else None,
        "distance": spec.distances.get(key.name) if key else None,
        "subset": comparison.subset,
        "unit": comparison.unit,
        "primary": comparison.primary,
    }


def _mean(msp: Floats) -> float | None:
    """Return the mean MSP; None where it is unknown, because a score was given and no logits."""
    return None if np.isnan(msp).all() else float(msp.mean())


def _beside_msp(kept: Floats, rejected: Floats, baseline: Placements | None) -> dict[str, Any]:
    """Return by how much the AUROC differs from the MSP's on the same examples."""
    if baseline is None:
        return {}
    found = paired_difference(placements(kept, rejected), baseline)
    names = ("auroc_minus_msp", "auroc_minus_msp_low", "auroc_minus_msp_high")
    return dict(zip(names, (found.value, found.low, found.high), strict=True))


def _promise(right: Floats, wrong: Floats) -> dict[str, Any]:
    """Return what can be answered with at most 5 % errors, and from which MSP on; nothing where the MSP is unknown."""
    msp, correct = np.concatenate([right, wrong]), np.arange(len(right) + len(wrong)) < len(right)
    if np.isnan(msp).any():
        return {}
    found = threshold_for_error(msp, correct, PROMISED_ERROR)
    threshold = None if found.threshold == np.inf else max(found.threshold, 0.0)
    return {"coverage_at_error_5": found.coverage, "msp_at_error_5": threshold}


def _calibration(comparison: Comparison) -> dict[str, Any]:
    """Return the model's calibration, in the one row that is about all rows of the test set."""
    scored = comparison.positive[0]
    logits, labels = scored.outputs.scored_logits, scored.outputs.labels
    whole = comparison.subset is None and comparison.unit == "row"
    if not whole or labels is None or len(labels) < 2 or np.isnan(scored.msp).any():  # NaN: a score without logits
        return {}
    masked = np.isneginf(logits[np.arange(len(labels)), labels]).any()
    return {} if masked else asdict(model_calibration(logits, labels))


def error_of(test: Outputs) -> float | None:
    """Return the fraction of wrong rows; for transcripts, edits per reference symbol; None without labels."""
    if "edits" in test.group_extras:
        return float(test.group_extras["edits"].sum() / test.group_extras["reference_length"].sum())
    return None if test.labels is None else float(1 - test.correct.mean())
