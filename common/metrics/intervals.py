"""Confidence interval of an AUROC: DeLong's variance from a ranking, and bounds that stay inside [0, 1]."""

from math import exp, inf, log, sqrt

from common.metrics.ranking import Ranking, known_once

Z95 = 1.959963984540054  # two-sided 95 % quantile of the normal distribution
PRIOR = 5  # examples that the modelled variance counts as; of 5, 10 and 20, 5 kept closest to 95 % in simulations


def auroc_bounds(ranking: Ranking, auroc: float) -> tuple[float, float]:
    """Bounds of the 95 % interval of ``auroc``; ``common.metrics.detection.auroc_interval`` gives the formula."""
    variance, quantile = variance_and_quantile(ranking, auroc)
    if not 0 < auroc < 1 or variance <= 0:
        return wilson(auroc, min(ranking.n_positive, ranking.n_negative))
    return around(auroc, quantile * sqrt(variance))


@known_once
def variance_and_quantile(ranking: Ranking, auroc: float) -> tuple[float, float]:
    """DeLong's variance of the AUROC, and how many of its roots a 95 % interval reaches: more where few examples are.

    That is the quantile of Student's t for the degrees of freedom of the variance (Satterthwaite), raised by as much as
    moderation raises the variance; infinite where the variance is 0.
    """
    parts = delong_variances(ranking, auroc)
    variance = sum(parts)
    n, m = ranking.n_positive, ranking.n_negative
    if variance <= 0:
        return 0.0, inf
    quantile = t95(variance**2 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1)))
    return variance, quantile * sqrt(_moderated(variance, auroc, n, m) / variance)


def around(fraction: float, half: float) -> tuple[float, float]:
    """Bounds of ``fraction`` +- ``half``, taken on the scale of log(x / (1 - x)), which keeps them inside (0, 1)."""
    centre, half = log(fraction / (1 - fraction)), half / (fraction * (1 - fraction))
    return _logistic(centre - half), _logistic(centre + half)


def t95(freedom: float) -> float:
    """Two-sided 95 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))


def _moderated(variance: float, auroc: float, n: int, m: int) -> float:
    """Mean of an estimated variance and the modelled one, weighted by degrees of freedom; never less than estimated.

    Few examples of one side may lie close together by luck, and most do so where the AUROC is high. The variance of
    two exponential distributions with this AUROC then counts as much as ``PRIOR`` further examples.
    """
    freedom = min(n, m) - 1
    modelled = hanley_mcneil_variance(auroc, n, m)
    return max(variance, (freedom * variance + PRIOR * modelled) / (freedom + PRIOR))


def hanley_mcneil_variance(auroc: float, n: int, m: int) -> float:
    """Variance of an AUROC A of two exponential distributions, the mean of that for either sign of the scores.

    A (1 - A) (1 + (N + M - 2) / 2 ((1 - A) / (2 - A) + A / (1 + A))) / (N M)

    Source: Hanley & McNeil (Radiology 143, 1982); the mean: Newcombe (Statistics in Medicine 25, 2006).
    """
    spread = (1 - auroc) / (2 - auroc) + auroc / (1 + auroc)
    return auroc * (1 - auroc) * (1 + (n + m - 2) / 2 * spread) / (n * m)


def delong_variances(ranking: Ranking, auroc: float) -> tuple[float, float]:
    """Variance of the AUROC over draws of the positives, and of the negatives; their sum is that over both.

    The placement of an example is the fraction of the other sample above it; a tie counts half. With S10 and S01 the
    sample variances of the placements of the N positives and the M negatives, they are S10 / N and S01 / M; 0 if a
    sample has one example, where they cannot be estimated.

    Source: DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988), section 2, with one placement per group of ties.
    """
    if min(ranking.n_positive, ranking.n_negative) < 2:
        return 0.0, 0.0
    n, m = ranking.n_positive, ranking.n_negative
    of_positives = of_negatives = 0.0
    for p, q in ranking.pieces():
        of_positives += ((p[1:] - p[:-1]) * ((q[1:] + q[:-1]) / (2 * m) - (1 - auroc)) ** 2).sum()
        of_negatives += ((q[1:] - q[:-1]) * ((p[1:] + p[:-1]) / (2 * n) - auroc) ** 2).sum()
    return float(of_positives / (n * (n - 1))), float(of_negatives / (m * (m - 1)))


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
