"""Paired differences against a bootstrap and a simulation; corrections against a plain loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics import auroc_interval, roc_auc
from common.metrics.comparison import holm, paired_difference, placements


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_a_placement_counts_the_other_sample_below_and_half_of_the_ties(kept: list[int], rejected: list[int]) -> None:
    found = placements(kept, rejected)
    by_hand = [np.mean([(a > b) + (a == b) / 2 for b in rejected]) for a in kept]
    assert np.allclose(found.positive, by_hand)
    assert found.positive.mean() == pytest.approx(found.negative.mean())
    assert found.auroc == pytest.approx(roc_auc(kept, rejected))


def test_against_a_constant_score_the_interval_is_delongs_own() -> None:
    rng = np.random.default_rng(0)
    kept, rejected = rng.normal(0.3, 1, 500), rng.normal(0, 1, 400)
    found = paired_difference(placements(kept, rejected), placements(np.zeros(500), np.zeros(400)))
    low, high = auroc_interval(kept, rejected)
    assert found.value == pytest.approx(roc_auc(kept, rejected) - 0.5)
    assert (found.high - found.low) == pytest.approx(high - low, rel=0.02)


def test_a_detector_differs_from_itself_by_nothing_and_pairing_narrows() -> None:
    rng = np.random.default_rng(1)
    kept, rejected = rng.normal(1, 1, 300), rng.normal(0, 1, 300)
    ours = placements(kept, rejected)
    same = paired_difference(ours, placements(3 * kept, 3 * rejected))
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    close = placements(kept + rng.normal(0, 0.1, 300), rejected + rng.normal(0, 0.1, 300))
    apart = placements(rng.normal(1, 1, 300), rng.normal(0, 1, 300))
    assert paired_difference(ours, close).standard_error < paired_difference(ours, apart).standard_error / 3


@pytest.mark.slow
def test_95_percent_intervals_of_a_difference_cover_nothing_about_95_times_in_100_with_15_errors() -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(1000):
        hidden = [rng.normal(1, 1, 2000), rng.normal(0, 1, 15)]
        ours, theirs = (placements(*(one + rng.normal(0, 0.5, len(one)) for one in hidden)) for _ in range(2))
        found = paired_difference(ours, theirs)
        covered += found.low <= 0 <= found.high
    assert 920 <= covered <= 975


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="the same examples"):
        paired_difference(placements([1.0, 2.0], [0.0]), placements([1.0], [0.0]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_multiplies_the_smallest_by_all_and_never_lowers(p_values: list[float]) -> None:
    adjusted, largest = holm(p_values), 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - rank)))
        assert adjusted[index] == pytest.approx(largest)
