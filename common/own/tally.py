"""Counts of a model's rows, from which every figure of a results row follows: no score is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.metrics.cells import Cells, doubt
from common.metrics.finer_counts import FinerCounts
from common.metrics.score_counts import ScoreCounts, countable
from common.metrics.streaming import TPR, doubtful
from common.plot_points import BIN, HIGHEST
from common.store.outputs import Outputs

BITS = 19
"""Leading bits of a score that choose its bin: 1,024 bins to a power of two, 4 MiB a sample and score."""
FURTHER_BINS = 4
"""Bins that a second pass counts score by score, besides those that decide an FPR95."""

RIGHT, WRONG = 0, 1
EMPTY = np.empty(0)
EDGES = np.arange(-HIGHEST, HIGHEST + BIN / 2, BIN)
"""Bins of the log odds of the MSP; the outermost hold all beyond them."""
Counts = ScoreCounts | FinerCounts
Sides = tuple[tuple[int, ...], tuple[int, ...]]
"""The samples that are pooled as positives, and as negatives."""


class Tally:
    """What is counted of the rows: samples are the right test rows, the wrong ones, and each OOD set.

    Test rows without labels count as right. Memory is fixed: 8 (samples + 2) x 2^19 bytes a score.

    Attributes:
        sizes: (samples,) number of rows.
        msp_sums: (samples,) sum of their MSP; NaN where it is unknown.
        confidences: (samples, bins) rows by the log odds of their MSP, in the bins of ``EDGES``.
        scores: counts of each detector's scores.
    """

    def __init__(self, detectors: Sequence[Detector], sets: int, scores: Mapping[str, Counts] | None = None) -> None:
        self._detectors = tuple(detectors)
        samples = 2 + sets
        self.sizes = np.zeros(samples, np.int64)
        self.msp_sums = np.zeros(samples)
        self.confidences = np.zeros((samples, len(EDGES) - 1), np.int64)
        self.scores: dict[str, Counts] = dict(scores or {one.name: ScoreCounts(BITS, samples) for one in detectors})

    def add_test(self, outputs: Outputs) -> None:
        """Count test rows."""
        right = np.ones(len(outputs.logits), np.bool_) if outputs.labels is None else outputs.correct
        self._add(outputs, {RIGHT: right, WRONG: ~right})

    def add_ood(self, number: int, outputs: Outputs) -> None:
        """Count rows of an OOD set."""
        self._add(outputs, {2 + number: slice(None)})

    def _add(self, outputs: Outputs, chosen: Mapping[int, Any]) -> None:
        msp = np.exp(outputs.logit_scores["log_msp"])
        odds = outputs.logit_scores.get("msp")
        for sample, rows in chosen.items():
            self.sizes[sample] += len(msp[rows])
            self.msp_sums[sample] += msp[rows].sum()
            if odds is not None:
                self.confidences[sample] += np.histogram(odds[rows].clip(EDGES[0], EDGES[-1]), bins=EDGES)[0]
        for detector in self._detectors:
            scores = countable(detector.score(outputs), detector.name)
            parts: list[NDArray[Any]] = [EMPTY] * len(self.sizes)
            for sample, rows in chosen.items():
                parts[sample] = scores[rows]
            self.scores[detector.name].add(*parts)

    def cells(self, detector: str, sides: Sides) -> Cells:
        """Return the counts by bin of one comparison."""
        return self.scores[detector].cells(*sides).without_empty()

    def second(self, comparisons: Sequence[Sides]) -> "Tally":
        """Return a tally for a second pass over the same rows: the bins that decide an FPR95 are counted by score."""
        finer = {name: _finer(counts, comparisons) for name, counts in self.scores.items()}
        return Tally(self._detectors, len(self.sizes) - 2, finer)


def _finer(counts: Counts, comparisons: Sequence[Sides]) -> FinerCounts:
    assert isinstance(counts, ScoreCounts), "there is no third pass"
    bins = counts.occupied()
    weight = np.max([doubt(counts.cells(*sides, bins), TPR) for sides in comparisons], axis=0)
    return FinerCounts(counts, doubtful(bins, weight, int(np.isinf(weight).sum()) + FURTHER_BINS))
