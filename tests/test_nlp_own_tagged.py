"""Tagged sentences of the user's own: CoNLL-U and two-column files become a tagging task."""

import json
from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.cli.run_all import main
from common.data.locations import Folders
from common.own_data import OwnData
from nlp.data.own_tagged import UNSEEN_TAG, read_tagged
from nlp.user_files import user_task

TAGS = {"the": "DET", "dog": "NOUN", "cat": "NOUN", "sees": "VERB", "likes": "VERB"}


def conllu(path: Path, sentences: list[str], tags: dict[str, str] = TAGS) -> Path:
    lines = []
    for number, sentence in enumerate(sentences):
        lines += [f"# sent_id = {number}", f"# text = {sentence}", "1-2\tx\t" + "\t".join("_" * 8)]
        for place, word in enumerate(sentence.split(), 1):
            lines.append(f"{place}\t{word}\t{word}\t{tags[word]}\t{tags[word][:1]}\t" + "\t".join("_" * 5))
        lines += ["2.1\tempty\t" + "\t".join("_" * 8), ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def drawn(count: int) -> list[str]:
    rng = np.random.default_rng(0)
    return [" ".join(["the", rng.choice(["dog", "cat"]), rng.choice(["sees", "likes"])]) for _ in range(count)]


def test_conllu_has_words_and_tags_without_ranges_and_empty_nodes(tmp_path: Path) -> None:
    samples = read_tagged(conllu(tmp_path / "x.conllu", ["the dog sees", "cat likes"]), part="train")
    assert samples.items == [["the", "dog", "sees"], ["cat", "likes"]]
    assert samples.label_names == ("DET", "NOUN", "VERB") and [row.tolist() for row in samples.labels] == [
        [0, 1, 2],
        [1, 2],
    ]
    assert samples.notes == ("2 sentences. 3 classes: DET 1, NOUN 2, VERB 2.",)
    assert read_tagged(tmp_path / "x.conllu", part="train", column="XPOS").label_names == ("D", "N", "V")


def test_two_columns_and_a_second_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("# made by hand\nthe DET\ndog NOUN\n\n\ncat NOUN\n# SYM\n")
    (tmp_path / "b.conll").write_text("the\tDET\n\nugh\tINTJ\n")
    train = read_tagged(tmp_path / "a.conll", tmp_path / "b.conll", part="train")
    test = read_tagged(tmp_path / "b.conll", tmp_path / "a.conll", part="test")
    assert train.items == [["the", "dog"], ["cat", "#"]]
    assert test.items == [["the"]] and test.dropped == {UNSEEN_TAG: 1} and test.label_names == train.label_names


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.conllu", "1\tthe\tDET\n", "line 1 has 3 columns, not the 10 of CoNLL-U"),
        ("x.conll", "the DET\n\ndog\n", "line 3 has 1 column, not a token and a tag"),
        ("x.conll", "\n\n", "has no sentence"),
        ("x.conll", "the DET\n", "1 usable sentences with 1 tags; two tags or more are needed"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message):
        read_tagged(tmp_path / name, part="train")


def test_an_unknown_column_is_told(tmp_path: Path) -> None:
    file = conllu(tmp_path / "x.conllu", ["the dog sees"])
    with pytest.raises(UserError, match=r"no column 'upso' \(did you mean 'upos'\?\)"):
        read_tagged(file, part="train", column="upso")
    with pytest.raises(UserError, match=r"is not one of \.conll, \.conllu, as x\.conllu is"):
        (tmp_path / "y.csv").write_text("text\n")
        user_task(OwnData(file, {"y": tmp_path / "y.csv"}))


def test_a_seeded_fifth_of_the_sentences_is_the_test_set(tmp_path: Path) -> None:
    task = user_task(OwnData(conllu(tmp_path / "x.conllu", drawn(20))))
    train, test = task.train.load(Folders()), task.test.load(Folders())
    assert task.split is not None
    split = task.split(train, test, 0)
    assert (len(split.train), len(split.test)) == (16, 4)


@pytest.mark.slow
def test_the_command_tags_and_tells_other_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = conllu(tmp_path / "dogs.conllu", drawn(120))
    outside = conllu(tmp_path / "noise.conllu", ["xyz qqq zzz"] * 20, {"xyz": "X", "qqq": "X", "zzz": "X"})
    command = ["run_all.py", "--in", str(inside), "--ood", f"noise={outside}", "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", [*command, "--detectors", "msp"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    row = next(row for row in rows if row["unit"] == "row" and row["out_dist"] == "noise")
    assert row["error"] < 0.05 and row["n_negative"] == 60
