"""Whether one detector is better than another on the same examples: a paired interval, and many comparisons at once."""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.intervals import Z95
from common.metrics.places import PlacedSamples, Placements, SortedSample, places_among
from common.metrics.ranking import as_scores


@dataclass(frozen=True)
class Difference:
    """A difference of two figures on the same examples, its 95 % interval, and its standard error."""

    value: float
    low: float
    high: float
    standard_error: float


def placements(positive: ArrayLike, negative: ArrayLike) -> Placements:
    """Return the placements of both samples.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.
    """
    kept, rejected = as_scores(positive, "positive"), as_scores(negative, "negative")
    return PlacedSamples(*places_among([SortedSample(kept), SortedSample(rejected)])).placements


def paired_difference(ours: Placements, theirs: Placements) -> Difference:
    """Return how much larger our AUROC is than theirs, both detectors scoring the same examples in the same order.

    With d the difference of the two placements of an example, the variance is S(d of positives) / N + S(d of
    negatives) / M, S the sample variance. Of a single example it cannot be estimated: the interval is then all of
    [-1, 1].

    Raises:
        ValueError: the samples have other sizes.

    Source: DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988), section 3, for two correlated areas.
    """
    pairs = ((ours.positive, theirs.positive), (ours.negative, theirs.negative))
    if any(len(one) != len(other) for one, other in pairs):
        raise ValueError("a paired difference needs the same examples in both samples")
    value = ours.auroc - theirs.auroc
    if any(len(one) < 2 for one, _ in pairs):
        return Difference(value, -1.0, 1.0, inf)
    error = sqrt(sum(float(np.var(one - other, ddof=1)) / len(one) for one, other in pairs))
    return Difference(value, max(value - Z95 * error, -1.0), min(value + Z95 * error, 1.0), error)


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return adjusted p-values of several tests: rejecting those up to a level keeps any false rejection within it.

    Source: Holm (Scandinavian Journal of Statistics 6, 1979).

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
