"""What a threshold on the confidence buys: accuracy at a coverage, excess risk, and a threshold with a guarantee."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.calibration import paired, risk_coverage
from common.metrics.ranking import rank

COVERAGES = (0.80, 0.90, 0.95)


@dataclass(frozen=True)
class GuaranteedThreshold:
    """A threshold on the confidence, what it keeps of the examples it was chosen on, and what it promises.

    Attributes:
        threshold: examples with at least this confidence are answered; infinite where no threshold can be promised.
        coverage: fraction of the examples that reach it.
        error: fraction of errors among them; 0 where there are none.
        promised: largest error rate of answered examples.
        confidence: probability, over draws of the examples, that the promise holds.
    """

    threshold: float
    coverage: float
    error: float
    promised: float
    confidence: float


def accuracy_at(confidence: ArrayLike, correct: ArrayLike, coverage: float) -> float:
    """Accuracy of the most confident examples, as few as make up ``coverage`` of all; ties are in random order.

    Raises:
        ValueError: ``coverage`` is not in (0, 1], or arrays that ``risk_coverage`` refuses.

    >>> round(accuracy_at([0.9, 0.8, 0.7, 0.6], [True, True, False, False], 0.75), 4)
    0.6667
    """
    if not 0 < coverage <= 1:
        raise ValueError(f"coverage must be above 0 and at most 1, not {coverage}")
    sure, right = paired(confidence, correct)
    ranking = rank(sure[right], sure[~right])
    count = int(np.ceil(coverage * len(sure) - 1e-9))
    errors = np.interp(count, ranking.positive + ranking.negative, ranking.negative)
    return float(1 - errors / count)


def excess_aurc(confidence: ArrayLike, correct: ArrayLike) -> float:
    """AURC less that of the best ranking with the same errors: 0 if every right answer is above every wrong one.

    Raises:
        ValueError: arrays that ``risk_coverage`` refuses.

    Source: Geifman, Uziel & El-Yaniv (ICLR 2019), arXiv:1805.08206, equation 4; the best area is exact here.
    """
    right = paired(confidence, correct)[1]
    best = risk_coverage(right.astype(np.float64), right).aurc  # ties among right, and among wrong, change nothing
    return risk_coverage(confidence, right).aurc - best


def threshold_for_error(
    confidence: ArrayLike, correct: ArrayLike, error: float, level: float = 0.95
) -> GuaranteedThreshold:
    """Lowest threshold whose answered examples have an error rate of at most ``error``, with probability ``level``.

    Thresholds are tried from the strictest down, and the first whose upper Clopper-Pearson bound on its error rate is
    above ``error`` ends the search; so many tests in a fixed order need no correction. Thresholds are the confidences
    of every hundredth example. The guarantee is for new examples from the same distribution.

    Args:
        confidence: (N,) of held-out examples.
        correct: (N,) whether each prediction is right.
        error: wanted error rate, in (0, 1).
        level: probability that the promise holds.

    Raises:
        ValueError: ``error`` or ``level`` is not in (0, 1), or arrays that ``risk_coverage`` refuses.

    Source: fixed-sequence testing with exact binomial bounds, as in Angelopoulos, Bates, Candes, Jordan & Lei,
    "Learn then Test", arXiv:2110.01052, section 2.3; Clopper & Pearson (Biometrika 26, 1934).
    """
    for name, value in (("error", error), ("level", level)):
        if not 0 < value < 1:
            raise ValueError(f"{name} must be between 0 and 1, not {value}")
    sure, right = paired(confidence, correct)
    best = GuaranteedThreshold(np.inf, 0.0, 0.0, error, level)
    for threshold in _candidates(sure):
        kept = sure >= threshold
        count, wrong = int(kept.sum()), int((kept & ~right).sum())
        if _upper_bound(wrong, count, level) > error:
            if count >= _fewest(error, level):
                break
            continue  # no threshold that keeps so few can be promised, whatever its errors
        best = GuaranteedThreshold(float(threshold), count / len(sure), wrong / count, error, level)
    return best


def _candidates(sure: NDArray[Any]) -> NDArray[Any]:
    ordered = np.sort(sure)[::-1]
    steps = np.unique(np.linspace(0, len(ordered) - 1, min(len(ordered), 100) + 1).round().astype(int))
    return np.unique(ordered[steps])[::-1]


def _fewest(error: float, level: float) -> int:
    """Fewest examples without an error whose bound is ``error``."""
    return int(np.ceil(np.log(1 - level) / np.log(1 - error)))


def _upper_bound(wrong: int, count: int, level: float) -> float:
    from scipy.stats import beta

    return 1.0 if wrong == count else float(beta.ppf(level, wrong + 1, count - wrong))
