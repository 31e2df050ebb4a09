"""Confidence interval of an AUROC: DeLong's variance from a ranking, and bounds that stay inside [0, 1]."""

from math import exp, log, sqrt

import numpy as np

from common.metrics.ranking import Ranking

Z95 = 1.959963984540054  # two-sided 95 % quantile of the normal distribution


def auroc_bounds(ranking: Ranking, auroc: float) -> tuple[float, float]:
    """Bounds of the 95 % interval of ``auroc``; ``common.metrics.detection.auroc_interval`` gives the formula."""
    variance = delong_variance(ranking, auroc)
    if not 0 < auroc < 1 or variance <= 0:
        return wilson(auroc, min(ranking.n_positive, ranking.n_negative))
    centre = log(auroc / (1 - auroc))
    half = Z95 * sqrt(variance) / (auroc * (1 - auroc))
    return _logistic(centre - half), _logistic(centre + half)


def delong_variance(ranking: Ranking, auroc: float) -> float:
    """Variance of the AUROC over draws of both samples; 0 if a sample has one example, where it cannot be estimated.

    The placement of an example is the fraction of the other sample above it; a tie counts half. With S10 and S01 the
    sample variances of the placements of the N positives and the M negatives, it is S10 / N + S01 / M.

    Source: DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988), section 2, with one placement per group of ties.
    """
    if min(ranking.n_positive, ranking.n_negative) < 2:
        return 0.0
    n, m = ranking.n_positive, ranking.n_negative
    of_positives = of_negatives = 0.0
    for p, q in ranking.pieces():
        of_positives += (np.diff(p) * ((q[1:] + q[:-1]) / (2 * m) - (1 - auroc)) ** 2).sum()
        of_negatives += (np.diff(q) * ((p[1:] + p[:-1]) / (2 * n) - auroc) ** 2).sum()
    return float(of_positives / (n * (n - 1)) + of_negatives / (m * (m - 1)))


def wilson(fraction: float, n: int) -> tuple[float, float]:
    """95 % interval of a fraction observed in ``n`` independent trials; its width is never zero.

    Source: Wilson (Journal of the American Statistical Association 22, 1927).

    >>> low, high = wilson(1.0, n=10)
    >>> round(low, 4), high
    (0.7225, 1.0)
    """
    centre = fraction + Z95**2 / (2 * n)
    half = Z95 * sqrt(fraction * (1 - fraction) / n + Z95**2 / (4 * n**2))
    scale = 1 + Z95**2 / n
    low, high = (centre - half) / scale, (centre + half) / scale
    return max(0.0, min(low, fraction)), min(1.0, max(high, fraction))  # removes rounding errors at 0 and 1


def _logistic(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))
