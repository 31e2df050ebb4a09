"""Noise at an exact ratio to active speech."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.data import Folders, Samples
from speech.data import noise
from speech.data.noise import (
    NOIZEUS,
    active,
    at_levels,
    coloured,
    cut,
    is_narrow,
    low_passed,
    mix,
    rumble,
    white,
    with_babble,
)


def speech_with_pauses(seed: int = 0, seconds: float = 2.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    burst = np.repeat(rng.random(round(seconds * 4)) < 0.6, 4000)[: round(seconds * 16_000)]
    burst[:4000] = True
    return (0.1 * burst * rng.standard_normal(len(burst)) + 1e-4 * rng.standard_normal(len(burst))).astype(np.float32)


@given(st.floats(-10, 30), st.integers(0, 5))
def test_the_ratio_of_active_speech_to_what_was_added_is_exact(snr: float, seed: int) -> None:
    speech = speech_with_pauses(seed)
    added = mix(speech, 3 * white(len(speech), np.random.default_rng(seed)), snr).astype(np.float64) - speech
    ratio = np.mean(np.square(speech[active(speech)], dtype=np.float64)) / np.mean(added**2)
    assert 10 * np.log10(ratio) == pytest.approx(snr, abs=1e-3)


def test_pauses_do_not_lower_the_level_of_speech() -> None:
    speech = speech_with_pauses()
    padded = np.pad(speech, 32_000)
    level, padded_level = (np.mean(wave[active(wave)] ** 2) for wave in (speech, padded))
    assert padded_level == pytest.approx(level, rel=1e-5)
    assert not active(padded)[:32_000].any()


def test_silence_and_other_lengths_are_refused() -> None:
    some = speech_with_pauses()
    for speech, added in ((np.zeros_like(some), some), (some, np.zeros_like(some)), (some[:0], some[:0])):
        with pytest.raises(ValueError, match="silent signal"):
            mix(speech, added, 10)
    with pytest.raises(ValueError, match="32000 samples of speech and 10 of noise"):
        mix(some, some[:10], 10)


def test_a_cut_goes_on_from_the_start_where_the_recording_ends() -> None:
    recording = np.arange(5, dtype=np.float32)
    for seed in range(8):
        piece = cut(recording, 12, np.random.default_rng(seed))
        assert (np.diff(piece) % 5 == 1).all() and len(piece) == 12


def test_low_passing_keeps_what_is_below_4_khz_and_leaves_nothing_above() -> None:
    wide = white(32_000, np.random.default_rng(0))
    narrow = low_passed(wide)
    frequencies = np.fft.rfftfreq(32_000, 1 / 16_000)
    before, after = (np.abs(np.fft.rfft(wave)) ** 2 for wave in (wide, narrow))
    assert after[frequencies > 4000].sum() < 1e-5 * before[frequencies > 4000].sum()
    assert after[frequencies < 3700].sum() == pytest.approx(before[frequencies < 3700].sum(), rel=0.01)
    assert is_narrow(narrow) and not is_narrow(wide)
    assert len(low_passed(wide[:0])) == 0 and len(low_passed(wide[:7])) == 7


def test_the_rumble_is_deep() -> None:
    power = np.abs(np.fft.rfft(rumble(32_000, np.random.default_rng(0)))) ** 2
    frequencies = np.fft.rfftfreq(32_000, 1 / 16_000)
    assert power[frequencies < 1000].sum() > 0.95 * power.sum()


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_the_power_of_coloured_noise_falls_with_frequency_as_its_exponent_says(exponent: float) -> None:
    made = coloured(160_000, np.random.default_rng(1), exponent)
    power, frequencies = np.square(np.abs(np.fft.rfft(made))), np.fft.rfftfreq(len(made), 1 / 16_000)
    octaves = 125.0 * 2 ** np.arange(7)
    means = [power[(frequencies >= low) & (frequencies < 2 * low)].mean() for low in octaves[:-1]]
    slope = np.polyfit(np.log2(octaves[:-1]), np.log2(means), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.05)


def test_the_first_level_is_the_tasks_own_and_each_set_is_seeded() -> None:
    test = Samples([speech_with_pauses(i, 0.5) for i in range(8)], labels=[np.array([1])] * 8, kind="sample")
    sets = at_levels("speech+babble", lambda *given, snr: with_babble(*given, voices=3, snr=snr), (10, 0, -5))
    assert [one.variant for one in sets] == [None, "0 dB", "-5 dB"]
    first, again, other = (sets[1].load(Folders(), seed, test) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first.items, again.items, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first.items, other.items, strict=True))
    assert first.labels is None and [len(a) for a in first.items] == [len(a) for a in test.items]


def test_the_noizeus_noises_have_nothing_above_4_khz_and_timit_has(folders: Folders) -> None:
    from speech.data.timit import TIMIT

    for kind in NOIZEUS:
        samples = noise.noizeus(kind).load(folders)
        assert len(samples) == 30 and is_narrow(np.concatenate(samples.items))
    assert not is_narrow(np.concatenate(TIMIT.load(folders).items[:10]))


def test_a_missing_kind_of_noise_says_what_would_bring_it() -> None:
    assert noise.SUBWAY.resolve(Folders()) is None
    assert "aurora2_subway.parquet" in noise.SUBWAY.remedy
