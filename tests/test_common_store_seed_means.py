"""Means over seeds: which rows belong together, and what is left where a seed defines no figure."""

from dataclasses import replace
from statistics import stdev

import pytest

from common.store.seed_means import Spread, mean_over_seeds, spread
from tests.report_files import MNIST


def test_of_several_values_the_spread_has_mean_deviation_bounds_and_count() -> None:
    assert spread([0.5, 0.75, 1.0, None]) == Spread(0.75, stdev([0.5, 0.75, 1.0]), 0.5, 1.0, 3)


def test_one_value_has_no_deviation_and_none_has_no_spread() -> None:
    assert spread([None, 0.5]) == Spread(0.5, None, 0.5, 0.5, 1)
    assert spread([None]) is None and spread([]) is None


def test_rows_that_differ_in_the_seed_alone_are_one_and_stand_in_the_order_of_seeds() -> None:
    first, other = replace(MNIST, seed=0, auroc=0.8), replace(MNIST, seed=0, detector="energy", auroc=0.4)
    second = replace(MNIST, seed=1, auroc=0.9)
    one, two = mean_over_seeds([second, other, first])
    assert (one.rows, one.row, one.seeds) == ((first, second), first, (0, 1))
    assert one.mean("auroc") == pytest.approx(0.85) and two.mean("auroc") == 0.4
    assert (two.rows, two.row) == ((other,), other)


def test_a_figure_that_no_seed_defines_has_no_mean() -> None:
    (one,) = mean_over_seeds([replace(MNIST, aurc=None)])
    assert one.mean("aurc") is None
