"""20 Newsgroups with the paper authors' labels, the first digit of a group's number; bag of embeddings.

Reproduces the 15 Newsgroups rows of tables 5 and 6, Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136. The loader
of the published run keeps only the first character of a label 0 to 19, so groups 1 and 10 to 19 are one class, and a
second digit becomes the first word of the text. The run then drew 5 of the numbers 0 to 19 to hold out; numbers from 10
on are no label and hold out nothing.
"""

from dataclasses import replace

import numpy as np

from common.base.seeds import seed_of
from common.data.samples import RawDataset, Split
from common.data.split import leave_out
from nlp.data.newsgroups import GROUPS
from nlp.tasks.newsgroups import TASK as NEWSGROUPS

DRAWN = 5
DIGITS = 10


def by_first_digit(samples: RawDataset) -> RawDataset:
    """Return the messages labelled by the first digit of the group number; a second digit becomes a word."""
    labels = np.array([int(str(number)[0]) for number in samples.labels], dtype=np.int64)
    texts = [f"{str(number)[1:]} {text}".strip() for number, text in zip(samples.labels, samples.items, strict=True)]
    names = tuple(f"{digit} (11 groups)" if digit == 1 else f"{digit} ({GROUPS[digit]})" for digit in range(DIGITS))
    return replace(samples, items=texts, labels=labels, label_names=names)


def split(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Draw 5 numbers from 0 to 19 and hold out those below 10; draw again if there are none."""
    rng = np.random.default_rng(seed_of(seed, "held-out classes"))
    out = np.array([], dtype=np.int64)
    while not out.size:
        drawn = rng.permutation(len(GROUPS))[:DRAWN]
        out = np.sort(drawn[drawn < DIGITS])
    return leave_out(by_first_digit(train), by_first_digit(test), out, "5 Newsgroups")


TASK = replace(
    NEWSGROUPS,
    title="20 Newsgroups, labelled by the first digit as the paper's authors did",
    split=split,
    deviations_from_paper=(
        "Groups are numbered in alphabetical order; the authors' numbering is not known.",
        *NEWSGROUPS.deviations_from_paper,
    ),
    notes=(
        "The labels are wrong on purpose, to reproduce the published figures; the task with true labels is newsgroups.",
        "The digit in the text reveals the class of 10 groups, a main reason why the published error is low.",
        "The seed draws the 1 to 5 held-out digits; the digit 1 stands for 11 of the 20 groups.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
