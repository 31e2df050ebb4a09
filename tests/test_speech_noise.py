"""Noise at an exact ratio to active speech."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.base.errors import UserError
from common.data.locations import Folders
from common.data.samples import RawDataset
from speech.data import noise
from speech.data.noise import (
    NOIZEUS,
    SILENT,
    active,
    at_levels,
    colour,
    cut,
    is_narrow,
    low_passed,
    mix,
    mix_all,
    rumble,
    shaped,
    white,
    with_babble,
    with_made_noise,
    with_noise,
)
from speech.distortions import with_made_up_noise


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


def utterances(count: int = 6, **changes: object) -> RawDataset:
    items = [speech_with_pauses(i, 0.5) for i in range(count)]
    extras = {"speaker": [f"s{i}" for i in range(count)]}
    return replace(RawDataset(items, [np.array([1])] * count, ("x", "y"), extras), **changes)


def recorded(test: RawDataset, rng: np.random.Generator) -> RawDataset:
    return with_noise(test, rng, RawDataset([speech_with_pauses(9)]), snr=5)


MAKERS = [recorded, partial(with_made_noise, make=white, snr=5), partial(with_babble, voices=3, snr=5)]


@pytest.mark.parametrize(("make", "copies"), [*((make, 1) for make in MAKERS), (with_made_up_noise, 3)])
def test_a_silent_utterance_is_skipped_and_counted_and_the_others_are_what_they_would_be(
    make: Callable[..., RawDataset], copies: int
) -> None:
    """The same draws fall to the others: a sound one in place of the silent one changes nothing else."""
    whole = utterances()
    faint = [1e-6 * item if i == 2 else item for i, item in enumerate(whole.items)]
    silent = [0 * item if i == 2 else item for i, item in enumerate(whole.items)]
    made = make(replace(whole, items=silent), np.random.default_rng(4))
    others = make(replace(whole, items=faint), np.random.default_rng(4))
    kept = [i for i in range(6 * copies) if i % 6 != 2]
    assert len(made) == 5 * copies and made.dropped == {SILENT: copies} and made.labels is None
    assert made.extras["speaker"] == [f"s{i % 6}" for i in kept] and not others.dropped
    crowded = make is MAKERS[2]  # who stands beside the second utterance hears it, faint as it is
    for one, i in zip(made.items, kept, strict=True):
        np.testing.assert_allclose(one, others.items[i], rtol=0, atol=1e-5 if crowded else 0)


def test_a_noisy_set_lacks_what_its_noises_lack_and_not_once_more_what_the_test_set_lacks() -> None:
    test = utterances(2, dropped={"bad.wav: no audio": 1})
    noises = [RawDataset([speech_with_pauses(i)], dropped={"hum.wav: no audio": 1, "other": 2}) for i in range(2)]
    assert with_noise(test, np.random.default_rng(0), *noises, snr=5).dropped == {"hum.wav: no audio": 2, "other": 4}
    assert not with_made_noise(test, np.random.default_rng(0), make=white, snr=5).dropped


def test_a_silent_noise_costs_its_utterance_and_nothing_but_silence_is_one_clear_line() -> None:
    test = utterances(2)
    mixed = mix_all(test, [(np.zeros(8000, np.float32), 5.0), (white(8000, np.random.default_rng(0)), 5.0)])
    assert mixed.extras["speaker"] == ["s1"] and mixed.dropped == {SILENT: 1}
    with pytest.raises(UserError, match="none of 2 utterances can be mixed with noise: they or the noises are silent"):
        with_noise(test, np.random.default_rng(0), RawDataset([np.zeros(100, np.float32)]), snr=5)


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
    made = shaped(160_000, np.random.default_rng(1), partial(colour, exponent=exponent))
    power, frequencies = np.square(np.abs(np.fft.rfft(made))), np.fft.rfftfreq(len(made), 1 / 16_000)
    octaves = 125.0 * 2 ** np.arange(7)
    means = [power[(frequencies >= low) & (frequencies < 2 * low)].mean() for low in octaves[:-1]]
    slope = np.polyfit(np.log2(octaves[:-1]), np.log2(means), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.05)


def test_the_first_level_is_the_tasks_own_and_each_set_is_seeded() -> None:
    test = RawDataset([speech_with_pauses(i, 0.5) for i in range(8)], labels=[np.array([1])] * 8, kind="sample")
    sets = at_levels("speech+babble", lambda *given, snr: with_babble(*given, voices=3, snr=snr), (10, 0, -5))
    assert [(one.level_db, one.primary) for one in sets] == [(10.0, True), (0.0, False), (-5.0, False)]
    first, again, other = (sets[1].load(Folders(), seed, test) for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first.items, again.items, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first.items, other.items, strict=True))
    assert first.labels is None and [len(a) for a in first.items] == [len(a) for a in test.items]


@pytest.mark.slow
def test_the_noizeus_noises_have_nothing_above_4_khz_and_timit_has(folders: Folders) -> None:
    from speech.data.timit import TIMIT

    for kind in NOIZEUS:
        samples = noise.noizeus(kind).load(folders)
        assert len(samples) == 30 and is_narrow(np.concatenate(samples.items))
    assert not is_narrow(np.concatenate(TIMIT.load(folders).items[:10]))


def test_a_missing_kind_of_noise_says_what_would_bring_it() -> None:
    assert noise.SUBWAY.resolve(Folders()) is None
    assert "aurora2_subway.parquet" in noise.SUBWAY.remedy
