"""A vocabulary holds the most frequent words of the training texts and of nothing else."""

from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.data.locations import Folders, Prepared
from common.data.samples import RawDataset
from common.discover import load_task
from common.evaluate import evaluate
from common.experiment import RunOptions
from common.own_data import OwnData
from common.selection import Selection
from nlp.segments import segments
from nlp.user_files import user_task
from nlp.vocabulary import PADDING, SEGMENTED, UNKNOWN, Vocabulary, WordNumbers

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


def test_english_is_cut_as_scikit_learn_cuts_it() -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    texts = load_task("nlp/newsgroups").train.load(Folders()).items[:500]
    plain = CountVectorizer(token_pattern=r"(?u)\w+").build_analyzer()
    assert [segments(text.lower()) for text in texts] == [plain(text) for text in texts]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("불을 켜줘", "불 좀 꺼줘", {"불", "줘", "줘‸"}),
        ("今天天气怎么样", "明天天气好吗", {"天气", "天天", "天天气"}),
        ("電気を消して", "電気をつけて", {"電気", "電気を", "て‸"}),
        ("เปิดไฟ", "ปิดไฟ", {"ปิด", "ไฟ", "ดไฟ"}),
        ("LG전자 tv", "the tv of LG", {"lg", "tv"}),
    ],
    ids=["Korean", "Chinese", "Japanese", "Thai", "mixed"],
)
def test_related_texts_without_spaces_share_pieces(one: str, other: str, shared: set[str]) -> None:
    assert shared <= set(segments(one.lower())) & set(segments(other.lower()))


def test_the_fraction_of_unknown_words_is_counted() -> None:
    vocabulary = Vocabulary.of(TEXTS, 100, stop_words=False)
    assert vocabulary.unknown(["the fish sat", "a fish"]) == 2 / 5 and vocabulary.unknown([" ! "]) == 0


@pytest.mark.slow
def test_pieces_of_korean_words_halve_the_error_of_words_cut_at_spaces(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Prepared("nlp/korean_intents.parquet").find(folders)
    assert source is not None
    errors = {}
    for name, cut in {"pieces": segments, "spaces": str.split}.items():
        monkeypatch.setitem(SEGMENTED, "tokenizer", cut)
        options = RunOptions(out=tmp_path / name, user_task=user_task(OwnData(source)))
        run = evaluate(Selection(("nlp/own",), detectors=("msp",)), options)
        errors[name] = next(row.error for row in run.rows if row.error is not None)
    assert errors["pieces"] < 0.14 < 0.22 < errors["spaces"]
