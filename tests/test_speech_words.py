"""Digits and commands: readers, splits by speaker, OOD sets as long and as narrow as the words, tables and archives."""

import tarfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
import soundfile

from common.base.errors import UserError
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.discover import load_task
from speech.data.fsdd import FSDD_TEST, FSDD_TRAIN, unseen_speakers
from speech.data.mandarin import THCHS30, thchs30_rows
from speech.data.noise import is_narrow, read_noises
from speech.data.prepared import flac, read_unlabelled, write_table
from speech.data.short import CHIMES, COMMAND_WORDS, MANDARIN, NOISE, TONES, loudest, pieces
from speech.data.speech_commands import COMMANDS_TEST, COMMANDS_TRAIN, OTHER_WORDS, WORDS, rows, speaker_folds

NAMES = tuple("abcdef")


def spoken(speakers: tuple[str, ...], each: int = 3, kind: str = "full") -> RawDataset:
    people = [name for name in speakers for _ in range(each)]
    items = [np.full(2000 + i, 0.1, np.float32) for i in range(len(people))]
    return RawDataset(items, np.arange(len(people)) % 2, ("x", "y"), {"speaker": people}, kind=kind)


def test_three_seeds_test_each_digit_speaker_once_and_never_train_on_one_that_they_test() -> None:
    samples = spoken(NAMES)
    tested = []
    for seed in range(3):
        split = unseen_speakers(samples, samples, seed)
        train, test = (set(part.extras["speaker"]) for part in (split.train, split.test))
        assert len(train) == 4 and len(test) == 2 and not train & test
        assert len(split.train) == 12 and len(split.test) == 6
        tested += sorted(test)
    assert sorted(tested) == list(NAMES)


@pytest.mark.parametrize("seed", range(6))
def test_folds_of_the_commands_sample_share_no_speaker(seed: int) -> None:
    samples = spoken(tuple(f"s{i}" for i in range(13)), kind="sample")
    split = speaker_folds(samples, samples, seed)
    assert not set(split.train.extras["speaker"]) & set(split.test.extras["speaker"])
    assert len(split.train) + len(split.test) == len(samples)


def test_five_folds_of_the_commands_sample_test_everything_once_and_the_whole_corpus_keeps_its_own_split() -> None:
    samples = spoken(tuple(f"s{i}" for i in range(13)), kind="sample")
    tested = [len(item) for seed in range(5) for item in speaker_folds(samples, samples, seed).test.items]
    assert sorted(tested) == sorted(len(item) for item in samples.items)
    train, test = spoken(("a",)), spoken(("b",))
    split = speaker_folds(train, test, seed=1)
    assert split.train is train and split.test is test


def test_pieces_take_their_lengths_from_the_test_words_and_end_at_4_khz() -> None:
    rng = np.random.default_rng(0)
    test = RawDataset([np.zeros(length, np.float32) for length in (3000, 5000, 100)])
    recordings = RawDataset(
        [rng.standard_normal(16_000).astype(np.float32), np.ones(500, np.float32)], dropped={"x": 1}
    )
    found = [pieces(test, np.random.default_rng(i), recordings, most=3) for i in range(12)]
    lengths = {len(item) for samples in found for item in samples.items[:-1]}
    assert lengths == {3000, 5000, 800}, "a word of nothing would leave nothing to classify"
    assert all(len(samples) == 4 and len(samples.items[-1]) == 500 and samples.dropped == {"x": 1} for samples in found)
    assert all(is_narrow(item * np.hanning(len(item)), 4200.0) for item in found[0].items[:3])
    assert not is_narrow(recordings.items[0], 4200.0)


def test_one_reader_serves_all_sounds_without_labels_and_names_the_kind_that_is_not_there(tmp_path: Path) -> None:
    levels = {"a": 0.1, "b": 0.2}
    recordings = [{"audio": flac(np.full(160, level, np.float32)), "noise": kind} for kind, level in levels.items()]
    write_table(tmp_path / "x.parquet", recordings * 2)
    assert read_unlabelled(tmp_path / "x.parquet").extras == {} and len(read_unlabelled(tmp_path / "x.parquet")) == 4
    assert read_noises(tmp_path / "x.parquet").extras == {"noise": list("abab")}
    assert [round(float(item[0]), 1) for item in read_noises(tmp_path / "x.parquet", ("b",)).items] == [0.2, 0.2]
    with pytest.raises(ValueError, match="there is no noise called c or d"):
        read_noises(tmp_path / "x.parquet", ("c", "d"))


def test_the_loudest_pieces_come_in_their_order_and_never_overlap() -> None:
    recording = np.repeat(np.array([0, 3, 1, 2], np.float32), 10)
    assert [piece[0] for piece in loudest(recording, 10, most=2)] == [3, 2]
    assert len(loudest(recording[:5], 10, most=2)[0]) == 5


def test_tones_are_as_long_as_the_words_and_differ() -> None:
    test = RawDataset([np.zeros(length, np.float32) for length in (3000, 5000)])
    made = TONES.load(Folders(), 0, test)
    assert [len(item) for item in made.items] == [3000, 5000] and made.kind == "synthetic"
    assert all(0.01 < np.abs(item).max() <= 1 for item in made.items)
    assert not np.allclose(made.items[0], TONES.load(Folders(), 1, test).items[0])


def test_a_table_of_sounds_reads_back_as_it_was_written(tmp_path: Path) -> None:
    samples = (0.5 * np.sin(np.arange(1600) / 9)).astype(np.float32)
    soundfile.write(tmp_path / "3_ann_7.wav", samples, 16_000)
    write_table(tmp_path / "x.parquet", [{"audio": tmp_path / "3_ann_7.wav", "speaker": "ann"}] * 3)
    table = parquet.read_table(tmp_path / "x.parquet")
    assert table["audio"][0].as_py()["path"] == "3_ann_7.flac" and table["speaker"].to_pylist() == ["ann"] * 3
    with pytest.raises(UserError, match="would be empty"):
        write_table(tmp_path / "y.parquet", [])
    with pytest.raises(UserError, match=r"bad\.wav cannot be read .*fetch it again"):
        (tmp_path / "bad.wav").write_text("no sound")
        write_table(tmp_path / "y.parquet", [{"audio": tmp_path / "bad.wav"}])


def test_what_torchaudio_knows_of_the_commands_becomes_rows(tmp_path: Path) -> None:
    from torchaudio.datasets import SPEECHCOMMANDS

    root = tmp_path / "SpeechCommands" / "speech_commands_v0.02"
    for word, speaker in (("yes", "abc"), ("bed", "abc"), ("yes", "def")):
        (root / word).mkdir(parents=True, exist_ok=True)
        soundfile.write(root / word / f"{speaker}_nohash_0.wav", np.zeros(1600) + 0.1, 16_000)
    found = list(rows(SPEECHCOMMANDS(tmp_path), {"yes/def_nohash_0.wav": "testing"}))
    known = {(row["word"], row["label"], row["speaker"], row["split"]) for row in found}
    assert known == {
        ("yes", "yes", "abc", "training"),
        ("bed", "_unknown_", "abc", "training"),
        ("yes", "yes", "def", "testing"),
    }
    (tmp_path / "speech").mkdir()
    write_table(tmp_path / "speech" / "speech_commands.parquet", found)
    folders = Folders((tmp_path,))
    train, test, other = (source.load(folders) for source in (COMMANDS_TRAIN, COMMANDS_TEST, OTHER_WORDS))
    assert train.kind == "full" and len(train) == len(test) == 1 and test.extras["speaker"] == ["def"]
    assert train.label_names == WORDS and train.labels.tolist() == [WORDS.index("yes")]
    assert len(other) == 0, "the other word is for training"


def write_thchs30(root: Path, links: bool) -> None:
    (root / "data").mkdir(parents=True)
    (root / "test").mkdir()
    for name in ("A1_0.wav", "D4_7.wav", "D5_1.wav"):
        soundfile.write(root / "data" / name, np.full(1600, 0.1), 16_000)
        if name.startswith("D"):
            target = root / "test" / name
            target.symlink_to(f"../data/{name}") if links else target.write_text(f"../data/{name}\n")


@pytest.mark.parametrize("links", [True, False])
def test_mandarin_is_read_from_the_archive_unpacked_and_from_the_archive(tmp_path: Path, links: bool) -> None:
    root = tmp_path / "speech" / "data_thchs30"
    write_thchs30(root, links)
    samples = THCHS30.load(Folders((tmp_path,)))
    assert samples.kind == "full" and samples.extras["speaker"] == ["D4", "D5"] and samples.labels is None
    with tarfile.open(tmp_path / "data_thchs30.tgz", "w:gz") as tar:
        tar.add(root, "data_thchs30")
    found = list(thchs30_rows(tmp_path / "data_thchs30.tgz"))
    assert sorted((row["utterance_id"], row["speaker"]) for row in found) == [("D4_7", "D4"), ("D5_1", "D5")]
    write_table(tmp_path / "thchs30.parquet", found)
    assert parquet.read_table(tmp_path / "thchs30.parquet").num_rows == 2


def test_the_digits_come_in_their_own_split(folders: Folders) -> None:
    train, test = FSDD_TRAIN.load(folders), FSDD_TEST.load(folders)
    assert (len(train), len(test)) == (2700, 300)
    assert set(np.bincount(test.labels)) == {30} and len(set(test.extras["speaker"])) == 6
    assert not train.dropped and not test.dropped


def test_every_ood_set_of_the_digits_is_there_and_as_short_as_digits_are(folders: Folders) -> None:
    task = load_task("speech/digits")
    assert set(task.ood) == {COMMAND_WORDS, NOISE, CHIMES, TONES, MANDARIN}
    test = FSDD_TEST.load(folders).take(np.arange(0, 300, 30))
    longest = max(len(item) for item in test.items)
    for source in (CHIMES, MANDARIN):
        made = source.load(folders, 0, test)
        assert len(made) > 100 and max(len(item) for item in made.items) <= longest


def test_the_sample_of_commands_has_30_of_each(folders: Folders) -> None:
    samples = COMMANDS_TEST.load(folders)
    assert samples.kind == "sample" and np.bincount(samples.labels).tolist() == [30] * 10
    assert len(OTHER_WORDS.load(folders)) == 60
