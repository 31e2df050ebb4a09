"""What people are shown of an input: small, harmless, and of the very row that the figures are about."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from common.data.locations import Folders
from common.evaluate import evaluate
from common.examples import showing
from common.experiment import RunOptions
from common.run import Run
from common.selection import Selection
from common.shown import FILE, Shown
from common.store.files import read_facts


def show(modality: str, item: object, at: int | None = None) -> Shown:
    how = showing(modality)
    assert how is not None
    return how.show(item, at)


@pytest.mark.parametrize("shape", [(28, 28), (32, 32, 3), (500, 300, 3)])
def test_an_image_is_a_small_png_of_the_same_pixels(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    shown = show("vision", pixels)
    image = Image.open(BytesIO(shown.image))
    assert image.format == "PNG" and max(image.size) <= 96 and len(shown.image) < 30_000
    if max(shape) <= 96:
        assert np.array_equal(np.asarray(image), pixels)
    assert shown.about == f"{shape[1]} x {shape[0]} pixels"


def test_noise_beyond_the_range_of_pixels_is_cut_off() -> None:
    shown = show("vision", np.array([[-1.0, 0.5], [1.0, 7.0]], dtype=np.float32))
    assert np.asarray(Image.open(BytesIO(shown.image))).tolist() == [[0, 128], [255, 255]]


def test_a_long_text_is_cut_and_says_so_and_steers_no_terminal() -> None:
    shown = show("nlp", "a \x1b[31mred\u202e word\n" * 100)
    assert len(shown.text) < 500 and shown.text.isprintable()
    assert shown.about == "first 300 of 1,699 characters"


def test_a_token_is_marked_within_its_sentence() -> None:
    shown = show("nlp", ["long"] * 60 + ["here"] + ["words"] * 60, at=60)
    assert shown.marked is not None
    assert shown.text[slice(*shown.marked)] == "here"
    assert shown.text.startswith("…") and shown.text.endswith("…") and len(shown.text) < 300


def test_a_sound_is_two_seconds_to_hear_with_a_spectrogram_as_long() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(5 * 16_000) / 16_000).astype(np.float32)
    shown = show("speech", tone)
    heard, rate = soundfile.read(BytesIO(shown.sound))
    assert rate == 16_000 and abs(len(heard) - 2 * rate) < rate / 10 and len(shown.sound) < 100_000
    spectrum = np.abs(np.fft.rfft(heard[8_000:24_000]))
    assert abs(int(spectrum.argmax()) - 1000) <= 2, "one Hz a bin"
    assert Image.open(BytesIO(shown.image)).size == (201, 40)
    assert shown.about == "first 2.0 of 5.0 s"
    assert show("speech", tone) == shown, "the same input gives the same bytes"


@pytest.mark.parametrize("length", [0, 1, 100, 16_000])
def test_a_sound_may_be_short_or_silent_and_an_empty_one_has_no_player(length: int) -> None:
    shown = show("speech", np.zeros(length, dtype=np.float32))
    assert shown.image and bool(shown.sound) == (length > 0)


def test_a_frame_is_heard_with_what_is_around_it() -> None:
    shown = show("speech", np.zeros(10 * 16_000, dtype=np.float32), at=500)
    assert shown.about == "frame at 5.00 s; heard from 4.00 s on"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    run(out)
    return out


def run(out: Path) -> Run:
    options = RunOptions(out=out, folders=Folders((), out / "cache"))
    return evaluate(
        Selection(("nlp/reuters8", "vision/mnist"), detectors=("msp",), objectives=("cross_entropy",)), options
    )


@pytest.mark.slow
def test_the_shown_inputs_are_the_rows_of_the_predictions(finished: Path) -> None:
    from pyarrow import parquet

    lines = parquet.read_table(finished / "predictions.parquet").to_pylist()
    by_place = {(one["task"], one["set"], one["index"]): one for one in lines}
    tasks = read_facts(finished / FILE)["tasks"]
    assert set(tasks) == {"nlp/reuters8", "vision/mnist"}
    for task, found in tasks.items():
        kinds = [one["kind"] for one in found["entries"]]
        assert {kind: kinds.count(kind) for kind in kinds} == {"mistakes": 6, "ood": 6, "doubtful": 6}
        for one in found["entries"]:
            line = by_place[task, one["set"], one["index"]]
            assert line["msp"] == pytest.approx(one["msp"])
            assert one["kind"] == "ood" or line["correct"] == (one["label"] == one["predicted"])
        mistakes = [line["msp"] for key, line in by_place.items() if key[:2] == (task, "test") and not line["correct"]]
        assert max(mistakes) == pytest.approx(found["entries"][0]["msp"])


@pytest.mark.slow
def test_a_shown_digit_is_the_item_that_was_judged(finished: Path) -> None:
    from common.experiment import Experiment

    data = Experiment("vision/mnist", 0, RunOptions(folders=Folders((), finished / "cache"))).data
    for one in read_facts(finished / FILE)["tasks"]["vision/mnist"]["entries"]:
        if one["set"] == "test":
            pixels = np.asarray(Image.open(BytesIO(b64decode(one["image"]))))
            assert np.array_equal(pixels, data.test_samples.items[one["index"]])
            assert one["label"] == data.train_samples.label_names[data.test_samples.labels[one["index"]]]


@pytest.mark.slow
def test_a_run_said_again_reads_no_data_and_shows_the_same(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (finished / FILE).read_bytes()
    monkeypatch.setattr("common.encoded.EncodedData.ood_samples", None)
    monkeypatch.setattr("common.encoded.EncodedData.test_samples", None)
    assert not run(finished).record.not_run
    assert (finished / FILE).read_bytes() == before


@pytest.mark.slow
def test_damaged_examples_of_the_store_are_made_again(finished: Path) -> None:
    before = (finished / FILE).read_bytes()
    for file in finished.glob("store/*/*/*/examples-*.json"):
        file.write_bytes(file.read_bytes().replace(b'"msp": 0', b'"msp": 1'))
    run(finished)
    assert (finished / FILE).read_bytes() == before
