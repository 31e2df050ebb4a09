"""The interval of the AUROC: DeLong's variance as defined, and the truth covered as often as is said."""

from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
import pytest

from common.metrics.detection import auroc_interval, roc_auc
from common.metrics.intervals import delong_variances, hanley_mcneil_variance, wilson
from common.metrics.ranking import rank


def test_delong_variance_equals_its_definition() -> None:
    rng = np.random.default_rng(5)
    positive, negative = rng.integers(2, 9, 500) / 10, rng.integers(0, 7, 300) / 10  # heavily tied
    wins = (positive[:, None] > negative) + (positive[:, None] == negative) / 2
    expected = wins.mean(axis=1).var(ddof=1) / len(positive), wins.mean(axis=0).var(ddof=1) / len(negative)
    assert delong_variances(rank(positive, negative), wins.mean()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("auroc", [0.1, 0.5, 0.7, 0.97])
def test_the_modelled_variance_is_the_published_formula_of_either_sign(auroc: float) -> None:
    n, m = 40, 15
    q1, q2 = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    one, other = (
        (auroc * (1 - auroc) + (n - 1) * (a - auroc**2) + (m - 1) * (b - auroc**2)) / (n * m)
        for a, b in ((q1, q2), (q2, q1))
    )
    assert hanley_mcneil_variance(auroc, n, m) == pytest.approx((one + other) / 2, rel=1e-12)
    assert hanley_mcneil_variance(1 - auroc, n, m) == pytest.approx((one + other) / 2, rel=1e-12)


@pytest.mark.parametrize(("shift", "n", "m", "digits"), [(0.5, 30, 30, 9), (1.0, 40, 60, 9), (1.8, 100, 100, 0)])
def test_the_interval_covers_the_truth_in_95_percent_of_draws(shift: float, n: int, m: int, digits: int) -> None:
    rng = np.random.default_rng(1)
    truth = roc_auc(*(rng.normal(mean, 1, 1_000_000).round(digits) for mean in (shift, 0)))
    covered = 0
    for _ in range(1000):
        low, high = auroc_interval(rng.normal(shift, 1, n).round(digits), rng.normal(0, 1, m).round(digits))
        covered += low <= truth <= high
    assert 0.935 <= covered / 1000 <= 0.97


@pytest.mark.parametrize(("shift", "few"), [(1.0, 15), (1.5, 15), (2.5, 15), (2.5, 40)])
def test_the_interval_covers_the_truth_where_few_errors_meet_thousands_of_right_answers(shift: float, few: int) -> None:
    rng = np.random.default_rng(4)
    draws = [auroc_interval(rng.normal(shift, 1, 2000), rng.normal(0, 1, few)) for _ in range(500)]
    truth = NormalDist().cdf(shift / sqrt(2))
    assert 0.93 <= np.mean([low <= truth <= high for low, high in draws]) <= 0.995


def test_among_thousands_the_interval_is_that_of_delong_on_the_logit_scale() -> None:
    rng = np.random.default_rng(6)
    positive, negative = rng.normal(1.5, 1, 4000), rng.normal(0, 1, 4000)
    auroc, (low, high) = roc_auc(positive, negative), auroc_interval(positive, negative)
    half = 1.959964 * sqrt(sum(delong_variances(rank(positive, negative), auroc))) / (auroc * (1 - auroc))
    plain = [1 / (1 + exp(-(log(auroc / (1 - auroc)) + sign * half))) for sign in (-1, 1)]
    assert high - low == pytest.approx(plain[1] - plain[0], rel=2e-3)


def test_the_interval_stays_uncertain_where_few_examples_separate_perfectly() -> None:
    for n, m in ((1, 1), (3, 1000), (10, 10)):
        low, high = auroc_interval(np.arange(n) + 1e6, np.arange(m))
        assert (low, high) == (wilson(1.0, min(n, m))[0], 1.0)
        assert low == pytest.approx(1 / (1 + 1.959963984540054**2 / min(n, m)))


def test_the_interval_of_a_perfect_draw_covers_the_truth_behind_it() -> None:
    rng = np.random.default_rng(2)
    draws = [auroc_interval(rng.normal(3, 1, 8), rng.normal(0, 1, 8)) for _ in range(500)]
    assert np.mean([low <= 0.98305 <= high for low, high in draws]) >= 0.93  # Phi(3 / sqrt(2))


def test_the_interval_has_width_where_delong_has_none() -> None:
    for positive, negative in (([1.0] * 50, [1.0] * 50), ([2.0], [1.0, 2.0, 3.0]), ([1.0, 2.0], [0.0])):
        low, high = auroc_interval(positive, negative)
        assert high - low > 0.2


def test_the_interval_narrows_with_the_root_of_the_sizes() -> None:
    rng = np.random.default_rng(3)
    widths = [np.diff(auroc_interval(rng.normal(1, 1, n), rng.normal(0, 1, n)))[0] for n in (1000, 4000, 16_000)]
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.15)
    assert widths[1] / widths[2] == pytest.approx(2, rel=0.15)


def test_wilson_s_interval_has_its_published_bounds_on_both_sides() -> None:
    from common.metrics.intervals import wilson

    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=5e-5)
    assert wilson(0.2, 10) == pytest.approx((0.0567, 0.5098), abs=5e-5)
