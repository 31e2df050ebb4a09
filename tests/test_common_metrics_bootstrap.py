"""The bootstrap that sorts once: every resample's figures are those of its examples, and intervals cover."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.metrics import risk_coverage, separation
from common.metrics.bootstrap import FIGURES, _figures, bootstrap_intervals, resampled_figures


def repeated(scores: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.repeat(scores, counts.astype(int))


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_figures_of_counts_are_those_of_the_repeated_examples(n: int, m: int, values: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    distinct = np.arange(values, 0, -1).astype(float)  # the largest score first
    p = rng.multinomial(n, np.full(values, 1 / values)).astype(float)
    q = rng.multinomial(m, np.full(values, 1 / values)).astype(float)
    positive, negative = repeated(distinct, p), repeated(distinct, q)
    figures = {name: float(value[0]) for name, value in _figures(p[None], q[None]).items()}
    expected = separation(positive, negative)
    correct = np.arange(n + m) < n
    for name in FIGURES[:-1]:
        assert figures[name] == pytest.approx(getattr(expected, name), abs=1e-12), name
    assert figures["aurc"] == pytest.approx(risk_coverage(np.append(positive, negative), correct).aurc, abs=1e-12)


def test_resamples_are_the_same_for_any_chunk_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    positive, negative = rng.normal(1, 1, 50), rng.normal(0, 1, 40)
    in_one = resampled_figures(positive, negative, resamples=1, seed=3)
    monkeypatch.setattr("common.metrics.bootstrap.CHUNK", 1)
    assert all(
        np.array_equal(in_one[name], value) for name, value in resampled_figures(positive, negative, 1, 3).items()
    )


def test_intervals_contain_the_figure_and_shrink_with_more_examples() -> None:
    rng = np.random.default_rng(2)
    widths = []
    for size in (100, 1600):
        positive, negative = rng.normal(1, 1, size), rng.normal(0, 1, size)
        found, exact = bootstrap_intervals(positive, negative, 300), separation(positive, negative)
        assert all(found[name].low <= getattr(exact, name) <= found[name].high for name in FIGURES[:-1])
        widths.append(found["auroc"].high - found["auroc"].low)
    assert widths[1] < widths[0] / 3


@pytest.mark.slow
@pytest.mark.parametrize(("right", "wrong"), [(400, 400), (3000, 60)])
def test_95_percent_intervals_cover_the_true_auroc_about_95_times_in_100(right: int, wrong: int) -> None:
    rng = np.random.default_rng(4)
    truth = 0.7602499389065233  # of N(1, 1) above N(0, 1)
    covered = 0
    for _ in range(200):
        interval = bootstrap_intervals(rng.normal(1, 1, right), rng.normal(0, 1, wrong), 300)["auroc"]
        covered += interval.low <= truth <= interval.high
    assert 180 <= covered <= 199  # 90 to 99.5 %


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_examples_changes_no_distribution_of_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.integers(0, 3, 30).astype(float)
    whole = resampled_figures(positive, positive, 50, 0)
    assert abs(float(whole["auroc"].mean()) - 0.5) < 0.05
