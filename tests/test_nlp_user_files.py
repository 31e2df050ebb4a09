"""User's files as data sets: formats, splits, labels and what is skipped."""

import json
from pathlib import Path

import pytest

from common.base.errors import UserError
from common.cli.run_all import main
from common.data.locations import Folders
from nlp.user_files import OTHER_SPLIT, UNSEEN_LABEL, read_labelled, read_texts, user_task

WORDS = {"fruit": "ripe apple pear plum", "tool": "steel hammer saw drill"}


def rows(count: int = 20, **more: object) -> list[dict]:
    return [{"text": f"{words} {i}", "label": label, **more} for i in range(count) for label, words in WORDS.items()]


def jsonl(path: Path, entries: list[dict]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def csv_of(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def parquet(path: Path, entries: list[dict]) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(entries), path)
    return path


def test_the_three_formats_hold_the_same_texts(tmp_path):
    quoted = '\ufefftext,label\n"one, ""two""\nthree",a\nfour,b\n'  # a byte order mark, commas, quotes, a line break
    entries = [{"text": 'one, "two"\nthree', "label": "a"}, {"text": "four", "label": "b"}]
    files = [csv_of(tmp_path / "x.csv", quoted), jsonl(tmp_path / "x.jsonl", entries)]
    for file in [*files, parquet(tmp_path / "x.parquet", entries)]:
        samples = read_labelled(file, "train")
        assert samples.items == ['one, "two"\nthree', "four"]
        assert [samples.label_names[i] for i in samples.labels] == ["a", "b"]


def test_every_row_is_used_or_counted(tmp_path):
    strange = [
        {"text": " ", "label": "fruit", "split": "train"},
        {"text": "no label", "label": None, "split": "train"},
        {"text": "in validation", "label": "fruit", "split": "dev"},
        {"text": "unseen", "label": "animal", "split": "test"},
    ]
    entries = rows(4, split="train") + rows(2, split="test") + strange
    file = jsonl(tmp_path / "x.jsonl", entries)
    train, test = read_labelled(file, "train"), read_labelled(file, "test")
    assert (len(train), len(test)) == (8, 4)
    assert dict(train.dropped) == {"empty text": 1, "no label": 1, OTHER_SPLIT: 1}
    assert dict(test.dropped) == {UNSEEN_LABEL: 1}
    assert len(train) + len(test) + sum(train.dropped.values()) + sum(test.dropped.values()) == len(entries)


def test_without_a_split_a_seeded_fifth_is_the_test_set_and_every_label_is_trained_on(tmp_path):
    file = jsonl(tmp_path / "x.jsonl", [*rows(), {"text": "only one of its kind", "label": "rare"}])
    task = user_task(file, {})
    train, test = task.train.load(Folders()), task.test.load(Folders())
    first, again, other = (task.split(train, test, seed) for seed in (0, 0, 1))
    assert (len(first.train), len(first.test)) == (33, 8)
    assert sorted(first.train.items + first.test.items) == sorted(train.items)
    assert set(first.train.labels) == {0, 1, 2}
    assert first.test.items == again.test.items != other.test.items


def test_whole_numbers_are_labels_in_their_order(tmp_path):
    entries = [{"text": "x", "label": label} for label in (10, 9, 2)]
    assert read_labelled(jsonl(tmp_path / "x.jsonl", entries), "train").label_names == ("2", "9", "10")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"text,lable\na,b\n", "no column 'label' (did you mean 'lable'?); it has: text, lable"),
        ("x.csv", b"text,label\ncaf\xe9,b\n", "not UTF-8 (byte 0xe9 in line 2); convert it first"),
        ("x.csv", b"text,label\na,b,c\n", "record 2 has 3 fields, the header 2"),
        ("x.csv", b"", "no column 'text'; it has: nothing"),
        ("x.csv", b"text,label\na,b\n", "has 1 label for training; two or more are needed"),
        ("x.jsonl", b'{"text": "a", "label": 1}\n{"text":\n', "line 2 is not JSON"),
        ("x.jsonl", b"[1]\n", "line 1 is not an object"),
        ("x.jsonl", b'{"text": 3, "label": 1}\n', "holds 3, which is not a text"),
        ("x.parquet", b"PAR1 and no more", "not a readable parquet file"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, name, content, message):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UserError) as raised:
        read_labelled(file, "train")
    assert message in str(raised.value) and str(file) in str(raised.value) and "\n" not in str(raised.value)


def test_an_ood_file_without_text_is_an_error(tmp_path):
    with pytest.raises(UserError, match="has no text in its column 'text'"):
        read_texts(jsonl(tmp_path / "x.jsonl", [{"text": " "}]))


def test_a_missing_file_and_an_unknown_format_are_told_before_anything_runs(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        user_task(tmp_path / "x.csv", {})
    with pytest.raises(UserError, match="not one of .csv, .jsonl, .parquet"):
        user_task(jsonl(tmp_path / "x.txt", rows()), {})


@pytest.mark.slow
def test_the_command_writes_rows_and_what_was_skipped(tmp_path, monkeypatch, capsys):
    inside = jsonl(tmp_path / "goods.jsonl", [*rows(), {"text": "", "label": "tool"}])
    outside = jsonl(tmp_path / "rain.jsonl", [{"text": f"rain and snow {i}"} for i in range(10)])
    out = tmp_path / "out"
    command = [
        "run_all.py",
        "--in",
        str(inside),
        "--ood",
        f"Weather={outside}",
        "--out",
        str(out),
        "--detectors",
        "msp",
    ]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0, capsys.readouterr().err
    found = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert {(row["task"], row["in_dist"], row["out_dist"]) for row in found} >= {("nlp/own", "goods", "Weather")}
    assert all(row["n_negative"] == 10 for row in found if row["out_dist"] == "Weather")
    dropped = json.loads((out / "run.json").read_text())["tasks"]["nlp/own"]["dropped"]
    assert dropped["train: empty text"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ood", "X=y.csv"], "--ood NAME=FILE needs --in FILE"),
        (["--in", "x.csv", "--task", "trec"], "cannot be combined with --task"),
        (["--in", "x.csv", "--ood", "y.csv"], "takes NAME=FILE"),
        (["--in", "x.csv", "--modality", "speech"], "--in does not support modality 'speech'"),
        (["--in", "absent.csv"], "absent.csv does not exist"),
    ],
)
def test_a_wrong_command_is_one_line_and_exit_2(monkeypatch, capsys, arguments, message):
    monkeypatch.setattr("sys.argv", ["run_all.py", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
