"""The bootstrap that draws counts of bins has the distribution of a resample and a sort each; its intervals cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from common.metrics import risk_coverage, separation
from common.metrics.bootstrap import (
    BINNED,
    BINS,
    FIGURES,
    RESAMPLED,
    bootstrap_intervals,
    intervals_of,
    resampled_figures,
)
from common.metrics.detection import ranked
from common.metrics.fpr95_interval import Interval, _middle, fpr95_interval

Samples = tuple[np.ndarray, np.ndarray]
RNG = np.random.default_rng(11)


def normal(gap: float, n: int, m: int) -> Samples:
    return RNG.normal(gap, 1, n), RNG.normal(0, 1, m)


def rounded(samples: Samples) -> Samples:
    return samples[0].round(1), samples[1].round(1)


SAMPLES = {
    "many of both": normal(1, 1000, 1000),
    "15 errors": normal(2, 3000, 15),
    "15 errors, hardly told apart": normal(0.5, 3000, 15),
    "150 errors": normal(2, 2000, 150),
    "chance": normal(0, 500, 500),
    "ties": rounded(normal(1, 1000, 200)),
    "saturated": tuple(one.clip(max=1.2) for one in normal(1.5, 800, 300)),
    "three values": (RNG.integers(0, 3, 400).astype(float), RNG.integers(0, 2, 60).astype(float)),
    "all tied": (np.ones(90), np.ones(70)),
    "apart": (np.arange(80.0) + 100, np.arange(90.0)),
    "a handful": normal(1, 12, 9),
    "one error": normal(1, 300, 1),
}


def plainly(positive: np.ndarray, negative: np.ndarray, resamples: int) -> dict[str, np.ndarray]:
    """A resample and a sort each; AURC of all examples together."""
    rng = np.random.default_rng(12)
    n, m = len(positive), len(negative)
    scores, right = np.append(positive, negative), np.arange(n + m) < n
    found = np.empty((resamples, len(RESAMPLED)))
    for line in found:
        figures = separation(rng.choice(positive, n), rng.choice(negative, m))
        drawn = rng.integers(n + m, size=n + m)
        line[:-1] = [getattr(figures, name) for name in RESAMPLED[:-1]]
        line[-1] = risk_coverage(scores[drawn], right[drawn]).aurc
    return dict(zip(RESAMPLED, found.T, strict=True))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_figure_has_the_distribution_of_a_resample_and_a_sort_each(name: str) -> None:
    ours, theirs = resampled_figures(ranked(*SAMPLES[name]), resamples=4000), plainly(*SAMPLES[name], resamples=800)
    noise = np.random.default_rng(13)
    for figure in RESAMPLED:
        twentieth = max(theirs[figure].std() / 20, 1e-9)  # so that equal steps need not be equal to the last digit
        one, other = (found + noise.normal(0, twentieth, len(found)) for found in (ours[figure], theirs[figure]))
        apart = ks_2samp(one, other).statistic
        assert apart < 1.95 * np.sqrt(1 / 4000 + 1 / 800), figure  # which 1 of 1,000 draws exceeds


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_figures_of_counts_are_those_of_the_repeated_examples(n: int, m: int, values: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, q = (rng.multinomial(size, np.full(values, 1 / values)) for size in (n, m))
    kept = [np.append(0.0, np.cumsum(counts))[:, None] for counts in (p, q)]
    one_score = np.ones(values, np.bool_)
    found = {name: formula(*kept, one_score) for name, formula in BINNED.items()}
    falling = np.arange(values, 0, -1).astype(float)
    positive, negative = np.repeat(falling, p), np.repeat(falling, q)
    expected = separation(positive, negative)
    for name in ("auroc", "ap_positive", "ap_negative"):
        assert found[name].item() == pytest.approx(getattr(expected, name), abs=1e-12), name
    aurc = risk_coverage(np.append(positive, negative), np.arange(n + m) < n).aurc
    assert found["aurc"].item() == pytest.approx(aurc, abs=0.01)


@pytest.mark.parametrize("size", [1, 2, 41, 1000])
def test_the_middle_95_percent_lie_between_numpys_quantiles(size: int) -> None:
    values = np.random.default_rng(size).normal(size=size)
    assert _middle(values) == pytest.approx(np.quantile(values, (0.025, 0.975)), abs=1e-14)


def test_an_interval_of_fpr95_is_the_same_whatever_was_asked_before() -> None:
    rankings = [ranked(*SAMPLES[name]) for name in ("many of both", "15 errors")]
    first = [fpr95_interval(one) for one in rankings]
    assert first == [fpr95_interval(one) for one in rankings]


def test_resamples_are_those_of_the_seed_for_any_chunk_size(monkeypatch: pytest.MonkeyPatch) -> None:
    ranking = ranked(*SAMPLES["many of both"])
    first, other = (resampled_figures(ranking, resamples=50, seed=seed) for seed in (3, 4))
    monkeypatch.setattr("common.metrics.bootstrap.CHUNK", 700)
    again = resampled_figures(ranking, resamples=50, seed=3)
    for name in RESAMPLED:
        assert first[name] == pytest.approx(again[name], abs=1e-12) and not np.allclose(first[name], other[name])


def test_some_figures_alone_have_the_intervals_that_all_give() -> None:
    ranking = ranked(*SAMPLES["ties"])
    whole = intervals_of(ranking, resamples=200)
    for name in FIGURES:
        assert intervals_of(ranking, [name], resamples=200) == {name: whole[name]}


@pytest.mark.parametrize("size", [BINS, BINS + 1, 5 * BINS])
def test_intervals_contain_the_figure(size: int) -> None:
    found, exact = bootstrap_intervals(*(samples := normal(1, size, size)), 300), everything(*samples)
    assert all(found[name].low < exact[name] < found[name].high for name in FIGURES)


def test_intervals_shrink_with_the_root_of_the_number_of_examples() -> None:
    wide, narrow = (bootstrap_intervals(*normal(1, size, size)) for size in (200, 3200))
    for name in RESAMPLED:
        assert 3 < (wide[name].high - wide[name].low) / (narrow[name].high - narrow[name].low) < 5.5, name


def test_of_samples_apart_or_tied_only_fpr95_and_aurc_have_a_width() -> None:
    for name in ("all tied", "apart"):
        found = bootstrap_intervals(*SAMPLES[name])
        widths = {figure: one.high - one.low for figure, one in found.items()}
        assert {figure for figure, width in widths.items() if width > 0} == {"fpr95_in", "fpr95_out", "aurc"}


def test_fpr95_of_no_example_kept_has_the_bound_of_none_among_as_many() -> None:
    found = fpr95_interval(ranked(np.arange(1000.0) + 1000, np.arange(200.0)))
    assert found.low == 0 and 2.0 / 200 < found.high < 3.0 / 200


def test_the_threshold_of_few_examples_has_no_bound() -> None:
    few, many = (fpr95_interval(ranked(np.linspace(1, 2, n), np.linspace(0, 1.05, 500))) for n in (15, 300))
    assert few.high > 0.9 and many.high < 0.2


def test_one_example_of_a_side_says_nothing_but_for_its_fpr95() -> None:
    found = bootstrap_intervals(*SAMPLES["one error"])
    assert {(found[name].low, found[name].high) for name in RESAMPLED} == {(0.0, 1.0)}


COVERED = {
    (400, 400): dict.fromkeys(FIGURES, 0.90),
    (3000, 60): dict.fromkeys(FIGURES, 0.90),
    (3000, 15): {**dict.fromkeys(FIGURES, 0.89), "ap_positive": 0.85},
}
"""Least share of the intervals that must contain the truth: 3 standard errors of 300 draws below what covers 94 %."""
DRAWS = 300


@pytest.mark.slow
@pytest.mark.parametrize("sizes", COVERED)
def test_95_percent_intervals_contain_the_true_figure(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    n, m = (size * 4_000_000 // sum(sizes) for size in sizes)
    truth = everything(rng.normal(1.5, 1, n), rng.normal(0, 1, m))
    covered = dict.fromkeys(FIGURES, 0)
    for _ in range(DRAWS):
        wrong = max(rng.binomial(sum(sizes), sizes[1] / sum(sizes)), 2)  # AURC is about all examples together
        whole = ranked(rng.normal(1.5, 1, sum(sizes) - wrong), rng.normal(0, 1, wrong))
        kept = ranked(rng.normal(1.5, 1, sizes[0]), rng.normal(0, 1, sizes[1]))
        found = intervals_of(kept) | intervals_of(whole, ["aurc"])
        for name, one in found.items():
            covered[name] += one.low <= truth[name] <= one.high
    for name, least in COVERED[sizes].items():
        assert least <= covered[name] / DRAWS <= 0.999, (name, covered)


def everything(positive: np.ndarray, negative: np.ndarray) -> dict[str, float]:
    figures = separation(positive, negative)
    right = np.arange(len(positive) + len(negative)) < len(positive)
    aurc = risk_coverage(np.append(positive, negative), right).aurc
    return {name: aurc if name == "aurc" else getattr(figures, name) for name in FIGURES}


@pytest.mark.parametrize("positive", [np.arange(100, 200.0), np.ones(100), np.arange(-100, 0.0)])
def test_an_interval_says_something_where_the_auroc_varies_in_no_resample(positive: np.ndarray) -> None:
    found = bootstrap_intervals(positive, np.ones(10))
    assert found["auroc"].low == found["auroc"].high
    assert 0 < found["aurc"].low < found["aurc"].high < 1 and found["aurc"].high - found["aurc"].low < 0.35
    assert found["ap_positive"].high - found["ap_positive"].low < 0.02


def test_one_example_bounds_nothing_and_one_resample_has_no_spread() -> None:
    assert bootstrap_intervals([1.0], [0.0, 2.0])["auroc"] == Interval(0.0, 1.0)
    for few in (0, 1):
        with pytest.raises(ValueError, match="at least 2"):
            bootstrap_intervals([1.0, 2.0], [0.0, 2.0], few)
