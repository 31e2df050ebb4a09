"""TIMIT: folding, frames, and folds that share neither speaker nor sentence."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from common.base.errors import UserError
from common.data.locations import Folders
from common.data.samples import RawDataset
from speech.data.audio import frame_count
from speech.data.phones import PHONES
from speech.data.prepared import flac
from speech.data.timit import (
    TIMIT,
    TIMIT_BY_FRAME,
    by_speaker,
    by_speaker_below_4khz,
    frame_labels,
    phone_labels,
    read_timit,
)


def made_up(women: int = 8, men: int = 8) -> RawDataset:
    people = [("f", i) for i in range(women)] + [("m", i) for i in range(men)]
    rows = [(f"{sex}{i}", sex, text) for sex, i in people for text in ("sa1", "sa2", f"si{sex}{i}", f"sx{i}")]
    speakers, sexes, texts = map(list, zip(*rows, strict=True))
    items = [np.full(400, i, np.float32) for i in range(len(rows))]
    return RawDataset(items, [np.array([0])] * len(rows), PHONES, {"speaker": speakers, "sex": sexes, "text": texts})


def test_a_frame_has_the_phone_at_its_middle() -> None:
    labels = frame_labels(["h#", "q", "aa", "h#"], [320, 480, 800, 1000], np.zeros(1100, np.float32))
    assert [PHONES[i] for i in labels] == ["sil", "sil", "sil", "aa", "aa", "sil", "sil"]


def test_phones_lose_q_and_double_silence() -> None:
    assert [PHONES[i] for i in phone_labels(["h#", "tcl", "t", "q", "ao", "h#"])] == ["sil", "t", "aa", "sil"]


@pytest.mark.parametrize("seed", range(9))
def test_no_speaker_and_no_sentence_is_on_both_sides(seed: int) -> None:
    samples = made_up()
    split = by_speaker(samples, samples, seed)
    for name in ("speaker", "text"):
        assert not set(split.train.extras[name]) & set(split.test.extras[name])
    assert len(set(split.train.extras["speaker"])) == 12
    sex = dict(zip(split.test.extras["speaker"], split.test.extras["sex"], strict=True))
    assert sorted(sex.values()) == ["f", "f", "m", "m"]
    assert len(split.train) == 48, "the sa sentences stay in training"


def test_the_folds_of_one_division_test_every_speaker_once_and_the_next_division_differs() -> None:
    samples = made_up()
    tested = [set(by_speaker(samples, samples, seed).test.extras["speaker"]) for seed in range(8)]
    assert len(set.union(*tested[:4])) == sum(map(len, tested[:4])) == 16
    assert tested[:4] != tested[4:]


def test_too_few_speakers_are_refused() -> None:
    samples = made_up(3, 3)
    with pytest.raises(UserError, match="6 speakers are too few for folds of 4: at least 8"):
        by_speaker(samples, samples, 0)


def test_the_narrow_split_is_the_same_division_with_everything_low_passed() -> None:
    samples = made_up()
    wide, narrow = by_speaker(samples, samples, 1), by_speaker_below_4khz(samples, samples, 1)
    assert wide.test.extras == narrow.test.extras
    assert [len(item) for item in wide.train.items] == [len(item) for item in narrow.train.items]
    assert abs(narrow.test.items[-1][-1] - wide.test.items[-1][-1]) > 1, "the step at the end is no longer sharp"


def test_the_sample_has_160_utterances_of_16_speakers_with_a_label_a_frame(folders: Folders) -> None:
    phones, frames = TIMIT.load(folders), TIMIT_BY_FRAME.load(folders)
    assert len(phones) == 160 and len(set(phones.extras["speaker"])) == 16 and phones.kind == "sample"
    assert [len(labels) for labels in frames.labels] == [frame_count(len(item)) for item in frames.items]
    assert set(np.concatenate(frames.labels)) == set(np.concatenate(phones.labels)) == set(range(39))
    assert not phones.dropped


def test_a_row_of_the_table_with_an_unknown_phone_is_skipped_and_named(tmp_path: Path) -> None:
    sound = {"bytes": flac(np.full(1600, 0.1, np.float32)), "path": "x.flac"}
    row = {"audio": sound, "speaker": "f1", "sex": "f", "text": "", "phone_starts": [0], "phone_stops": [1600]}
    phones = {"sx1": "aa", "sx2": "xyz", "sx3": "h#", "sx4": ""}
    rows = [row | {"sentence_id": name, "phones": [phone] if phone else []} for name, phone in phones.items()]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    for by_frame in (False, True):
        samples = read_timit(tmp_path / "x.parquet", by_frame)
        assert samples.extras["sentence_id"] == ["sx1", "sx3"] and len(samples.items) == len(samples.labels) == 2
        known = "is not one of TIMIT's 61 phone symbols"
        assert samples.dropped == {f"f1 sx2: 'xyz' {known}": 1, "f1 sx4: it has no phones": 1}


def test_a_truncated_table_is_an_error_that_names_it(tmp_path: Path, data_folder: Path) -> None:
    whole = (data_folder / "speech/timit_sample.parquet").read_bytes()
    (tmp_path / "speech").mkdir()
    (tmp_path / "speech/timit_sample.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"timit_sample\.parquet cannot be read"):
        TIMIT.load(Folders((tmp_path,)))
