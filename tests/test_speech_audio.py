"""Decoding: any audio becomes one channel at 16 kHz, and what is none is counted."""

import io
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import soundfile
from scipy.signal import resample_poly

from common.data.dropped import listed
from speech.data.audio import decode, decode_all, read_table, resample


def test_reading_audio_and_counting_its_frames_imports_no_torch() -> None:
    code = "import sys; from speech.data.audio import HOP, frame_count; print(frame_count(HOP), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False"]


def tone(hertz: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def encoded(samples: np.ndarray, rate: int, format_: str = "FLAC") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format_)
    return file.getvalue()


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_a_tone_keeps_its_pitch_level_and_duration_at_any_rate(rate: int) -> None:
    waveform = decode(encoded(tone(440, rate), rate))
    assert waveform.dtype == np.float32 and abs(len(waveform) - 8000) <= 1
    middle = waveform[1000:7000]
    assert abs(np.sqrt(np.mean(middle**2)) - 0.5 / np.sqrt(2)) < 0.01
    assert abs(np.fft.rfftfreq(6000, 1 / 16_000)[np.abs(np.fft.rfft(middle)).argmax()] - 440) < 3


def test_channels_are_averaged() -> None:
    left, right = tone(440, 16_000), tone(1000, 16_000)
    waveform = decode(encoded(np.stack([left, right], axis=1), 16_000, "WAV"))
    np.testing.assert_allclose(waveform, (left + right) / 2, atol=1e-4)


def test_clipped_samples_stay_at_full_scale() -> None:
    waveform = decode(encoded(np.clip(4 * tone(440, 16_000), -1, 1), 16_000, "WAV"))
    assert np.abs(waveform).max() <= 1 and np.mean(np.abs(waveform) > 0.999) > 0.5


def test_what_cannot_be_decoded_is_skipped_and_counted(tmp_path: Path) -> None:
    good = encoded(tone(440, 16_000), 16_000)
    text = tmp_path / "notes.wav"
    text.write_text("not a sound")
    files = [good, b"no audio", encoded(np.zeros(0), 16_000, "WAV"), text, good[:30], good]
    waveforms, kept, dropped = decode_all(files)
    assert kept == [0, 5] and len(waveforms) == 2
    assert sum(dropped.values()) == 4 and any("notes.wav" in reason for reason in dropped)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_a_file_of_floats_that_are_not_finite_is_skipped_and_named(tmp_path: Path, value: float) -> None:
    samples = np.stack([tone(440, 8_000)] * 2, axis=1)
    samples[7] = value, -value
    soundfile.write(tmp_path / "broken.wav", samples, 8_000, subtype="DOUBLE")
    waveforms, _, dropped = decode_all([tmp_path / "broken.wav"])
    assert not waveforms and dropped == {"broken.wav: it holds samples that are not finite (NaN or infinity)": 1}


def test_a_table_keeps_its_columns_in_step_with_the_audio_that_could_be_read(tmp_path: Path) -> None:
    good = encoded(tone(440, 16_000), 16_000)
    audio = [{"bytes": content, "path": None} for content in (good, b"", good)]
    parquet.write_table(pa.table({"audio": audio, "speaker": ["a", "b", "c"]}), tmp_path / "x.parquet")
    waveforms, columns, dropped = read_table(tmp_path / "x.parquet", ["speaker"])
    assert len(waveforms) == 2 and columns == {"speaker": ["a", "c"]} and sum(dropped.values()) == 1


def test_rows_of_one_name_and_one_reason_are_each_counted() -> None:
    assert listed(["x.flac: no audio", "x.flac: no audio", "y.flac: no audio"]) == {
        "x.flac: no audio": 2,
        "y.flac: no audio": 1,
    }


def test_resampling_nothing_gives_nothing() -> None:
    assert resample(np.zeros(100), 16_000).shape == (100,)
    assert resample(np.zeros(200), 32_000).shape == (100,)


@pytest.mark.parametrize("rate", [8_000, 16_001, 22_050, 44_100, 48_000])
def test_a_filter_that_is_kept_gives_the_samples_of_one_designed_anew(rate: int) -> None:
    samples = np.random.default_rng(0).normal(size=500).astype(np.float32)
    ratio = Fraction(16_000, rate).limit_denominator(10_000)
    expected = resample_poly(samples, ratio.numerator, ratio.denominator)
    assert all(np.array_equal(resample(samples, rate), expected) for _ in range(2))
