"""Evaluation: computes rows of results from a model's outputs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from common.comparisons import Comparison, EvaluationSpec, Floats, comparisons
from common.metrics.bootstrap import OF_ROWS, bounds_of, intervals_of
from common.metrics.comparison import paired_difference
from common.metrics.detection import separation_of
from common.metrics.model_calibration import model_calibration
from common.metrics.places import PlacedSamples, Placements, SortedSample, places_among
from common.metrics.ranking import Ranking, as_scores
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
    wanted = [Asked.of(one, spec) for one in comparisons(spec, outputs)]
    baseline = next((one for one in detectors if one.name == BASELINE), None)
    beside = {one: placed.placements for one, placed in _placed(baseline, wanted)} if baseline else {}
    for detector in detectors:
        if not detector.applies(outputs.test):
            continue
        options = {**outputs.detector_options.get(detector.name, {}), **detector.told(outputs.test)}
        described = {**identity, "detector": detector.name, "detector_options": options}
        skipped |= dict.fromkeys(reason for one in wanted if (reason := one.reason_to_skip(detector)))
        for asked, placed in _placed(detector, wanted):
            figures = _figures(placed.ranking, asked.comparison)
            if detector.name != BASELINE:
                figures |= _beside_msp(placed.placements, beside.get(asked))
            elif asked.comparison.key is None:
                figures |= _calibration(asked.comparison) | _promise(asked.comparison)
            rows.append(Row(**described, **asked.facts, **figures))
    return rows, list(skipped)


@dataclass(frozen=True, eq=False)
class Asked:
    """A comparison, and what the rows of all detectors say of it.

    Attributes:
        comparison: the two samples.
        facts: fields of its rows.
        empty: why there is nothing to separate; an empty string if there is.
    """

    comparison: Comparison
    facts: Mapping[str, Any]
    empty: str

    @classmethod
    def of(cls, comparison: Comparison, spec: EvaluationSpec) -> "Asked":
        """Return what is known of a comparison before any detector has scored it."""
        kept, rejected = comparison.sides(lambda scored: scored.msp)
        empty = "" if kept.size and rejected.size else f"{comparison.label}: {_empty(comparison, kept, rejected)}"
        msp = {} if empty else {"mean_msp_positive": _mean(kept), "mean_msp_negative": _mean(rejected)}
        return cls(comparison, {**_about(comparison, spec), **msp}, empty)

    def reason_to_skip(self, detector: "Detector") -> str:
        """Return why a detector has no figure for the comparison; an empty string if it has one."""
        if detector.per == "group" and self.comparison.unit == "row":
            return f"detector {detector.name} scores groups of rows, so it has no figure for single rows"
        return self.empty


def _empty(comparison: Comparison, kept: Floats, rejected: Floats) -> str:
    """Say which of the two samples is empty, and what that means."""
    if comparison.question == "misclassification" and kept.size + rejected.size:
        answers, all_are = kept.size + rejected.size, "right" if kept.size else "wrong"
        return f"all {answers:,} answers are {all_are}, so there are no others to tell them from"
    return "one of the two samples is empty, so there is nothing to separate"


def _placed(detector: "Detector", wanted: Sequence[Asked]) -> Iterator[tuple[Asked, PlacedSamples]]:
    """Yield the comparisons that a detector has a figure for; the scores of each data set are sorted once."""
    possible = [one for one in wanted if not one.reason_to_skip(detector)]
    all_sets = dict.fromkeys(scored for one in possible for scored in one.comparison.sets)
    ordered = {scored: SortedSample(as_scores(scored.scores(detector), detector.name)) for scored in all_sets}
    for sets, same in groupby(possible, key=lambda one: one.comparison.sets):
        places = dict(zip(sets, places_among([ordered[scored] for scored in sets]), strict=True))
        for asked in same:
            yield asked, PlacedSamples(*asked.comparison.sides(places.__getitem__))


def _figures(ranking: Ranking, comparison: Comparison) -> dict[str, Any]:
    """Return the figures of one detector and comparison with their intervals, by their names in a row."""
    figures = dict(vars(separation_of(ranking)))
    if comparison.key is not None:
        return figures | bounds_of(intervals_of(ranking, BOOTSTRAPPED, OF_ROWS))
    return figures | bounds_of(intervals_of(ranking, (*BOOTSTRAPPED, "aurc"), OF_ROWS)) | risk_figures(ranking)


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


def _beside_msp(ours: Placements, baseline: Placements | None) -> dict[str, Any]:
    """Return by how much the AUROC differs from the MSP's on the same examples."""
    if baseline is None:
        return {}
    found = paired_difference(ours, baseline)
    names = ("auroc_minus_msp", "auroc_minus_msp_low", "auroc_minus_msp_high")
    return dict(zip(names, (found.value, found.low, found.high), strict=True))


def _promise(comparison: Comparison) -> dict[str, Any]:
    """Return what can be answered with at most 5 % errors, and from which MSP on; nothing where the MSP is unknown."""
    right, wrong = comparison.sides(lambda scored: scored.msp)
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
