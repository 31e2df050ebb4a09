"""Mean ranks of methods over data sets, and whether they differ by more than chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class MeanRanks:
    """Ranks of K methods on N data sets.

    Attributes:
        ranks: (K,) mean rank of each method; 1 is best, ties share their mean rank.
        p_value: of Friedman's test that all methods are alike; None with fewer than 3 methods or 2 data sets.
        critical_difference: of Nemenyi's test at the level 0.05: mean ranks further apart than this differ.
    """

    ranks: NDArray[np.float64]
    p_value: float | None
    critical_difference: float


def mean_ranks(figures: ArrayLike) -> MeanRanks:
    """Rank methods on each data set by a figure that is better where larger, and average over data sets.

    CD = q_0.05(K) sqrt(K (K + 1) / (6 N)), q the studentised range of K groups and infinite degrees of freedom over
    sqrt(2).

    Args:
        figures: (N, K) finite figure of K methods on N data sets; K is 2 or more.

    Raises:
        ValueError: another shape, or a figure that is not finite.

    Source: Demsar (JMLR 2006), "Statistical comparisons of classifiers over multiple data sets", section 3.2.
    """
    from scipy.stats import friedmanchisquare, rankdata, studentized_range

    values = np.asarray(figures, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] < 1 or values.shape[1] < 2:
        raise ValueError(f"figures must be (data sets, 2 or more methods), not {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("figures must be finite")
    sets, methods = values.shape
    quantile = float(studentized_range.ppf(0.95, methods, np.inf)) / np.sqrt(2)
    alike = bool((values == values[:, :1]).all())
    tested = methods > 2 and sets > 1 and not alike
    return MeanRanks(
        ranks=rankdata(-values, axis=1).mean(axis=0),
        p_value=float(friedmanchisquare(*values.T).pvalue) if tested else None,
        critical_difference=float(quantile * np.sqrt(methods * (methods + 1) / (6 * sets))),
    )
