"""Texts that are no in-distribution texts, made of held-out ones: what options of detectors are chosen on.

Each ``make(held_out, rng)`` takes texts, or a tagger's lists of tokens, and returns the same form without labels. Word
order is shuffled only in token lists: a bag of words has none, so a text in another order would be the same to it.
"""

from collections.abc import Callable, Sequence

import numpy as np

from common.data.samples import RawDataset
from common.data.sources import Derived

Words = list[str]
Change = Callable[[list[Words], RawDataset, np.random.Generator], list[Words]]


def random_words(texts: list[Words], held_out: RawDataset, rng: np.random.Generator) -> list[Words]:
    """Return texts of the same lengths whose words are drawn by their frequency in all texts."""
    pool = np.array([word for text in texts for word in text], dtype=object)
    return [rng.choice(pool, len(text)).tolist() if text else [] for text in texts]


def joined_halves(texts: list[Words], held_out: RawDataset, rng: np.random.Generator) -> list[Words]:
    """Return the first half of each text and the second half of another, of another class where texts have classes."""
    made = []
    for i, text in enumerate(texts):
        other = texts[_another(i, held_out, rng)]
        made.append([*text[: (len(text) + 1) // 2], *other[len(other) // 2 :]])
    return made


def scrambled_words(texts: list[Words], held_out: RawDataset, rng: np.random.Generator) -> list[Words]:
    """Return the texts with the characters of each word in a random order."""
    return [[_scrambled(word, rng) for word in text] for text in texts]


def _scrambled(word: str, rng: np.random.Generator) -> str:
    characters = list(word)
    rng.shuffle(characters)
    return "".join(characters)


def shuffled_words(texts: list[Words], held_out: RawDataset, rng: np.random.Generator) -> list[Words]:
    """Return token lists in a random order; nothing where items are texts."""
    if not _tokenised(held_out.items):
        return []
    return [[text[i] for i in rng.permutation(len(text))] for text in texts]


def _another(i: int, held_out: RawDataset, rng: np.random.Generator) -> int:
    """Return the index of another text, of another class where each text has one and there is another."""
    others = np.flatnonzero(np.arange(len(held_out)) != i)
    if isinstance(held_out.labels, np.ndarray):
        of_other_class = np.flatnonzero(held_out.labels != held_out.labels[i])
        others = of_other_class if len(of_other_class) else others
    return int(rng.choice(others)) if len(others) else i


def _tokenised(items: Sequence[str | Words]) -> bool:
    return len(items) > 0 and not isinstance(items[0], str)


def _kind(name: str, change: Change) -> Derived:
    def make(held_out: RawDataset, rng: np.random.Generator) -> RawDataset:
        tokenised = _tokenised(held_out.items)
        texts = [list(item) if tokenised else item.split() for item in held_out.items]
        made = change(texts, held_out, rng)
        return RawDataset(made if tokenised else [" ".join(words) for words in made])

    return Derived(name, make)


PSEUDO_OOD: tuple[Derived, ...] = (
    _kind("random words", random_words),
    _kind("joined halves", joined_halves),
    _kind("scrambled words", scrambled_words),
    _kind("shuffled words", shuffled_words),
)
