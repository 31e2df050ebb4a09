"""Claims about the tables made of Hugging Face data sets, on small ones in memory."""

from dataclasses import replace

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from common.base.errors import UserError
from common.data.download import downloads
from nlp.data.huggingface import CORPORA
from nlp.data.imdb import SENTIMENTS
from nlp.data.multi30k import MULTI30K
from nlp.data.snli import SNLI
from nlp.data.sst import TRAIN as SST
from nlp.data.tables import text_table
from nlp.data.trec import KINDS


def dataset(columns: dict[str, list], **classes: list[str]) -> Dataset:
    features = {name: ClassLabel(names=classes[name]) if name in classes else Value("string") for name in columns}
    return Dataset.from_dict(columns, features=Features(features))


def written(name: str, folder, found: dict[str, Dataset]):
    corpus = CORPORA[name]
    small = {theirs: (ours, len(found[theirs])) for theirs, (ours, _) in corpus.splits.items()}
    target = folder / "x.parquet"
    replace(corpus, splits=small).write(found, target)
    return target


def test_a_labelled_set_becomes_a_table_that_its_reader_reads(tmp_path):
    part = dataset({"text": ["bad", "good"], "label": [0, 1]}, label=["neg", "pos"])
    path = written("imdb", tmp_path, {"train": part, "test": part.select([1])})
    test = text_table("test", "label", SENTIMENTS)(path)
    assert (test.items, test.labels.tolist()) == (["good"], [1])


def test_classes_in_another_order_are_matched_by_name(tmp_path):
    theirs = ["ABBR", "ENTY", "DESC", "HUM", "LOC", "NUM"]
    part = dataset({"text": ["why?", "what?"], "coarse_label": [2, 1]}, coarse_label=theirs)
    path = written("trec", tmp_path, {"train": part, "test": part})
    train = text_table("train", "label", KINDS)(path)
    assert [KINDS[label] for label in train.labels] == ["DESC", "ENTY"]


def test_neutral_sentences_have_no_binary_label(tmp_path):
    part = dataset({"text": ["a", "b", "c"], "label_text": ["very negative", "neutral", "positive"]})
    path = written("sst", tmp_path, {"train": part, "validation": part, "test": part})
    train = SST.places[0].read(path)
    assert (train.items, train.labels.tolist(), dict(train.dropped)) == (["a", "c"], [0, 1], {"no label": 1})


def test_pairs_without_an_agreed_label_are_skipped(tmp_path):
    names = ["entailment", "neutral", "contradiction"]
    part = dataset({"premise": ["p", "q"], "hypothesis": ["a man", "a dog"], "label": [1, -1]}, label=names)
    path = written("snli", tmp_path, {"validation": part, "test": part})
    assert SNLI.places[0].read(path).items == ["a man"]


def test_a_translation_set_gives_its_english_side(tmp_path):
    part = dataset({"en": ["A man."], "de": ["Ein Mann."]})
    path = written("multi30k", tmp_path, {"train": part, "validation": part, "test": part})
    assert MULTI30K.places[0].read(path).items == ["A man.", "A man."]


def test_a_split_of_another_size_is_an_error(tmp_path):
    part = dataset({"text": ["bad"], "label": [0]}, label=["neg", "pos"])
    with pytest.raises(UserError, match="split 'train' has 1 rows instead of 25000"):
        CORPORA["imdb"].write({"train": part, "test": part}, tmp_path / "x.parquet")


def test_a_label_that_the_classes_lack_is_an_error(tmp_path):
    part = dataset({"text": ["hm"], "label_text": ["mixed"]})
    with pytest.raises(UserError, match="holds 'mixed', which is none of very negative"):
        written("sst", tmp_path, {"train": part, "validation": part, "test": part})


def test_every_corpus_is_a_download():
    assert set(CORPORA) <= set(downloads())
