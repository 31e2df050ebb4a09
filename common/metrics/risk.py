"""What a threshold on the confidence buys: accuracy at a coverage, excess risk, and a threshold with a guarantee."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics import of_ranking
from common.metrics.calibration import paired
from common.metrics.ranking import Ranking, rank

COVERAGES = (0.80, 0.90, 0.95)

MOST_THRESHOLDS = 100
"""Thresholds that ``threshold_for_error`` tests at most."""


@dataclass(frozen=True)
class GuaranteedThreshold:
    """A threshold on the confidence, what it keeps of the examples it was chosen on, and what it promises.

    Attributes:
        threshold: examples with at least this confidence are answered: minus infinity where all are, and infinite where
            no threshold can be promised.
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


def risk_figures(ranking: Ranking) -> dict[str, Any]:
    """Return AURC, excess AURC and the accuracy at each of ``COVERAGES``, by their names in a results row.

    Args:
        ranking: of the confidences of right answers (positives) and of wrong ones.
    """
    found = {"aurc": of_ranking.aurc(ranking), "e_aurc": _excess_aurc(ranking)}
    return found | {f"accuracy_at_{round(100 * one)}": _accuracy_at(ranking, one) for one in COVERAGES}


def accuracy_at(confidence: ArrayLike, correct: ArrayLike, coverage: float) -> float:
    """Accuracy of the most confident examples, as few as make up ``coverage`` of all; ties are in random order.

    Raises:
        ValueError: ``coverage`` is not in (0, 1], or arrays that ``risk_coverage`` refuses.

    >>> round(accuracy_at([0.9, 0.8, 0.7, 0.6], [True, True, False, False], 0.75), 4)
    0.6667
    """
    if not 0 < coverage <= 1:
        raise ValueError(f"coverage must be above 0 and at most 1, not {coverage}")
    return _accuracy_at(_ranking(confidence, correct), coverage)


def _accuracy_at(ranking: Ranking, coverage: float) -> float:
    kept = ranking.positive + ranking.negative
    count = int(np.ceil(coverage * kept[-1] - 1e-9))
    return float(1 - np.interp(count, kept, ranking.negative) / count)


def excess_aurc(confidence: ArrayLike, correct: ArrayLike) -> float:
    """AURC less that of the best ranking with the same errors: 0 if every right answer is above every wrong one.

    Raises:
        ValueError: arrays that ``risk_coverage`` refuses.

    Source: Geifman, Uziel & El-Yaniv (ICLR 2019), arXiv:1805.08206, equation 4; the best area is exact here.
    """
    return _excess_aurc(_ranking(confidence, correct))


def _excess_aurc(ranking: Ranking) -> float:
    return of_ranking.aurc(ranking) - of_ranking.aurc(of_ranking.perfect(ranking.n_positive, ranking.n_negative))


def _ranking(confidence: ArrayLike, correct: ArrayLike) -> Ranking:
    sure, right = paired(confidence, correct)
    return rank(sure[right], sure[~right])


def threshold_for_error(
    confidence: ArrayLike, correct: ArrayLike, error: float, level: float = 0.95
) -> GuaranteedThreshold:
    """Lowest threshold whose answered examples have an error rate of at most ``error``, with probability ``level``.

    A tenth of the examples, drawn at random, lends its confidences as thresholds; below them stands minus infinity,
    which answers everything. The other examples test the thresholds from the strictest down: one passes if the upper
    Clopper-Pearson bound on the error rate of what it answers is at most ``error``, and the first that does not ends
    the search. The strictest that is tested can expect to answer twice as many examples as it takes to pass without an
    error, so that one early error does not end it.

    The thresholds are fixed before they are tested. Let t be the first in that order whose true error rate is above
    ``error``. The promise is broken only if the search goes beyond t, so t must pass, and that has a probability of at
    most 1 - ``level``. So the promise holds however many thresholds there are and whatever the error rate does between
    them, for new examples from the same distribution. It is about one call: who calls for several error rates and
    picks one has several promises.

    Args:
        confidence: (N,) of held-out examples.
        correct: (N,) whether each prediction is right.
        error: wanted error rate, in (0, 1).
        level: probability that the promise holds.

    Raises:
        ValueError: ``error`` or ``level`` is not in (0, 1), or arrays that ``risk_coverage`` refuses.

    Source: fixed-sequence testing, as in Angelopoulos, Bates, Candes, Jordan & Lei, "Learn then Test",
    arXiv:2110.01052, section 2.3; Clopper & Pearson (Biometrika 26, 1934).
    """
    for name, value in (("error", error), ("level", level)):
        if not 0 < value < 1:
            raise ValueError(f"{name} must be between 0 and 1, not {value}")
    sure, right = paired(confidence, correct)
    order = np.random.default_rng(0).permutation(len(sure))
    lent, tested = np.split(order, [len(sure) // 10])
    best = np.inf
    for threshold in _thresholds(sure[lent], 2 * _fewest(error, level) / len(tested)):
        kept = tested[sure[tested] >= threshold]
        if _upper_bound(int((~right[kept]).sum()), len(kept), level) > error:
            break
        best = float(threshold)
    kept = np.flatnonzero(sure >= best)
    wrong = float((~right[kept]).mean()) if len(kept) else 0.0
    return GuaranteedThreshold(best, len(kept) / len(sure), wrong, error, level)


def _thresholds(sure: NDArray[Any], start: float) -> NDArray[np.float64]:
    """Return the thresholds that are tested, the strictest first, which answers about the fraction ``start``."""
    ordered = np.sort(sure.astype(np.float64))[::-1]
    first = int(np.ceil(start * (len(ordered) + 1))) - 1
    places = np.linspace(first, len(ordered) - 1, MOST_THRESHOLDS) if first < len(ordered) else np.array([])
    return np.append(np.unique(ordered[places.round().astype(int)])[::-1], -np.inf)


def _fewest(error: float, level: float) -> int:
    """Fewest examples without an error whose bound is ``error``."""
    return int(np.ceil(np.log(1 - level) / np.log(1 - error)))


def _upper_bound(wrong: int, count: int, level: float) -> float:
    """Upper Clopper-Pearson bound, at ``level``, of an error rate of which ``count`` trials had ``wrong`` errors."""
    from scipy.special import betaincinv

    return 1.0 if wrong == count else float(betaincinv(wrong + 1, count - wrong, level))
