"""Samples that are sorted once have the rankings and placements that each pair of them has by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.detection import ranked
from common.metrics.places import PlacedSamples, SortedSample, places_among

SCORES = st.lists(st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 0.25, 3.0, np.inf]), min_size=1, max_size=12)


@given(st.lists(SCORES, min_size=2, max_size=4), st.randoms())
def test_parts_of_samples_have_the_ranking_and_the_placements_of_their_scores(lists: list[list[float]], draw) -> None:  # type: ignore[no-untyped-def]
    samples = [np.array(one) for one in lists]
    first, *others = places_among([SortedSample(one) for one in samples])
    chosen = np.array([draw.random() < 0.7 for _ in first])
    chosen[0] = True
    placed = PlacedSamples(first[chosen], np.concatenate(others))
    positive, negative = samples[0][chosen], np.concatenate(samples[1:])
    ranking = ranked(positive, negative)
    wins = (positive[:, None] > negative) + (positive[:, None] == negative) / 2
    assert placed.ranking.positive.tolist() == ranking.positive.tolist()
    assert placed.ranking.negative.tolist() == ranking.negative.tolist()
    np.testing.assert_allclose(placed.placements.positive, wins.mean(1), atol=1e-15)
    np.testing.assert_allclose(placed.placements.negative, wins.mean(0), atol=1e-15)


def test_samples_of_different_types_of_number_are_compared_as_numbers() -> None:
    samples = [np.array([1, 3]), np.array([0.5, 3.0], np.float32), np.array([3.0, 1.5])]
    places = places_among([SortedSample(one) for one in samples])
    assert [one.tolist() for one in places] == [[1, 3], [0, 3], [3, 2]]


def test_integers_that_float64_would_round_are_not_placed_among_floats() -> None:
    with pytest.raises(ValueError, match="cannot be compared exactly"):
        places_among([SortedSample(np.array([2**53 + 1])), SortedSample(np.array([0.5]))])
