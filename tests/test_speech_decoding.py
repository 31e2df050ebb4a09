"""Best paths, and edit distances against brute force."""

from functools import cache
from itertools import product

import torch
from hypothesis import given
from hypothesis import strategies as st

from speech.decoding import beam_search, best_path, edit_distance, unpadded

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


def by_all_alignments(scores: torch.Tensor, blank: int) -> list[int]:
    chances: dict[tuple[int, ...], float] = {}
    for path in product(range(scores.shape[1]), repeat=len(scores)):
        spelled = tuple(best_path(torch.tensor([path]), torch.tensor([len(path)]), blank)[0])
        chances[spelled] = chances.get(spelled, 0.0) + scores[range(len(path)), path].sum().exp().item()
    return list(max(chances, key=lambda spelled: chances[spelled]))


@given(st.integers(0, 200))
def test_a_wide_beam_finds_the_likeliest_sequence_over_all_alignments(seed: int) -> None:
    scores = torch.randn(4, 3, generator=torch.Generator().manual_seed(seed)).double().log_softmax(-1)
    assert beam_search(scores, blank=2, width=100) == by_all_alignments(scores, blank=2)


def test_the_beam_can_find_better_than_the_best_path() -> None:
    scores = torch.tensor([[0.4, 0.6], [0.4, 0.6]]).log()  # blank, blank: 0.36; the phone once: 0.64
    assert best_path(scores.argmax(-1)[None], torch.tensor([2]), blank=1) == [[]]
    assert beam_search(scores, blank=1, width=4) == [0]


def test_padding_is_no_part_of_a_reference() -> None:
    assert unpadded(torch.tensor([[1, 2, -100], [3, -100, -100]]), torch.tensor([2, 1])) == [[1, 2], [3]]
