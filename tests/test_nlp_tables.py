"""Text tables are checked by column; rows without text or label are skipped and counted."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from common.base.errors import UserError
from common.data.locations import Folders, Location, Prepared
from common.data.sources import Source
from nlp.data.tables import EMPTY, UNLABELED, labelled_texts, read_columns, text_table


def write(path: Path, **columns: list[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def test_texts_without_a_visible_character_and_rows_without_a_label_are_counted() -> None:
    samples = labelled_texts(["good", " \n", None, "", "bad", "odd"], [1, 0, 0, 0, 0, None], ("neg", "pos"))
    assert samples.items == ["good", "bad"]
    assert samples.labels.tolist() == [1, 0]
    assert samples.dropped == {EMPTY: 3, UNLABELED: 1}


def test_labels_may_be_names_or_numbers() -> None:
    by_name = labelled_texts(["a", "b"], ["pos", "neg"], ("neg", "pos"))
    by_number = labelled_texts(["a", "b"], [1, 0], ("neg", "pos"))
    assert by_name.labels.tolist() == by_number.labels.tolist() == [1, 0]


@pytest.mark.parametrize("label", ["mixed", 2, -1])
def test_an_unknown_label_is_an_error_that_names_it(label: object) -> None:
    with pytest.raises(ValueError, match=f"label {label!r} is none of neg, pos"):
        labelled_texts(["a"], [label], ("neg", "pos"))


def test_a_text_that_is_nothing_but_markup_counts_as_empty() -> None:
    samples = labelled_texts(["<br />", "a<br />b"], clean=lambda text: text.replace("<br />", " "))
    assert samples.items == ["a b"] and samples.dropped == {EMPTY: 1} and samples.labels is None


def test_a_reader_takes_the_rows_of_its_split_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", text=["a", "b", "c"], label=[0, 1, 0], split=["train", "test", "dev"])
    assert text_table("test", "label", ("x", "y"))(path).items == ["b"]
    assert text_table(("train", "dev"))(path).items == ["a", "c"]
    assert len(text_table()(path)) == 3


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", sentence=["a"], label=[0])
    with pytest.raises(ValueError, match="no column 'text'; it has sentence, label"):
        read_columns(path, ["text"])


def test_a_split_without_rows_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", text=["a"], split=["train"])
    with pytest.raises(ValueError, match="no row has split in"):
        text_table("test")(path)


def test_a_truncated_file_is_one_line_that_names_it(tmp_path: Path) -> None:
    path = write(tmp_path / "nlp" / "x.parquet", text=["a"] * 100)
    path.write_bytes(path.read_bytes()[:-20])
    source = Source("x", (Location((Prepared("nlp/x.parquet"),), text_table()),))
    with pytest.raises(UserError, match=r"nlp/x\.parquet cannot be read") as caught:
        source.load(Folders((tmp_path,)))
    assert "\n" not in str(caught.value)
