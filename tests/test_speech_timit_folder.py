"""TIMIT as the LDC ships it: a folder of the whole corpus goes through, and a bad file costs itself alone."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
import soundfile

from common.base.errors import UserError
from common.data.locations import Folders
from speech.data.timit import TIMIT, TIMIT_BY_FRAME, by_speaker
from speech.data.timit_folder import read_timit_folder

SUFFIXES = ("WAV", "PHN", "WRD", "TXT")


def write_sentence(stem: Path, waveform: np.ndarray, phones: list[tuple[int, int, str]], text: str) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(stem.with_suffix(".WAV"), waveform, 16_000, "PCM_16", format="NIST")
    stem.with_suffix(".PHN").write_text("".join(f"{start} {stop} {phone}\n" for start, stop, phone in phones))
    stem.with_suffix(".WRD").write_text(f"0 {len(waveform)} {text.split()[0]}\n")
    stem.with_suffix(".TXT").write_text(f"0 {len(waveform)} {text}\n")


def write_short(stem: Path, number: int = 0) -> None:
    waveform = 0.1 * np.sin(np.arange(1600) * (0.1 + 0.01 * number))
    write_sentence(stem, waveform, [(0, 400, "h#"), (400, 1200, "aa"), (1200, 1600, "h#")], f"Ah number {number}.")


def write_corpus(root: Path, parts: dict[str, int], spell: Callable[[str], str] = str) -> None:
    """Lay out speakers of ten sentences each, as hard links to ten distinct ones."""
    names = ["SA1", "SA2", *(f"SI{i}" for i in range(3)), *(f"SX{i}" for i in range(5))]
    for i, name in enumerate(names):
        write_short(root.parent / "distinct" / name, i)
    for part, speakers in parts.items():
        for i in range(speakers):
            folder = root / spell(f"{part}/DR{i % 8 + 1}/{'FM'[i % 2]}{part[:2]}{i}")
            folder.mkdir(parents=True)
            for name in names:
                for suffix in SUFFIXES:
                    os.link(root.parent / "distinct" / f"{name}.{suffix}", folder / spell(f"{name}.{suffix}"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    write_corpus(tmp_path / "speech" / "TIMIT", {"TRAIN": 2, "TEST": 1})
    return tmp_path


@pytest.mark.slow
def test_the_whole_corpus_goes_through_and_is_divided_as_published(tmp_path: Path) -> None:
    write_corpus(tmp_path / "speech" / "TIMIT", {"TRAIN": 462, "TEST": 168})
    samples = TIMIT.load(Folders((tmp_path,)))
    assert samples.kind == "full" and len(samples) == 6300 and not samples.dropped
    assert samples.extras["part"].count("train") == 4620 and samples.extras["part"].count("test") == 1680
    split = by_speaker(samples, samples, seed=3)
    assert (len(split.train), len(split.test)) == (3696, 1344)
    assert not set(split.train.extras["speaker"]) & set(split.test.extras["speaker"])


def test_names_may_be_in_small_letters_and_lie_one_folder_deeper(tmp_path: Path) -> None:
    write_corpus(tmp_path / "speech" / "timit" / "timit", {"train": 1, "test": 1}, str.lower)
    samples = TIMIT.load(Folders((tmp_path,)))
    assert len(samples) == 20 and set(samples.extras["speaker"]) == {"ftr0", "fte0"}


def test_a_riff_copy_beside_the_sphere_file_is_not_a_second_utterance(small: Path) -> None:
    sentence = next((small / "speech/TIMIT/TRAIN").rglob("SA1.WAV"))
    soundfile.write(sentence.with_name("SA1.WAV.wav"), np.zeros(100), 16_000)
    assert len(TIMIT.load(Folders((small,)))) == 30


def test_frames_are_labelled_from_the_lists_of_phones(small: Path) -> None:
    samples = TIMIT_BY_FRAME.load(Folders((small,)))
    assert [samples.label_names[i] for i in samples.labels[0][[0, 2, 3, 7, 8, 10]]] == "sil sil aa aa sil sil".split()


def test_a_bad_file_is_skipped_and_named_and_the_rest_is_read(small: Path) -> None:
    folder = next((small / "speech/TIMIT/TRAIN").rglob("SA1.WAV")).parent
    for name, damage in (("SA1.WAV", b"no sound"), ("SX0.PHN", b"0 12\n"), ("SX1.PHN", b"")):
        (folder / name).unlink()  # a hard link: the others must stay whole
        (folder / name).write_bytes(damage)
    whole = (folder / "SA2.WAV").read_bytes()
    (folder / "SA2.WAV").unlink()
    (folder / "SA2.WAV").write_bytes(whole[:2000])
    samples = TIMIT.load(Folders((small,)))
    assert len(samples) == 26 and set(samples.dropped.values()) == {1}
    for told in (
        "SA1.WAV: no audio",
        "SX0.WAV: SX0.PHN has a line",
        "SX1.WAV: its list of phones",
        "SA2.WAV: it breaks",
    ):
        assert any(told in reason for reason in samples.dropped), told


def relink(path: Path, content: str) -> None:
    path.unlink()  # a hard link: the others must stay whole
    path.write_text(content)


def test_an_unknown_phone_costs_its_utterance_alone_and_is_named_with_its_file(small: Path) -> None:
    sentence = next((small / "speech/TIMIT/TRAIN").rglob("SX0.PHN"))
    relink(sentence, "0 400 h#\n400 1600 xyz\n")
    for source in (TIMIT, TIMIT_BY_FRAME):
        samples = source.load(Folders((small,)))
        (reason,) = samples.dropped
        assert len(samples) == 29 and reason.endswith("SX0.WAV: 'xyz' is not one of TIMIT's 61 phone symbols")


def test_further_bad_lists_and_further_bad_sounds_are_both_counted(tmp_path: Path) -> None:
    write_corpus(tmp_path / "TIMIT", {"TRAIN": 10})
    for i, speaker in enumerate(sorted(path.parent for path in tmp_path.rglob("TRAIN/*/*/SA1.WAV"))):
        for path in speaker.glob("*.PHN" if i < 4 else "*.WAV" if i < 8 else "none"):
            relink(path, "")
    _, columns, dropped = read_timit_folder(tmp_path)
    assert len(columns["text"]) == 20 and sum(dropped.values()) == 80


def test_a_folder_without_a_whole_utterance_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "speech/timit/TRAIN").mkdir(parents=True)
    with pytest.raises(UserError, match=r"speech.timit cannot be read .*no TRAIN or TEST folder with whole utterances"):
        TIMIT.load(Folders((tmp_path,)))


@pytest.mark.parametrize("part", ["TRAIN", "TEST"])
@pytest.mark.parametrize("texts", [True, False])
def test_a_folder_of_one_part_is_a_sample_and_divided_by_speaker(tmp_path: Path, part: str, texts: bool) -> None:
    write_corpus(tmp_path / "speech" / "TIMIT", {part: 12})
    for path in [] if texts else tmp_path.rglob("TIMIT/*/*/*/*.TXT"):
        path.unlink()
    samples = TIMIT.load(Folders((tmp_path,)))
    for i in range(12):  # different sentences for each speaker, as in the corpus; the fixture's are all the same
        for j in range(2, 10):
            k = 10 * i + j
            samples.extras["sentence_id"][k] += f" {i}"
            samples.extras["text"][k] += f" {i}" if texts else ""
    split = by_speaker(samples, samples, seed=0)
    assert samples.kind == "sample" and len(samples) == 120
    assert (len(split.train), len(split.test)) == (80, 32), "the sa sentences stay in training"
    assert not set(split.train.extras["speaker"]) & set(split.test.extras["speaker"])


@pytest.mark.slow
def test_the_corpus_is_whole_also_where_utterances_are_skipped_and_a_sample_where_some_are_absent(
    tmp_path: Path,
) -> None:
    write_corpus(tmp_path / "speech" / "TIMIT", {"TRAIN": 462, "TEST": 168})
    sentence = next((tmp_path / "speech/TIMIT/TRAIN").rglob("SX0.PHN"))
    sentence.unlink()
    samples = TIMIT.load(Folders((tmp_path,)))
    assert samples.kind == "full" and len(samples) == 6299 and sum(samples.dropped.values()) == 1
    sentence.with_suffix(".WAV").unlink()
    assert TIMIT.load(Folders((tmp_path,))).kind == "sample"


def test_the_sample_laid_out_as_a_folder_reads_as_the_table_does(tmp_path: Path, folders: Folders) -> None:
    table = TIMIT.load(folders)
    rows = parquet.read_table(folders.data[0] / "speech/timit_sample.parquet").to_pylist()[:12]
    for row, waveform in zip(rows, table.items, strict=False):
        stem = tmp_path / "TRAIN" / row["dialect"].upper() / row["speaker"].upper() / row["sentence_id"].upper()
        phones = list(zip(row["phone_starts"], row["phone_stops"], row["phones"], strict=True))
        write_sentence(stem, waveform, phones, row["text"])
    waveforms, columns, dropped = read_timit_folder(tmp_path)
    assert len(waveforms) == 12 and not dropped
    order = [(row["speaker"], row["sentence_id"]) for row in rows]
    for i, key in enumerate(zip(columns["speaker"], columns["sentence_id"], strict=True)):
        j = order.index(key)
        np.testing.assert_array_equal(waveforms[i], table.items[j])
        for name in ("dialect", "sex", "text", "phones", "phone_starts", "phone_stops"):
            assert columns[name][i] == rows[j][name]
