"""User's files as data sets: formats, splits, labels and what is skipped."""

import json
from pathlib import Path

import pytest

from common.base.errors import UserError
from common.cli.run_all import main
from common.data.locations import Folders
from common.own_data import OwnData
from nlp.data.own_texts import OTHER_SPLIT, UNSEEN_LABEL, ColumnNames, read_labelled, read_texts
from nlp.user_files import user_task

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
        samples = read_labelled(file, part="train")
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
    train, test = read_labelled(file, part="train"), read_labelled(file, part="test")
    assert (len(train), len(test)) == (8, 4)
    assert dict(train.dropped) == {"empty text": 1, "no label": 1, OTHER_SPLIT: 1}
    assert dict(test.dropped) == {UNSEEN_LABEL: 1}
    assert len(train) + len(test) + sum(train.dropped.values()) + sum(test.dropped.values()) == len(entries)


def test_without_a_split_a_seeded_fifth_is_the_test_set_and_every_label_is_trained_on(tmp_path):
    file = jsonl(tmp_path / "x.jsonl", [*rows(), {"text": "only one of its kind", "label": "rare"}])
    task = user_task(OwnData(file))
    train, test = task.train.load(Folders()), task.test.load(Folders())
    first, again, other = (task.split(train, test, seed) for seed in (0, 0, 1))
    assert (len(first.train), len(first.test)) == (33, 8)
    assert sorted(first.train.items + first.test.items) == sorted(train.items)
    assert set(first.train.labels) == {0, 1, 2}
    assert first.test.items == again.test.items != other.test.items


def test_whole_numbers_are_labels_in_their_order(tmp_path):
    entries = [{"text": "x", "label": label} for label in (10, 9, 2)]
    assert read_labelled(jsonl(tmp_path / "x.jsonl", entries), part="train").label_names == ("2", "9", "10")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"text,lable\na,b\n", "no column 'label' (did you mean 'lable'?); it has: text, lable"),
        ("x.csv", b"text,label\na,b,c\n", "record 2 has 3 fields, the header 2"),
        ("x.csv", b"", "no column 'text'; it has: nothing"),
        ("x.csv", b"text,label\na,b\n", "has 1 label for training; two or more are needed"),
        ("x.jsonl", b'{"text": "a", "label": 1}\n{"text":\n', "line 2 is not JSON"),
        ("x.jsonl", b"[1]\n", "line 1 is not an object"),
        ("x.jsonl", b'{"text": 3, "label": 1}\n', "holds 3 in row 1, which is not a text"),
        ("x.parquet", b"PAR1 and no more", "x.parquet cannot be read"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, name, content, message):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UserError) as raised:
        read_labelled(file, part="train")
    assert message in str(raised.value) and str(file) in str(raised.value) and "\n" not in str(raised.value)


def test_an_ood_file_without_text_is_an_error(tmp_path):
    with pytest.raises(UserError, match="has no text in its column 'text'"):
        read_texts(jsonl(tmp_path / "x.jsonl", [{"text": " "}]))


def test_a_missing_file_and_an_unknown_format_are_told_before_anything_runs(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        user_task(OwnData(tmp_path / "x.csv"))
    with pytest.raises(UserError, match="give one of .csv, .tsv, .json, .jsonl"):
        user_task(OwnData(jsonl(tmp_path / "x.docx", rows())))


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
        (["--in", "x.csv", "--ood", "=y.csv"], "takes NAME=FILE"),
        (["--in", str(Path(__file__).parent), "--modality", "nlp"], "is a folder, and texts are read from files"),
        (["--label-column", "mood"], "--label-column and --label-pattern need --in"),
        (["--in", __file__, "--modality", "vision", "--test", __file__], "--test is not for data of this kind"),
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


def test_outputs_of_a_model_are_sent_to_the_command_that_reads_them_and_a_file_is_no_folder_to_write(
    tmp_path, monkeypatch, capsys
):
    outputs = tmp_path / "logits.npz"
    outputs.write_bytes(b"")
    texts = csv_of(tmp_path / "x.csv", "text,label\na,b\nc,d\n")
    for arguments, message in [
        (["--in", outputs], f"evaluate them with: python -m common.evaluate {outputs}"),
        (["--in", texts, "--out", texts], f"{texts} is a file; name a folder with --out"),
    ]:
        test_a_wrong_command_is_one_line_and_exit_2(monkeypatch, capsys, list(map(str, arguments)), message)


ENCODED = {
    "utf-8-sig": ["naïve café", "déjà vu", "smörgås"],
    "utf-16": ["naïve café", "déjà vu", "smörgås"],
    "utf-16-le": ["plain words only", "more words", "and others"],
    "cp949": ["오늘 날씨 어때", "내일 일정 알려줘", "불을 꺼 주세요"],
    "gb18030": ["今天天气怎么样", "请告诉我明天的安排", "请把灯关掉"],
    "cp1252": ["naïve café – “quoted”", "déjà vu, garçon", "crème brûlée à Genève"],
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_file_is_read_in_its_own_encoding_and_a_guess_is_told(tmp_path, encoding):
    texts = [f"{text} {i}" for i in range(20) for text in ENCODED[encoding]]
    lines = ["text,label", *(f'"{text}",{"ab"[i % 2]}' for i, text in enumerate(texts))]
    file = tmp_path / "x.csv"
    file.write_bytes("\n".join(lines).encode(encoding))
    samples = read_labelled(file, part="train")
    assert samples.items == texts
    guessed = [note for note in samples.notes if "a guess" in note]
    assert bool(guessed) == (encoding in ("cp949", "gb18030", "cp1252"))


@pytest.mark.parametrize(
    ("text", "label", "split"),
    [("sentence", "Intent", "fold"), ("Utterance", "category", "Partition"), ("query", "class", "split")],
)
def test_usual_names_of_columns_are_found(tmp_path, text, label, split):
    entries = [{"id": i, text: f"t {i}", label: "ab"[i % 2], split: ("Train", "VALID")[i > 3]} for i in range(6)]
    train, test = (read_labelled(jsonl(tmp_path / "x.jsonl", entries), part=part) for part in ("train", "test"))
    assert train.items == ["t 0", "t 1", "t 2", "t 3"] and test.items == ["t 4", "t 5"]
    assert train.label_names == test.label_names == ("a", "b")


def test_named_columns_are_read_and_a_missing_one_is_told(tmp_path):
    file = csv_of(tmp_path / "x.csv", "text;said;mood\nno;yes;good\nno;well;bad\n")
    samples = read_labelled(file, part="train", names=ColumnNames("said", "mood"))
    assert samples.items == ["yes", "well"] and samples.label_names == ("bad", "good")
    with pytest.raises(UserError, match=r"no column 'siad' \(did you mean 'said'\?\); it has: text, said, mood"):
        read_labelled(file, part="train", names=ColumnNames("siad", "mood"))
    with pytest.raises(UserError, match="Name the column with --label-column"):
        read_labelled(file, part="train", names=ColumnNames("said"))


def test_a_label_is_the_same_class_in_every_format(tmp_path):
    raw = [1, 1.0, "1", " 1 ", "2.0", float("nan"), None, "", "NaN", -1, "neg ", "neg", True]
    entries = [{"text": f"t{i}", "label": label} for i, label in enumerate(raw)]
    file = tmp_path / "x.jsonl"
    file.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    samples = read_labelled(file, part="train")
    assert samples.label_names == ("1", "2", "True", "neg") and samples.dropped == {"no label": 5}
    with pytest.raises(UserError, match="row 2 has the label \\['a', 'b'\\]"):
        read_labelled(jsonl(tmp_path / "y.jsonl", [*rows(1)[:1], {"text": "x", "label": ["a", "b"]}]), part="train")


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\x0c", "\x1d"])
def test_a_separator_inside_a_field_is_part_of_the_text(tmp_path, separator):
    for name, delimiter in (("x.csv", ","), ("x.tsv", "\t")):
        file = csv_of(tmp_path / name, f"text{delimiter}label\none{separator}two{delimiter}a\nthree{delimiter}b\n")
        assert read_labelled(file, part="train").items == [f"one{separator}two", "three"]


def test_half_a_surrogate_pair_is_replaced_and_counted(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text('{"text": "ok \\ud83d\\ude00", "label": "a"}\n{"text": "half \\ud83d", "label": "b"}\n')
    samples = read_labelled(file, part="train")
    assert samples.items == ["ok \U0001f600", "half \ufffd"]
    assert any(note.startswith("x.jsonl: 1 texts have U+FFFD") for note in samples.notes)
    "".join(samples.items).encode()


def test_clinc_s_own_file_has_its_splits_and_brings_its_out_of_scope_requests(tmp_path):
    published = {
        "train": [["wake me", "alarm"], ["add two", "math"]],
        "test": [["wake us", "alarm"]],
        "oos_train": [["never", "oos"]],
        "oos_test": [["who won", "oos"], ["what is love", "oos"]],
    }
    file = tmp_path / "data_full.json"
    file.write_text(json.dumps(published))
    task = user_task(OwnData(file))
    train, test = task.train.load(Folders()), task.test.load(Folders())
    assert (train.items, test.items) == (["wake me", "add two"], ["wake us"])
    (outside,) = task.ood
    assert outside.load(Folders()).items == ["who won", "what is love"]


def test_other_forms_of_json_and_plain_lines_are_read(tmp_path):
    columns = {"text": ["one", "two"], "label": ["a", "b"]}
    objects = [{"text": "one", "label": "a"}, {"text": "two", "label": "b"}]
    for whole in (columns, objects, {"data": objects}, {"train": objects}):
        file = tmp_path / "x.json"
        file.write_text(json.dumps(whole))
        assert read_labelled(file, part="train").items == ["one", "two"], whole
    fasttext = csv_of(tmp_path / "f.txt", "__label__a one\n__label__b two\n")
    assert read_labelled(fasttext, part="train").label_names == ("a", "b")
    assert read_texts(csv_of(tmp_path / "l.txt", "one\ntwo, three\n")).items == ["one", "two, three"]


def test_a_second_file_is_the_test_set(tmp_path):
    train = jsonl(tmp_path / "train.jsonl", rows(5))
    test = csv_of(tmp_path / "test.csv", "sentence,intent\nred apple,fruit\nripe apple pear plum 1,fruit\nrock,stone\n")
    task = user_task(OwnData(train, test=test))
    learned, tested = task.train.load(Folders()), task.test.load(Folders())
    assert len(learned) == 10 and tested.items == ["red apple", "ripe apple pear plum 1"]
    assert tested.label_names == learned.label_names and tested.dropped == {UNSEEN_LABEL: 1}
    split = task.split(learned, tested, 0)
    assert split.notes == (
        "1 of 2 examples of the test set are in the training set too.",
        "The test set has 2 examples, so figures are rough.",
    )


def test_repeated_texts_and_contradictory_labels_are_told(tmp_path):
    entries = [
        *rows(3),
        {"text": "RIPE  apple pear plum 0", "label": "tool"},
        {"text": "one of a kind", "label": "rare"},
    ]
    notes = read_labelled(jsonl(tmp_path / "x.jsonl", entries), part="train").notes
    assert notes == (
        "3 classes: fruit 3, rare 1, tool 4.",
        "1 of 8 texts repeat another one, but for case and blanks.",
        "1 texts have more than one label.",
        "1 classes have one text alone.",
    )
