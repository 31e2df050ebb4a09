"""Nearest neighbours by block maxima are those of a plain sort, with ties, remainders and a bank of any size."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from common.detectors.knn import NearestNeighbours
from common.detectors.nnguide import NearestNeighbourGuidance
from common.features import neighbours
from common.features.linear_head import LinearHead
from common.features.neighbours import largest, largest_by_blocks
from common.features.training_views import TrainingViews
from common.model import View

GENERATOR = torch.Generator().manual_seed(5)
BANK, ROWS, WIDTH, CLASSES = 2_003, 30, 12, 4
"""125 blocks and 3 columns beside them."""


def different(rows: int, columns: int) -> Tensor:
    return torch.randn(rows, columns, generator=GENERATOR)


def tied(rows: int, columns: int) -> Tensor:
    return torch.randint(0, 3, (rows, columns), generator=GENERATOR).float()


def equal(rows: int, columns: int) -> Tensor:
    return torch.zeros(rows, columns)


def rising(rows: int, columns: int) -> Tensor:
    """The largest lie in the columns that fill no block, and in the blocks' last columns."""
    return torch.arange(columns).float().expand(rows, -1).contiguous()


def mostly_infinite(rows: int, columns: int) -> Tensor:
    return torch.where(tied(rows, columns) > 1, different(rows, columns), -torch.inf)


def assert_largest(values: Tensor, k: int, found: tuple[Tensor, Tensor]) -> None:
    """Ties may be broken either way: the values agree with a plain sort, and the columns are where they stand."""
    highest, columns = found
    assert torch.equal(highest, values.sort(dim=1, descending=True).values[:, :k])
    assert torch.equal(values.gather(1, columns), highest)
    assert all(len(set(row)) == len(row) for row in columns.tolist()), "no column counts twice"


@pytest.mark.parametrize("make", [different, tied, equal, rising, mostly_infinite])
@pytest.mark.parametrize("remainder", [0, 1, 3])
@pytest.mark.parametrize("k", [1, 2, 11, 12])
def test_the_largest_by_blocks_are_the_largest(make: Callable[[int, int], Tensor], remainder: int, k: int) -> None:
    """Up to as many as there are blocks."""
    values = make(20, 4 * 12 + remainder)
    assert_largest(values, k, largest_by_blocks(values, k, size=4))


@pytest.mark.parametrize("k", [1, 31, 32, 2_003, 3_000])
def test_the_largest_are_found_by_blocks_or_without(k: int) -> None:
    """125 blocks serve up to k = 31; there are at most as many neighbours as rows."""
    values = tied(5, BANK)
    assert_largest(values, min(k, BANK), largest(values, k))


TRAIN, TEST = different(BANK, WIDTH), different(ROWS, WIDTH)
TRAIN[-40:] = TEST[:1]  # ties, and distances of 0
HEAD = LinearHead(different(CLASSES, WIDTH), different(1, CLASSES)[0])
VIEWS = TrainingViews(logits=HEAD(TRAIN), layers=(TRAIN,), row_of=torch.arange(BANK), head=HEAD)
VIEW = View(logits=HEAD(TEST), layers=(TEST,), row_of=torch.arange(ROWS))


@pytest.mark.parametrize("most", [50_000_000, 7_000])
@pytest.mark.parametrize("normalised", [True, False])
def test_the_distance_to_a_neighbour_among_many_is_that_of_a_sort(
    normalised: bool, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "PRODUCTS", most)
    probe = NearestNeighbours(k=30, normalised=normalised)
    rows, bank = (functional.normalize(x) if normalised else x for x in (TEST.double(), TRAIN.double()))
    expected = np.sort(np.linalg.norm(rows.numpy()[:, None] - bank.numpy(), axis=2))[:, 29]
    assert expected[0] < 1e-6 < expected[1:].min()
    np.testing.assert_allclose(-probe.score(VIEW, probe.fit(VIEWS)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("most", [50_000_000, 7_000])
def test_the_guidance_of_neighbours_among_many_is_that_of_a_sort(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "PRODUCTS", most)
    probe = NearestNeighbourGuidance(k=10)
    products = functional.normalize(TEST.double()) @ functional.normalize(TRAIN.double()).T
    energies = HEAD(TRAIN).double().logsumexp(1)
    expected = HEAD(TEST).double().logsumexp(1) * (products * energies).sort(dim=1).values[:, -10:].mean(1)
    np.testing.assert_allclose(probe.score(VIEW, probe.fit(VIEWS)), expected, rtol=1e-5, atol=1e-5)


def test_probes_that_have_a_bank_in_common_share_its_products() -> None:
    view = View(VIEW.logits, VIEW.layers, VIEW.row_of)
    for k in (1, 20):
        probe = NearestNeighbours(k)
        probe.score(view, probe.fit(VIEWS))
    guide = NearestNeighbourGuidance()
    guide.score(view, guide.fit(VIEWS))
    assert [key[0] for key in view.shared].count("products") == 1


def test_the_neighbours_of_a_smaller_k_are_those_of_a_larger_one_that_was_asked_for_before() -> None:
    view = View(VIEW.logits, VIEW.layers, VIEW.row_of)
    for normalised in (True, False):
        for k in (20, 3, 1):
            probe = NearestNeighbours(k, normalised)
            alone = probe.score(View(VIEW.logits, VIEW.layers, VIEW.row_of), probe.fit(VIEWS))
            assert torch.equal(probe.score(view, probe.fit(VIEWS)), alone)
    assert [key[0] for key in view.shared].count("nearest") == 2, "found once for each bank"


def test_of_steps_an_even_sample_is_searched_and_of_examples_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.features.training_views.SEARCHED_STEPS", 10)
    steps = replace(VIEWS, row_of=torch.arange(len(VIEWS.row_of)) // 2)
    for probe in (NearestNeighbours(1), NearestNeighbours(1, False), NearestNeighbourGuidance()):
        assert len(probe.fit(VIEWS)["bank"]) == len(VIEWS.row_of) and 5 < len(probe.fit(steps)["bank"]) <= 10
    guide = NearestNeighbourGuidance().fit(steps)
    assert len(guide["energy"]) == len(guide["bank"])
