"""The authors' labels: the first digit of a group's number, and held-out numbers of which some do not exist."""

import numpy as np

from common.data.samples import RawDataset
from nlp.data.newsgroups import GROUPS
from nlp.tasks.newsgroups_authors import by_first_digit, split

ALL = RawDataset([f"text {number}" for number in range(20)], np.arange(20), GROUPS)


def test_groups_1_and_10_to_19_are_one_class() -> None:
    labelled = by_first_digit(ALL)
    assert labelled.labels.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, *[1] * 10]
    assert labelled.label_names[1] == "1 (11 groups)" and labelled.label_names[9] == f"9 ({GROUPS[9]})"


def test_the_second_digit_of_a_number_stays_in_the_text_as_a_word() -> None:
    texts = by_first_digit(ALL).items
    assert texts[9] == "text 9" and texts[10] == "0 text 10" and texts[19] == "9 text 19"


def test_draws_leave_out_one_to_five_digits_and_their_messages_alone() -> None:
    counts = set()
    for seed in range(40):
        drawn = split(ALL, ALL, seed)
        assert drawn.held_out is not None
        counts.add(len(drawn.held_out))
        messages = sum(11 if name.startswith("1 ") else 1 for name in drawn.held_out)
        assert len(drawn.ood["5 Newsgroups"]) == messages and len(drawn.test) == 20 - messages
        assert len(drawn.train.label_names) == 10 - len(drawn.held_out)
    assert counts <= {1, 2, 3, 4, 5} and len(counts) >= 3


def test_a_seed_gives_one_draw() -> None:
    assert split(ALL, ALL, 7).held_out == split(ALL, ALL, 7).held_out
