"""Mean ranks against a count by hand, and the critical difference against Demsar's table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.ranks import mean_ranks


@given(st.integers(1, 6), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_a_rank_counts_the_better_methods_and_half_of_the_equal_ones(sets: int, methods: int, seed: int) -> None:
    figures = np.random.default_rng(seed).integers(0, 4, (sets, methods)).astype(float)
    by_hand = [
        np.mean([1 + sum(o > row[k] for o in row) + (sum(o == row[k] for o in row) - 1) / 2 for row in figures])
        for k in range(methods)
    ]
    assert np.allclose(mean_ranks(figures).ranks, by_hand)


@pytest.mark.parametrize(("methods", "q"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_critical_difference_has_the_published_quantiles(methods: int, q: float) -> None:
    figures = np.random.default_rng(0).random((14, methods))
    expected = q * np.sqrt(methods * (methods + 1) / (6 * 14))
    assert mean_ranks(figures).critical_difference == pytest.approx(expected, abs=1e-3)


def test_methods_that_are_always_in_one_order_differ_and_equal_ones_have_no_test() -> None:
    ordered = np.arange(4) + np.zeros((12, 1))
    assert mean_ranks(ordered).ranks.tolist() == [4, 3, 2, 1]
    assert (mean_ranks(ordered).p_value or 1) < 1e-5
    assert mean_ranks(np.ones((5, 3))).p_value is None


@pytest.mark.parametrize("figures", [np.ones(3), np.ones((2, 1)), [[1.0, np.nan]]])
def test_what_cannot_be_ranked_is_refused(figures: object) -> None:
    with pytest.raises(ValueError, match="figures must be"):
        mean_ranks(figures)  # type: ignore[arg-type]
