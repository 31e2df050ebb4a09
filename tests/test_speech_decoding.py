"""Best paths, and edit distances against brute force."""

from functools import cache

import torch
from hypothesis import given
from hypothesis import strategies as st

from speech.decoding import best_path, edit_distance, unpadded

sequence = st.lists(st.integers(0, 3), max_size=7)


def by_recursion(said: list[int], wanted: list[int]) -> int:
    @cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        change = distance(i - 1, j - 1) + (said[i - 1] != wanted[j - 1])
        return min(change, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    return distance(len(said), len(wanted))


@given(st.lists(st.tuples(sequence, sequence), min_size=1, max_size=5))
def test_the_edit_distance_of_many_pairs_is_that_of_each(pairs: list[tuple[list[int], list[int]]]) -> None:
    said, wanted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert edit_distance(said, wanted).tolist() == [by_recursion(*pair) for pair in pairs]


def test_no_pairs_have_no_distances() -> None:
    assert edit_distance([], []).tolist() == []


def test_repetitions_are_one_phone_unless_a_blank_is_between() -> None:
    classes = torch.tensor([[0, 0, 4, 0, 1, 1], [4, 4, 2, 2, 2, 3], [4, 4, 4, 4, 4, 4]])
    assert best_path(classes, torch.tensor([6, 4, 6]), blank=4) == [[0, 0, 1], [2], []]


def test_padding_is_no_part_of_a_reference() -> None:
    assert unpadded(torch.tensor([[1, 2, -100], [3, -100, -100]]), torch.tensor([2, 1])) == [[1, 2], [3]]
