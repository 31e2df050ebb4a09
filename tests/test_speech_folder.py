"""User's folders of sounds: every rate and number of channels is read, bad files are named, long ones streamed."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from common.base.errors import UserError
from common.data.dropped import listed
from common.data.locations import Folders
from speech.data.audio import decode
from speech.data.folder import PIECE, any_sounds, class_folders, pieces, read_any, read_classes


def tone(seconds: float = 0.2, rate: int = 16_000, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def write(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path


def test_one_folder_with_every_kind_of_good_and_bad_file_is_read_and_the_bad_ones_are_named(tmp_path: Path) -> None:
    write(tmp_path / "a_good.wav", tone())
    write(tmp_path / "b_stereo.flac", np.stack([tone(), np.zeros(3200)], axis=1))
    write(tmp_path / "c_cd.wav", tone(rate=44_100), 44_100)
    write(tmp_path / "d_clipped.wav", np.clip(5 * tone(), -1, 1))
    write(tmp_path / "deeper" / "e.ogg", tone())
    write(tmp_path / "x_empty.wav", np.zeros(0))
    (tmp_path / "x_nothing.wav").touch()
    (tmp_path / "x_text.wav").write_text("not a sound at all")
    for suffix in ("wav", "flac"):
        whole = write(tmp_path / f"x_truncated.{suffix}", tone(1.0)).read_bytes()
        (tmp_path / f"x_truncated.{suffix}").write_bytes(whole[: len(whole) // 2])
    (tmp_path / ".hidden").write_text("not looked at")
    samples = read_any(tmp_path)
    assert samples.extras["file"] == ["a_good.wav", "b_stereo.flac", "c_cd.wav", "d_clipped.wav", "deeper/e.ogg"]
    assert [len(item) for item in samples.items] == [3200] * 5 and samples.labels is None
    np.testing.assert_allclose(samples.items[1], samples.items[0] / 2, atol=1e-4)
    assert sorted(reason.split(":")[0] for reason in samples.dropped) == [
        "x_empty.wav", "x_nothing.wav", "x_text.wav", "x_truncated.flac", "x_truncated.wav",
    ]  # fmt: skip
    assert any("x_truncated.wav: it breaks off after" in reason for reason in samples.dropped)
    assert read_any(tmp_path).dropped == samples.dropped, "reasons are the same in every run"


@pytest.mark.parametrize("format_", ["WAV", "AIFF", "NIST"])
def test_a_file_that_breaks_off_is_refused_and_one_of_unknown_length_is_not(tmp_path: Path, format_: str) -> None:
    path = tmp_path / "sound"
    soundfile.write(path, tone(1.0), 16_000, "PCM_16", format=format_)
    whole = path.read_bytes()
    assert len(decode(whole)) == 16_000
    with pytest.raises(ValueError, match=r"breaks off after \d+ of about (16000|1599\d) samples"):
        decode(whole[:20_000])
    if format_ == "WAV":  # as a recorder writes that is piped on: every size is the largest there is
        piped = whole.replace((32_000).to_bytes(4, "little"), b"\xff\xff\xff\xff")
        assert piped != whole and len(decode(piped)) == 16_000


def test_a_folder_a_class_gives_labels_in_the_order_of_names(tmp_path: Path) -> None:
    for word in ("yes", "no"):
        for i in range(2):
            write(tmp_path / word / f"{i}.wav", tone())
    samples = read_classes(tmp_path)
    assert samples.label_names == ("no", "yes") and samples.labels.tolist() == [0, 0, 1, 1]
    assert samples.extras["file"] == ["no/0.wav", "no/1.wav", "yes/0.wav", "yes/1.wav"]


def test_a_class_without_a_readable_sound_is_an_error_that_names_it(tmp_path: Path) -> None:
    write(tmp_path / "words" / "no" / "1.wav", tone())
    with pytest.raises(UserError, match="has one class, no; two classes or more are needed"):
        class_folders("Mine", "words").load(Folders((tmp_path,)))
    (tmp_path / "words" / "yes").mkdir()
    (tmp_path / "words" / "yes" / "1.wav").write_text("text")
    with pytest.raises(UserError, match="no sound can be read in yes"):
        class_folders("Mine", "words").load(Folders((tmp_path,)))


def test_a_folder_without_one_sound_is_an_error_and_a_missing_one_is_missing_data(tmp_path: Path) -> None:
    source = any_sounds("Mine", "speech/mine")
    assert source.resolve(Folders((tmp_path,))) is None
    (tmp_path / "speech/mine").mkdir(parents=True)
    (tmp_path / "speech/mine/notes.txt").write_text("text")
    with pytest.raises(UserError, match=r"mine cannot be read .*not one of 1 files .*notes\.txt"):
        source.load(Folders((tmp_path,)))


def test_a_long_recording_comes_in_pieces_and_is_never_in_memory_whole(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    with soundfile.SoundFile(path, "w", 16_000, 1) as file:
        for minute in range(60):
            file.write(np.full(60 * 16_000, minute / 100))
    tracemalloc.start()
    levels = [float(piece.mean()) for piece in pieces(path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (
        len(levels) == 60
        and levels == sorted(levels)
        and levels[0] == 0
        and levels[-1] == pytest.approx(0.59, abs=1e-3)
    )
    assert peak < 10 * PIECE * 16_000 * 4 < 3600 * 16_000 * 4 / 10


def test_what_a_recording_beyond_ten_minutes_loses_is_counted_by_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "lecture.wav", np.full(625 * 1000, 0.1), 1000)
    soundfile.write(tmp_path / "ten_minutes.wav", np.full(600 * 1000, 0.1), 1000)
    (tmp_path / "x.wav").write_text("text")
    samples = read_any(tmp_path)
    assert samples.extras["file"] == ["lecture.wav"] * 60 + ["ten_minutes.wav"] * 60
    told = "lecture.wav: pieces of 10 seconds beyond the 60 that are read"
    assert len(samples.dropped) == 2 and samples.dropped[told] == 2


def test_a_long_recording_with_a_sample_that_is_not_finite_is_skipped_and_named(tmp_path: Path) -> None:
    write(tmp_path / "good.wav", tone())
    samples = tone(30, 8_000)
    samples[100_000] = np.nan
    soundfile.write(tmp_path / "long.wav", samples, 8_000, subtype="FLOAT")
    assert read_any(tmp_path).dropped == {"long.wav: it holds samples that are not finite (NaN or infinity)": 1}


def test_of_many_bad_files_the_first_are_named_and_the_rest_counted() -> None:
    dropped = listed([f"{i}.wav: no audio" for i in range(50)])
    assert sum(dropped.values()) == 50 and len(dropped) == 21 and dropped["further files that cannot be read"] == 30


@pytest.mark.parametrize("format_", ["WAV", "FLAC"])
def test_a_long_recording_that_breaks_off_is_skipped_and_named(tmp_path: Path, format_: str) -> None:
    write(tmp_path / "good.wav", tone())
    noise = 0.1 * np.random.default_rng(0).standard_normal(40 * 8_000)
    soundfile.write(tmp_path / "long", noise, 8_000, "PCM_16", format=format_)
    whole = (tmp_path / "long").read_bytes()
    (tmp_path / "long").write_bytes(whole[: 2 * len(whole) // 3])
    samples = read_any(tmp_path)
    assert samples.extras["file"] == ["good.wav"]
    assert [reason.split(":")[0] for reason in samples.dropped] == ["long"]
