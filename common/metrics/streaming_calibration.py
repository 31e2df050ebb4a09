"""Calibration error and risk against coverage of any number of predictions, in fixed memory.

Predictions arrive in parts, on any number of processes; parts merge in any order to the same numbers. Each figure is an
interval that contains the exact one of ``common.metrics.calibration``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.base.arrays import as_array
from common.metrics import of_ranking
from common.metrics.calibration import calibration_bins, paired
from common.metrics.cells import Bounds, Cells, widened
from common.metrics.score_counts import ScoreCounts, countable

UNIT = 2**40  # confidences are summed as whole multiples of 1 / UNIT
PIECE = 2**20  # predictions at a time: a sum of so many stays below 2^63


class StreamingCalibrationError:
    """Expected calibration error of confidences that are seen once and not kept.

    ECE = (1 / N) sum over bins of |number right - sum of confidences|. Each confidence is rounded to the nearest
    multiple of 2^-40 and summed as an integer, which no order of updates or merges changes. A bin of n_b predictions
    errs by at most n_b 2^-41, so the ECE errs by at most 2^-41 = 5e-13: the interval is the figure +- 2^-41, and a
    little more for the rounding of float64.

    Args:
        bins: number of bins of equal width, as in ``expected_calibration_error``.

    >>> stream = StreamingCalibrationError()
    >>> stream.update([0.9, 0.9], [True, True])
    >>> stream.update([0.6, 0.6], [True, False])
    >>> round(stream.result().low, 9), round(stream.result().high, 9)
    (0.1, 0.1)
    """

    def __init__(self, bins: int = 15) -> None:
        if bins < 1:
            raise ValueError(f"bins must be at least 1, not {bins}")
        self.examples = 0
        self.surplus = [0] * bins  # number right minus sum of confidences, times UNIT

    def update(self, confidence: ArrayLike, correct: ArrayLike) -> None:
        """Add predictions: (N,) probabilities in [0, 1] of being right, and (N,) whether they are.

        Raises:
            ValueError: shapes differ or are not 1-D, NaN, or values out of range.
        """
        if as_array(confidence).size == as_array(correct).size == 0:
            return
        sure, right = paired(confidence, correct)
        bins = calibration_bins(sure, len(self.surplus))
        for start in range(0, len(sure), PIECE):
            piece = slice(start, start + PIECE)
            sums = np.zeros(len(self.surplus), np.int64)
            whole = np.rint(sure[piece].astype(np.float64) * UNIT).astype(np.int64)
            np.add.at(sums, bins[piece], right[piece] * np.int64(UNIT) - whole)
            self.surplus = [total + int(more) for total, more in zip(self.surplus, sums, strict=True)]
        self.examples += len(sure)

    def merge(self, other: "StreamingCalibrationError") -> None:
        """Add what ``other`` has summed, which must have as many bins."""
        if len(other.surplus) != len(self.surplus):
            raise ValueError(f"sums over {len(other.surplus)} bins cannot be added to {len(self.surplus)}")
        self.examples += other.examples
        self.surplus = [mine + theirs for mine, theirs in zip(self.surplus, other.surplus, strict=True)]

    def result(self) -> Bounds:
        """Bound the error of all predictions so far.

        Raises:
            ValueError: there are none.
        """
        if not self.examples:
            raise ValueError("confidences are empty: no update gave any")
        error = sum(abs(surplus) for surplus in self.surplus) / (self.examples * UNIT)
        return widened(error - 0.5 / UNIT, error + 0.5 / UNIT)


@dataclass(frozen=True)
class RiskCoverageBounds:
    """Errors among the examples kept, at the lower edge of each bin of confidences.

    Attributes:
        coverage: (G,) fraction of the examples kept, strictest first; exact, and ends at 1.
        risk: (G,) fraction of errors among those kept; exact.
        aurc: interval of the area under the curve of all thresholds.
    """

    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]
    aurc: Bounds


class StreamingRiskCoverage:
    """Risk against coverage of confidences that are seen once and not kept, in 32 x 2^bits bytes.

    AURC = (1 / N) sum over k of e_k / k, with e_k the expected errors among the k most confident. Inside a bin of p
    right and n wrong predictions below K others with E errors, e_k is between E + max(0, i - p) and E + min(i, n) for
    k = K + i, whatever the order: so it is at the ends of a group of ties, and inside one e_k is the straight line
    between, which stays above the convex lower bound and below the concave upper one. All right before all wrong
    attains the lower bound, the reverse the upper. A bin of one distinct score is a straight line itself.

    Args:
        bits: leading bits of a confidence that choose its bin, as in ``StreamingSeparation``.

    >>> stream = StreamingRiskCoverage()
    >>> stream.update([4, 3, 2, 2], [True, False, True, True])
    >>> result = stream.result()
    >>> result.coverage.tolist(), result.risk.tolist(), round(result.aurc.low, 4), result.aurc.width < 1e-11
    ([0.25, 0.5, 1.0], [0.0, 0.5, 0.25], 0.2708, True)
    """

    def __init__(self, bits: int = 20) -> None:
        self.counts = ScoreCounts(bits)

    def update(self, confidence: ArrayLike, correct: ArrayLike) -> None:
        """Count predictions: (N,) confidences in any unit, and (N,) whether they are right.

        Raises:
            ValueError: shapes differ or are not 1-D, NaN, or integers that float64 would round.
        """
        if as_array(confidence).size == as_array(correct).size == 0:
            return
        sure, right = paired(confidence, correct)
        scores = countable(sure, "confidence")
        self.counts.add(scores[right], scores[~right])

    def merge(self, other: "StreamingRiskCoverage") -> None:
        """Add what ``other`` has counted, which must have as many bits."""
        self.counts.merge(other.counts)

    def result(self) -> RiskCoverageBounds:
        """Bound the curve of all predictions so far.

        Raises:
            ValueError: there are none.
        """
        cells = self.counts.cells()
        if not len(cells.single):
            raise ValueError("confidences are empty: no update gave any")
        curve = cells.tied()
        kept = curve.positive + curve.negative
        aurc = aurc_bounds(cells)
        return RiskCoverageBounds(kept[1:] / kept[-1], curve.negative[1:] / kept[1:], aurc)


def aurc_bounds(cells: Cells) -> Bounds:
    """Bounds of the area under the risk-coverage curve; positives are right answers."""
    return widened(of_ranking.aurc(cells.ordered(True)), of_ranking.aurc(cells.ordered(False)))
