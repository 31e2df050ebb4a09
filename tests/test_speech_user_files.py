"""User's folders of sounds: layouts that people have, formats of their machines, classifiers judged as they are."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from common.base.errors import UserError
from common.cli.run_all import main
from common.data.locations import Folders
from common.discover import load_architecture, own_modality, parse_model
from common.own_data import OwnData
from common.training.predict import predict
from speech.data.audio import decode
from speech.data.folder import read_classes
from speech.data.noise import active, mix
from speech.data.timit_folder import read_timit_folder
from speech.user_files import user_task


def tone(seconds: float = 0.2, rate: int = 16_000, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def write(path: Path, samples: np.ndarray, rate: int = 16_000, **more: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **more)
    return path


def words(root: Path, *folders: str, count: int = 4) -> Path:
    for place, folder in enumerate(folders):
        for i in range(count):
            write(root / folder / f"{i}.wav", tone(hertz=300 + 200 * place + i))
    return root


def test_the_layout_of_speech_commands_has_its_lists_and_its_noise_is_no_class(tmp_path: Path) -> None:
    root = words(tmp_path, "yes", "no", "_background_noise_")
    (root / "testing_list.txt").write_text("yes/0.wav\nno/3.wav\n")
    (root / "validation_list.txt").write_text("yes/1.wav\n")
    (root / "README.md").write_text("not a sound")
    task = user_task(OwnData(root))
    samples = task.train.load(Folders())
    assert samples.label_names == ("no", "yes") and samples.dropped == {"folders that are no class": 4}
    assert task.split is not None
    split = task.split(samples, samples, 0)
    assert split.test.extras["file"] == ["no/3.wav", "yes/0.wav"] and len(split.train) == 5
    (noise,) = task.ood
    assert noise.name == "background noise" and len(noise.load(Folders())) == 4


def test_train_and_test_folders_are_a_split(tmp_path: Path) -> None:
    root = words(tmp_path / "words", "train/yes", "train/no", "valid/yes", "valid/no")
    task = user_task(OwnData(root))
    samples = task.train.load(Folders())
    assert task.split is not None and samples.label_names == ("no", "yes")
    split = task.split(samples, samples, 0)
    assert {file.split("/")[0] for file in split.test.extras["file"]} == {"valid"} and len(split.train) == 8


def test_names_or_a_table_hold_the_class(tmp_path: Path) -> None:
    for digit in range(3):
        for i in range(2):
            write(tmp_path / f"{digit}_jackson_{i}.wav", tone())
    samples = read_classes(tmp_path, r"^(?P<label>\d)_")
    assert samples.label_names == ("0", "1", "2") and np.bincount(samples.labels).tolist() == [2, 2, 2]
    lines = [f"{digit}_jackson_{i}.wav,{'even' if digit != 1 else 'odd'}" for digit in range(3) for i in range(2)]
    (tmp_path / "metadata.csv").write_text("\n".join(["filename,category", *lines]))
    assert read_classes(tmp_path).label_names == ("even", "odd")
    with pytest.raises(UserError, match="is not a regular expression"):
        read_classes(tmp_path, "(")
    with pytest.raises(UserError, match="has no group"):
        read_classes(tmp_path, "jackson")


@pytest.mark.parametrize(("scale", "kind"), [(16_384.0, "FLOAT"), (2.0**30, "DOUBLE"), (0.5, "FLOAT"), (1.5, "FLOAT")])
def test_floats_in_the_scale_of_integers_are_divided_by_it(tmp_path: Path, scale: float, kind: str) -> None:
    samples = scale * np.sin(np.arange(8000) / 5)
    read = decode(write(tmp_path / "x.wav", samples, subtype=kind))
    assert np.abs(read).max() == pytest.approx(scale if scale < 8 else 0.5, rel=1e-3)


def test_channels_that_cancel_each_other_are_not_averaged(tmp_path: Path) -> None:
    one = tone(1.0)
    opposite = decode(write(tmp_path / "a.wav", np.stack([one, -one], axis=1)))
    nearly = decode(write(tmp_path / "b.wav", np.stack([one, -0.999 * one], axis=1)))
    plain = decode(write(tmp_path / "c.wav", np.stack([one, 0.2 * one], axis=1)))
    assert np.allclose(opposite, one, atol=1e-4) and np.allclose(nearly, one, atol=1e-4)
    assert np.allclose(plain, 0.6 * one, atol=1e-4)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x00\x00\x00\x20ftypM4A ", "MPEG-4"),
        (b"\x1a\x45\xdf\xa3\x01", "webm"),
        (b"\x30\x26\xb2\x75\x8e\x66", "Windows Media"),
        (b"#!AMR\n", "AMR"),
        (b"\xff\xf1\x50\x80", "AAC"),
    ],
)
def test_formats_of_telephones_and_browsers_are_named_with_the_command_that_converts(head: bytes, name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}.* which is not read; convert it with: ffmpeg -i FILE"):
        decode(head + bytes(500))


@pytest.mark.parametrize("container", ["WAV", "AU", "W64", "RF64", "AIFF", "SVX", "VOC", "AVR", "NIST", "FLAC", "MP3"])
def test_half_a_file_is_noticed_in_every_container(tmp_path: Path, container: str) -> None:
    kind = "MPEG_LAYER_III" if container == "MP3" else "PCM_16"
    path = tmp_path / "x"
    soundfile.write(path, tone(2.0), 16_000, kind, format=container)
    whole = path.read_bytes()
    assert abs(len(decode(whole)) - 32_000) < 10
    with pytest.raises(ValueError, match="it breaks off|no audio can be read"):
        decode(whole[: len(whole) // 2])


@pytest.mark.parametrize("container", sorted(soundfile.available_formats()))
def test_a_container_notices_half_a_file_or_is_not_read_at_all(tmp_path: Path, container: str) -> None:
    tried = 0
    for kind in soundfile.available_subtypes(container):
        path = tmp_path / "x"  # libsndfile writes SD2's second file beside it
        try:
            soundfile.write(path, tone(2.0), 16_000, kind, format=container)
        except (soundfile.SoundFileError, ValueError):
            continue  # the encoding takes other rates
        tried += 1
        whole = path.read_bytes()
        for part in (0.5, 0.9):
            with pytest.raises(ValueError, match="breaks off|no audio can be read|looks whole|not one sample"):
                decode(whole[: int(part * len(whole))])
    assert tried or container in ("WVE", "SDS", "HTK", "XI", "SD2")


@pytest.mark.parametrize("kind", ["VORBIS", "OPUS"])
def test_an_ogg_stream_that_lacks_its_last_page_is_noticed(tmp_path: Path, kind: str) -> None:
    soundfile.write(tmp_path / "x.ogg", tone(15.0), 16_000, kind, format="OGG")
    whole = (tmp_path / "x.ogg").read_bytes()
    assert len(decode(whole)) == 15 * 16_000 and whole.count(b"OggS") > 3
    for part in (0.5, 0.9, 0.999):
        with pytest.raises(ValueError, match="it breaks off after"):
            decode(whole[: int(part * len(whole))])
        (tmp_path / "cut.ogg").write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(ValueError, match="it breaks off after"):
            decode(tmp_path / "cut.ogg")


@pytest.mark.parametrize(("container", "kind"), [("PAF", "PCM_16"), ("IRCAM", "FLOAT"), ("MAT5", "PCM_16")])
def test_a_container_that_does_not_say_its_length_is_refused_with_what_to_do(
    tmp_path: Path, container: str, kind: str
) -> None:
    soundfile.write(tmp_path / "x", tone(1.0), 16_000, kind, format=container)
    with pytest.raises(
        ValueError, match=f"it is {container}, of which half a file looks whole; save it as WAV or FLAC"
    ):
        decode(tmp_path / "x")


def test_a_header_that_announces_gigabytes_of_sound_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    whole = write(tmp_path / "x.flac", tone(0.2)).read_bytes()
    frames = bytearray(whole)  # STREAMINFO: 36 bits of samples begin in the lower half of byte 21
    frames[21:26] = bytes([frames[21] & 0xF0 | 0x0, 0x7F, 0xFE, 0xFF, 0xFF])
    with pytest.raises(ValueError, match=r"it announces 8\.59 GB of sound in [\d,]+ bytes|no audio can be read"):
        decode(bytes(frames))


@pytest.mark.parametrize("kind", ["GSM610", "IMA_ADPCM", "ULAW", "ALAW", "G721_32"])
def test_encodings_of_telephones_are_read(tmp_path: Path, kind: str) -> None:
    container = "AU" if kind == "G721_32" else "WAV"
    soundfile.write(tmp_path / "x", tone(1.0, 8000), 8000, kind, format=container)
    read = decode(tmp_path / "x")
    assert abs(len(read) - 16_000) < 1000
    assert np.abs(read).std() == pytest.approx(np.abs(tone(1.0)).std(), rel=0.3)


def test_a_header_that_claims_an_impossible_rate_is_one_line(tmp_path: Path) -> None:
    whole = bytearray(write(tmp_path / "x.wav", tone()).read_bytes())
    whole[24:28] = (2**31 - 1).to_bytes(4, "little")
    with pytest.raises(ValueError, match="samples a second, which cannot be"):
        decode(bytes(whole))


@pytest.mark.parametrize("offset", [0.0, 0.5, -3.0])
def test_an_offset_of_the_noise_plays_no_part_in_its_level(offset: float) -> None:
    rng = np.random.default_rng(0)
    speech = tone(1.0).astype(np.float32)
    noise = (0.1 * rng.standard_normal(16_000) + offset).astype(np.float32)
    added = mix(speech, noise, snr=10.0) - speech
    ratio = np.square(speech[active(speech)]).mean() / np.square(added - added.mean()).mean()
    assert 10 * np.log10(ratio) == pytest.approx(10.0, abs=0.01) and abs(added.mean()) < 1e-3


def utterance(root: Path, part: str, speaker: str, names: tuple[str, ...]) -> None:
    for name in names:
        path = root / part / "dr1" / speaker / name
        path.parent.mkdir(parents=True, exist_ok=True)
        container = "FLAC" if name.lower().endswith("flac") else "WAV" if name.endswith(".wav") else "NIST"
        soundfile.write(path, tone(), 16_000, "PCM_16", format=container)
    (path.parent / f"{names[0].split('.')[0]}.PHN").write_text("0 1600 h#\n1600 3200 aa\n")


@pytest.mark.parametrize("inner", ["", "data", "timit/timit", "archive/TIMIT"])
@pytest.mark.parametrize("names", [("SA1.WAV",), ("SA1.WAV.wav",), ("SA1.flac",), ("SA1.WAV", "SA1.WAV.wav")])
def test_timit_is_read_as_it_circulates(tmp_path: Path, inner: str, names: tuple[str, ...]) -> None:
    for part, speaker in (("TRAIN", "FCJF0"), ("TEST", "MDAB0")):
        utterance(tmp_path / inner, part, speaker, names)
    waveforms, columns, dropped = read_timit_folder(tmp_path)
    assert columns["sentence_id"] == ["sa1", "sa1"] and columns["speaker"] == ["fcjf0", "mdab0"]
    assert columns["part"] == ["train", "test"] and [len(one) for one in waveforms] == [3200, 3200] and not dropped


def audio_classifier(folder: Path, norm: str) -> torch.nn.Module:
    from transformers import Wav2Vec2Config, Wav2Vec2ForSequenceClassification

    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, conv_dim=(8,) * 7,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, classifier_proj_size=8, feat_extract_norm=norm,
        do_stable_layer_norm=norm == "layer", conv_bias=norm == "layer", id2label={0: "yes", 1: "no", 2: "stop"},
    )  # fmt: skip
    network = Wav2Vec2ForSequenceClassification(config).eval()
    network.save_pretrained(folder)
    return network


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_a_classifier_of_utterances_is_judged_as_it_is(tmp_path: Path, norm: str) -> None:
    network = audio_classifier(tmp_path / "net", norm)
    root = words(tmp_path / "words", "No", "yes", count=3)
    write(root / "yes" / "long.wav", tone(0.5))
    model = parse_model("speech", f"hf:{tmp_path / 'net'}").as_it_is()
    task = user_task(OwnData(root, model=model, trained=False))
    samples = task.train.load(Folders())
    assert task.split is not None
    split = task.split(samples, samples, 0)
    architecture = load_architecture("speech", model)
    preprocessor = architecture.preprocessor(split.train)
    outputs = predict(architecture.build(preprocessor, split.train), preprocessor(split.test))
    assert len(preprocessor(split.train)) == 0 and outputs.labels.tolist() == [1, 1, 1, 0, 0, 0, 0]
    for row, item in zip(outputs.logits, split.test.items, strict=True):
        scaled = torch.from_numpy((item - item.mean()) / np.sqrt(item.var() + 1e-7))
        with torch.no_grad():
            assert np.allclose(row, network(scaled[None]).logits[0], atol=1e-4)


def test_labels_that_a_classifier_lacks_are_named(tmp_path: Path) -> None:
    audio_classifier(tmp_path / "net", "group")
    samples = read_classes(words(tmp_path / "words", "no", "up", count=1))
    architecture = load_architecture("speech", parse_model("speech", f"hf:{tmp_path / 'net'}").as_it_is())
    with pytest.raises(UserError, match="has no class 'up'; it has yes, no, stop"):
        architecture.preprocessor(samples)


def test_the_command_judges_a_folder_of_sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio_classifier(tmp_path / "net", "group")
    root, out = words(tmp_path / "words", "no", "yes"), tmp_path / "out"
    words(tmp_path / "other", "siren")
    assert own_modality(root) == "speech"
    command = f"run_all.py --in {root} --ood sirens={tmp_path / 'other'} --model hf:{tmp_path / 'net'} --no-train"
    monkeypatch.setattr("sys.argv", [*command.split(), "--out", str(out), "--detectors", "msp"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert all(row["model"].endswith("as it is") for row in rows)
    assert {row["out_dist"] for row in rows} >= {"sirens"}
    report = (out / "report.html").read_text()
    assert "judged as it is: nothing was trained" in report and "2 classes: no 4, yes 4." in report
