"""Claims about tagged corpora, the words of the taggers, and the taggers."""

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import torch

from common.base.errors import UserError
from common.data.samples import RawDataset
from common.training.predict import predict
from nlp.data.glove import GLOVE, read_vectors
from nlp.data.tagging import PENN_TAGS, penn_spelling, tagged_table
from nlp.data.twitter import TWEETS, TWITTER_TAGS, TWITTER_TEST, TWITTER_TRAIN
from nlp.data.web_treebank import WEBLOG
from nlp.data.wsj import WSJ_TEST, WSJ_TRAIN
from nlp.models.lstm_tagger import LstmTagger
from nlp.models.lstm_tagger_glove import GloveLstmTagger
from nlp.models.window_tagger import WindowTagger, WindowTaggerNetwork
from nlp.words import FIRST, NO_VECTOR, UNKNOWN, Vectors, WordPreprocessor, Words, shape

SENTENCES = [["the", "dog", "barks"], ["the", "cat"], ["a", "dog", "sees", "the", "cat"]]
TAGS = [np.array([0, 1, 2]), np.array([0, 1]), np.array([0, 1, 2, 0, 1])]
TRAIN = RawDataset(SENTENCES, TAGS, ("DT", "NN", "VB"))


def table(path, tokens, tags, **more):
    pyarrow.parquet.write_table(pyarrow.table({"tokens": tokens, "tags": tags, **more}), path)
    return path


def test_quotes_open_and_close_as_the_tags_say_else_in_turn():
    assert penn_spelling(['"', "no", '"'], ["''", "NN", "``"]) == ["''", "no", "``"]
    assert penn_spelling(['"', "no", "”", "“", "yes", '"']) == ["``", "no", "''", "``", "yes", "''"]


def test_what_is_already_spelled_as_in_the_treebank_stays():
    written = ["-LRB-", "1\\/2", "``", "so", "''", "-RRB-"]
    assert penn_spelling(written) == written


def test_unknown_tags_and_unequal_lengths_are_errors_and_empty_sentences_are_counted(tmp_path):
    read = tagged_table(("A", "B"), {"split": "test"}, aliases={"C": "B"})
    good = table(tmp_path / "x.parquet", [["u", "v"], []], [["A", "C"], []], split=["test", "test"])
    samples = read(good)
    assert (samples.items, [list(tags) for tags in samples.labels]) == ([["u", "v"]], [[0, 1]])
    assert dict(samples.dropped) == {"sentence without tokens": 1}
    with pytest.raises(KeyError):
        read(table(tmp_path / "y.parquet", [["u"]], [["Z"]], split=["test"]))
    with pytest.raises(ValueError, match="2 tokens with 1 tags"):
        read(table(tmp_path / "z.parquet", [["u", "v"]], [["A"]], split=["test"]))


def test_training_words_have_numbers_and_other_words_that_of_their_shape():
    words = Words.of(SENTENCES, shape)
    assert [words.id(word) for word in ("the", "cat", "dog")] == [FIRST, FIRST + 1, FIRST + 2]
    assert (words.id("mouse"), words.id("#mouse")) == (UNKNOWN, UNKNOWN + 1)
    hidden = words.hidden()
    assert hidden[words.id("the")] == words.id("the"), "a frequent word is never hidden"
    assert hidden[words.id("barks")] == UNKNOWN


def test_vectors_are_found_in_lower_case_and_without_the_treebank_s_spelling(tmp_path):
    vectors = Vectors.of(RawDataset(["(", "dog"], extras={"vectors": np.ones((2, 3), np.float32)}))
    assert vectors.id("-LRB-") == vectors.id("(") > NO_VECTOR
    assert vectors.id("DOG") == vectors.id("dog")
    assert vectors.id("cat") == NO_VECTOR
    assert vectors.table[NO_VECTOR].eq(0).all()


def test_a_tagger_s_rows_are_words_in_the_order_of_the_text():
    architecture = LstmTagger(embedding=8, width=8, layers=1)
    preprocessor = architecture.preprocessor(TRAIN)
    torch.manual_seed(0)
    model = architecture.build(preprocessor, TRAIN)
    test = RawDataset([["the", "mouse"], ["cat"]], [np.array([0, 1]), np.array([1])], TRAIN.label_names)
    outputs = predict(model, preprocessor(test))
    assert outputs.groups.tolist() == [0, 0, 1]
    assert outputs.labels.tolist() == [0, 1, 1]
    assert outputs.row_extras["seen"].tolist() == [True, False, True]


@pytest.mark.parametrize("name", ["lstm", "window"])
def test_padding_does_not_change_what_a_tagger_says(name):
    vectors = Vectors.of(RawDataset(["the", "dog"], extras={"vectors": np.eye(2, 4, dtype=np.float32)}))
    preprocessor = WordPreprocessor(Words.of(SENTENCES, shape), vectors)
    torch.manual_seed(0)
    if name == "lstm":
        model = LstmTagger(embedding=8, width=8, layers=2).build(preprocessor, TRAIN)
    else:
        model = WindowTagger(width=8).build(preprocessor, TRAIN)
        torch.nn.init.normal_(model.learned.weight)
    examples = preprocessor(TRAIN)
    together, apart = predict(model, examples), predict(model, examples, batch_size=1)
    assert np.allclose(together.logits, apart.logits, atol=1e-6)


def test_a_window_reaches_one_word_each_way():
    vectors = Vectors.of(RawDataset([], extras={"vectors": np.zeros((0, 4), np.float32)}))
    preprocessor = WordPreprocessor(Words.of(SENTENCES), vectors)
    torch.manual_seed(0)
    model: WindowTaggerNetwork = WindowTagger(width=8).build(preprocessor, TRAIN)
    torch.nn.init.normal_(model.learned.weight)
    logits = [
        predict(model, preprocessor(RawDataset([sentence]))).logits
        for sentence in (["the", "dog", "sees", "a", "cat"], ["cat", "dog", "sees", "a", "cat"])
    ]
    changed = np.abs(logits[0] - logits[1]).max(1) > 1e-6
    assert changed.tolist() == [True, True, False, False, False]


def test_pretrained_vectors_are_not_trained_and_words_without_training_keep_theirs():
    vectors = Vectors.of(RawDataset(["mouse"], extras={"vectors": np.full((1, 4), 0.5, np.float32)}))
    preprocessor = WordPreprocessor(Words.of(SENTENCES), vectors)
    model: WindowTaggerNetwork = WindowTagger(width=8).build(preprocessor, TRAIN)
    torch.nn.init.normal_(model.learned.weight)
    batch = preprocessor(RawDataset([["mouse", "dog"]])).batch(torch.tensor([0]))
    assert not model.vectors.weight.requires_grad
    assert model.eval().embed(batch)[0, 0].tolist() == [0.5] * 4
    assert model.embed(batch)[0, 1].equal(model.learned.weight[preprocessor.words.id("dog")])


def test_vectors_that_are_absent_are_an_error_with_a_remedy(tmp_path):
    for architecture in (GloveLstmTagger(), WindowTagger()):
        with pytest.raises(UserError, match="GloVe vectors is not here; get it with"):
            architecture.preprocessor(TRAIN)


def test_a_file_without_vectors_is_not_read_as_vectors(tmp_path):
    with pytest.raises(ValueError, match="no column 'vector'"):
        read_vectors(table(tmp_path / "x.parquet", [["u"]], [["A"]], word=["u"]))


def test_the_corpora_have_the_sizes_that_are_published(folders):
    sizes = {source.name: sum(map(len, source.load(folders).items)) for source in (WSJ_TRAIN, WSJ_TEST)}
    assert sizes == {"WSJ train": 66_841, "WSJ": 17_975}
    assert len(WEBLOG.load(folders)) == 214
    train, test = TWITTER_TRAIN.load(folders), TWITTER_TEST.load(folders)
    assert (len(train), len(test)) == (1000, 500)
    assert {TWITTER_TAGS[i] for tags in train.labels for i in tags} == set(TWITTER_TAGS)


def test_brackets_and_quotes_of_the_ood_sets_are_training_words(folders):
    known = {word for sentence in WSJ_TRAIN.load(folders).items for word in sentence}
    for source in (WEBLOG, TWEETS):
        words = {word for sentence in source.load(folders).items for word in sentence}
        assert {"-LRB-", "-RRB-", "``", "''"} <= words & known
        assert not words & {"(", ")", '"', "“", "”"}


def test_the_weblog_s_tags_are_the_treebank_s(folders):
    weblog = WEBLOG.load(folders)
    assert weblog.label_names == PENN_TAGS
    assert TWEETS.load(folders).labels is None


def test_glove_knows_most_words_of_the_tagging_sets(folders):
    vectors = Vectors.of(GLOVE.load(folders))
    words = [word for sentence in WSJ_TEST.load(folders).items for word in sentence]
    assert np.mean([vectors.id(word) > NO_VECTOR for word in words]) > 0.98
    assert vectors.table.shape == (52_350, 50)
