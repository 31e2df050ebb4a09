"""Every figure of a results row from counts lies in its interval, and a comparison of pooled samples is that of all."""

import numpy as np
import pytest

from common.metrics import accuracy_at, excess_aurc, risk_coverage, separation
from common.metrics.counted import counted_interval, risk_bounds, separation_bounds, within
from common.metrics.finer_counts import FinerCounts
from common.metrics.score_counts import ScoreCounts


def random_samples(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Samples of few scores, rounded so that some tie."""
    decimals = int(rng.integers(0, 5))
    return [rng.normal(mean, 1, int(rng.integers(1, 120))).round(decimals) for mean in range(count)]


def counted(bits: int, *samples: np.ndarray) -> ScoreCounts:
    counts = ScoreCounts(bits, len(samples))
    counts.add(*samples)
    return counts


def test_every_figure_of_separation_lies_in_its_interval_in_a_thousand_random_cases_with_ties() -> None:
    rng = np.random.default_rng(11)
    for _ in range(1000):
        negative, positive = random_samples(rng, 2)
        exact = separation(positive, negative)
        figures = separation_bounds(counted(int(rng.integers(1, 18)), positive, negative).cells())
        for name, bounds in figures.items():
            assert bounds.low <= getattr(exact, name) <= bounds.high, (name, bounds)
            assert abs(bounds.middle - getattr(exact, name)) <= within(figures)[name]


def test_every_figure_of_abstaining_lies_in_its_interval_in_500_random_cases_with_ties() -> None:
    rng = np.random.default_rng(12)
    for _ in range(500):
        wrong, right = random_samples(rng, 2)
        confidence, correct = np.concatenate([right, wrong]), np.arange(len(right) + len(wrong)) < len(right)
        figures = risk_bounds(counted(int(rng.integers(1, 18)), right, wrong).cells())
        exact = {f"accuracy_at_{k}": accuracy_at(confidence, correct, k / 100) for k in (80, 90, 95)}
        exact |= {"aurc": risk_coverage(confidence, correct).aurc, "e_aurc": excess_aurc(confidence, correct)}
        assert figures.keys() == exact.keys()
        for name, bounds in figures.items():
            assert bounds.low <= exact[name] <= bounds.high, (name, bounds)


def test_pooled_samples_are_compared_as_one_whatever_other_samples_hold() -> None:
    rng = np.random.default_rng(13)
    for _ in range(100):
        samples = random_samples(rng, 4)
        counts = counted(14, *samples)
        finer = FinerCounts(counts, counts.occupied()[::-3])
        finer.add(*samples)
        finer.check()
        exact = separation(np.concatenate(samples[2:]), samples[0])
        for cells in (counts.cells((2, 3), (0,)), finer.cells((2, 3), (0,))):
            for name, bounds in separation_bounds(cells.without_empty()).items():
                assert bounds.low <= getattr(exact, name) <= bounds.high, (name, bounds)


@pytest.mark.parametrize("size", [300, 30_000])
def test_the_confidence_interval_from_counts_is_that_of_all_scores_and_no_narrower(size: int) -> None:
    rng = np.random.default_rng(14)
    positive, negative = rng.normal(1, 1, size), rng.normal(0, 1, size)
    exact, cells = separation(positive, negative), counted(19, positive, negative).cells()
    low, high = counted_interval(cells, separation_bounds(cells)["auroc"])
    assert exact.auroc_low - 3e-4 < low < exact.auroc_low and exact.auroc_high < high < exact.auroc_high + 3e-4
