"""Held-out classes: the seed draws them, what is left is relabelled, and a rare class never breaks a draw."""

import numpy as np
import pytest

from common.base.errors import UserError
from common.data.samples import RawDataset
from common.data.split import held_out_classes, leave_out

NAMES = ("a", "b", "c", "d", "e")


def samples(labels: list[int], names: tuple[str, ...] = NAMES) -> RawDataset:
    """Texts that name their own class."""
    return RawDataset([names[label] for label in labels], np.array(labels, dtype=np.int64), names, dropped={"empty": 2})


TRAIN, TEST = samples([0, 1, 2, 3, 4, 4, 3]), samples([4, 3, 2, 1, 0, 0])


def test_every_class_is_either_in_or_out_and_labels_still_name_the_text() -> None:
    split = held_out_classes(2, "left out")(TRAIN, TEST, 0)
    assert split.held_out is not None and len(split.held_out) == 2
    assert set(split.train.label_names) | set(split.held_out) == set(NAMES)
    for part in (split.train, split.test):
        assert [part.label_names[label] for label in part.labels] == part.items
        assert not set(part.items) & set(split.held_out)
    assert set(split.ood["left out"].items) == set(split.held_out)
    assert len(split.test) + len(split.ood["left out"]) == len(TEST)


def test_no_class_is_drawn_twice() -> None:
    for seed in range(30):
        held_out = held_out_classes(3, "left out")(TRAIN, TEST, seed).held_out
        assert held_out is not None and len(held_out) == len({*held_out}) == 3


def test_out_of_distribution_examples_have_no_labels_and_counts_of_dropped_rows_stay() -> None:
    split = held_out_classes(2, "left out")(TRAIN, TEST, 0)
    assert split.ood["left out"].labels is None
    assert split.train.dropped == {"empty": 2}


def test_a_seed_gives_one_draw_and_seeds_give_different_ones() -> None:
    draw = held_out_classes(2, "left out")
    assert draw(TRAIN, TEST, 3).held_out == draw(TRAIN, TEST, 3).held_out
    assert len({draw(TRAIN, TEST, seed).held_out for seed in range(20)}) > 5


def test_every_class_is_left_out_by_some_seed_however_rare_it_is() -> None:
    train = samples([0] * 1000 + [1, 2, 3, 4])
    out = [held_out_classes(2, "left out")(train, TEST, seed).held_out for seed in range(60)]
    counts = [sum(name in held_out for held_out in out) for name in NAMES]
    assert min(counts) > 12 and max(counts) < 36  # 24 each on average


def test_a_class_without_training_examples_is_always_out() -> None:
    train = samples([0, 1, 2, 3])
    assert all("e" in (held_out_classes(2, "left out")(train, TEST, seed).held_out or ()) for seed in range(20))


def test_a_draw_whose_classes_have_no_test_example_is_repeated() -> None:
    test = samples([0, 1, 4])
    for seed in range(30):
        assert len(held_out_classes(1, "left out")(TRAIN, test, seed).ood["left out"]) > 0


def test_a_class_left_in_without_test_examples_keeps_its_place() -> None:
    split = leave_out(TRAIN, samples([0, 4, 4]), np.array([0]), "left out")
    assert split.test.label_names == ("b", "c", "d", "e")
    assert split.test.labels.tolist() == [3, 3]


@pytest.mark.parametrize("count", [0, 4, 5])
def test_fewer_than_two_classes_left_is_an_error(count: int) -> None:
    with pytest.raises(UserError, match="at least two"):
        held_out_classes(count, "left out")(TRAIN, TEST, 0)


def test_data_that_no_draw_fits_is_an_error_and_not_an_endless_loop() -> None:
    with pytest.raises(UserError, match="no draw"):
        held_out_classes(1, "left out")(samples([0, 1]), TEST, 0)
