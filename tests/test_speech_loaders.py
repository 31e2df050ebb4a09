"""LibriSpeech through torchaudio, FLEURS through datasets, user's folders as a task: all without a network."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from common.base.errors import UserError
from common.data.download import downloads
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.evaluate import evaluate
from common.experiment import RunOptions
from common.selection import Selection
from speech.data import fleurs, librispeech
from speech.data.prepared import flac, write_table
from speech.tasks.own_audio import by_file


def tone(hertz: float, length: int = 4000, seed: int = 0) -> np.ndarray:
    noise = 0.01 * np.random.default_rng(seed).standard_normal(length)
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(length) / 16_000) * np.hanning(length) + noise).astype(
        np.float32
    )


def test_librispeech_becomes_letters(tmp_path: Path) -> None:
    from torchaudio.datasets import LIBRISPEECH

    chapter = tmp_path / "LibriSpeech" / "test-clean" / "61" / "70968"
    chapter.mkdir(parents=True)
    for i in range(2):
        (chapter / f"61-70968-000{i}.flac").write_bytes(flac(tone(300)))
    (chapter / "61-70968.trans.txt").write_text("61-70968-0000 IT'S SO\n61-70968-0001 NO\n")
    (tmp_path / "speech").mkdir()
    rows = librispeech.rows(LIBRISPEECH(tmp_path, url="test-clean"))
    write_table(tmp_path / "speech" / "librispeech_test.parquet", rows)
    samples = librispeech.LIBRISPEECH_TEST.load(Folders((tmp_path,)))
    spelled = ["".join(samples.label_names[i] for i in labels) for labels in samples.labels]
    assert spelled == ["IT'S|SO", "NO"] and samples.extras["speaker"] == ["61", "61"]
    assert [len(item) for item in samples.items] == [4000, 4000]


def test_a_hugging_face_data_set_becomes_a_table_decoded_by_soundfile(tmp_path: Path) -> None:
    from datasets import Audio, Dataset

    soundfile.write(tmp_path / "a.wav", tone(300, 8000), 48_000)
    audio = [{"bytes": flac(tone(300)), "path": "x.flac"}, {"bytes": None, "path": str(tmp_path / "a.wav")}]
    fetched = Dataset.from_dict({"audio": audio, "id": [1, 2]}).cast_column("audio", Audio())
    (tmp_path / "speech").mkdir()
    write_table(tmp_path / fleurs.FILE, fleurs.rows(fetched))
    samples = fleurs.GERMAN.load(Folders((tmp_path,)))
    assert [len(item) for item in samples.items] == [4000, 2667] and samples.labels is None


def test_every_set_of_speech_that_can_be_fetched_is_known_by_name() -> None:
    known = downloads()
    for name in ("fsdd", "speech_commands", "thchs30", "librispeech", "fleurs_german"):
        assert known[name].about and all(file.startswith("speech/") for file in known[name].files)


def test_pieces_of_one_recording_are_never_on_both_sides() -> None:
    files = [f"{word}/{i}.wav" for word in ("no", "yes") for i in range(8) for _ in range(3)]
    labels = np.repeat([0, 1], 24)
    samples = RawDataset([np.zeros(1)] * 48, labels, ("no", "yes"), {"file": files})
    split = by_file(samples, samples, seed=0)
    train, test = (set(part.extras["file"]) for part in (split.train, split.test))
    assert not train & test and len(test) == 4 and np.bincount(split.test.labels).tolist() == [6, 6]
    assert set(by_file(samples, samples, seed=1).test.extras["file"]) != test
    with pytest.raises(UserError, match="class 'yes' has one file"):
        one = samples.take(np.arange(27))
        by_file(one, one, 0)


def test_a_users_folders_run_as_a_task_and_the_report_names_the_bad_file(tmp_path: Path) -> None:
    for word, hertz in (("high", 2000), ("low", 400)):
        for i in range(12):
            path = tmp_path / "speech" / "own_audio" / word / f"{i}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, tone(hertz + 10 * i, 4000 + 200 * i, i), 16_000)
    (tmp_path / "speech" / "own_audio" / "low" / "bad.wav").write_text("no sound")
    (tmp_path / "speech" / "own_audio_ood").mkdir()
    for i in range(5):
        noise = np.random.default_rng(i).uniform(-0.5, 0.5, 5000)
        soundfile.write(tmp_path / "speech" / "own_audio_ood" / f"{i}.flac", noise, 44_100)
    options = RunOptions(out=tmp_path / "out", folders=Folders((tmp_path,), tmp_path / "cache"))
    run = evaluate(Selection(("speech/own_audio",), detectors=("msp",), required=True), options)
    assert {row.out_dist for row in run.rows if row.question == "ood"} >= {"Own other sounds", "Tones (synthetic)"}
    assert run.rows[0].data == "full"
    text = (tmp_path / "out" / "report.md").read_text()
    assert "low/bad.wav" in text and "no audio can be read from it" in text
    assert not run.failed
