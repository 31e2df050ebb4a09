"""A vocabulary holds the most frequent words of the training texts and of nothing else."""

import numpy as np
import pytest

from common.base.errors import UserError
from common.data.samples import RawDataset
from nlp.vocabulary import PADDING, UNKNOWN, Vocabulary, WordNumbers

TEXTS = ["The cat sat, the cat slept", "a DOG sat", "the bird"]


def words(numbers: np.ndarray, vocabulary: Vocabulary) -> list[str]:
    known = {PADDING: "<padding>", UNKNOWN: "<unknown>"} | dict(enumerate(vocabulary.words, 2))
    return [known[number] for number in numbers.tolist()]


def test_the_most_frequent_words_are_kept_in_lower_case() -> None:
    assert set(Vocabulary.of(TEXTS, 3, stop_words=False).words) == {"the", "cat", "sat"}


def test_stop_words_are_removed_from_the_vocabulary_and_from_every_text() -> None:
    vocabulary = Vocabulary.of(TEXTS, 100, stop_words=True)
    assert set(vocabulary.words) == {"cat", "sat", "slept", "dog", "bird"}
    numbers, offsets = vocabulary.numbers(["the cat and a fish"], 10)
    assert words(numbers, vocabulary) == ["cat", "<unknown>"] and offsets.tolist() == [0, 2]


def test_words_are_numbered_in_the_order_of_the_text_and_none_is_padding() -> None:
    vocabulary = Vocabulary.of(TEXTS, 100, stop_words=False)
    numbers, _ = vocabulary.numbers(["Bird, dog: zebra!"], 10)
    assert words(numbers, vocabulary) == ["bird", "dog", "<unknown>"]
    assert len(vocabulary) == len(vocabulary.words) + 2


def test_of_a_long_text_the_last_words_count() -> None:
    vocabulary = Vocabulary.of(TEXTS, 100, stop_words=False)
    numbers, offsets = vocabulary.numbers(["the cat sat", "the bird"], 2)
    assert words(numbers, vocabulary) == ["cat", "sat", "the", "bird"] and offsets.tolist() == [0, 2, 4]


def test_a_text_without_words_is_empty_and_keeps_its_place() -> None:
    vocabulary = Vocabulary.of(TEXTS, 100, stop_words=True)
    numbers, offsets = vocabulary.numbers(["", "cat", "... the !"], 5)
    assert offsets.tolist() == [0, 0, 1, 1] and len(numbers) == 1
    assert vocabulary.occurrence(["", "fish"]).sum() == 0


def test_occurrence_marks_each_known_word_once() -> None:
    vocabulary = Vocabulary.of(TEXTS, 100, stop_words=True)
    row = vocabulary.occurrence(["cat cat dog fish"])[0]
    assert {word for word, mark in zip(vocabulary.words, row, strict=True) if mark} == {"cat", "dog"}
    assert row.max() == 1 and row.dtype == np.uint8


def test_texts_without_a_word_cannot_make_a_vocabulary() -> None:
    with pytest.raises(UserError, match="no words in 2 training texts"):
        Vocabulary.of(["", "the of"], 10, stop_words=True)


def test_the_encoder_keeps_labels_and_gives_32_bit_numbers() -> None:
    encode = WordNumbers(Vocabulary.of(TEXTS, 100, stop_words=False), positions=3)
    examples = encode(RawDataset(TEXTS, np.array([1, 0, 1]), ("x", "y")))
    assert examples.labels is not None and examples.labels.tolist() == [1, 0, 1]
    assert str(examples.inputs.dtype) == "torch.int32" and len(examples) == 3
    assert encode(RawDataset(TEXTS)).labels is None
