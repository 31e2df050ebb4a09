"""Sentences made of word lists."""

import re

from speech.data.sentences import GERMAN, MANDARIN, combined, english


def test_english_sentences_are_all_different_and_have_no_slot_left() -> None:
    sentences = english(2000)
    assert len(set(sentences)) == 2000
    assert not [sentence for sentence in sentences if re.search(r"[{}|]|\s\s", sentence)]


def test_more_sentences_begin_with_the_same_ones() -> None:
    assert english(50)[:20] == english(20)
    assert english(20) != english(20, seed=1)


def test_other_languages_sentences_are_whole() -> None:
    assert all(sentence.endswith(".") and sentence.count(" ") > 3 for sentence in combined(GERMAN, 30))
    assert all(sentence.endswith("。") and len(sentence) > 10 for sentence in combined(MANDARIN, 30))
