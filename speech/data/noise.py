"""Noisy speech: recorded or synthetic noise, mixed at a given signal-to-noise ratio."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.data.dropped import added_up
from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import AnySource, Derived, Source
from speech.data.audio import SAMPLE_RATE, Waveform
from speech.data.folder import any_sounds
from speech.data.prepared import read_unlabelled

NOIZEUS = ("airport", "babble", "car", "exhibition", "restaurant", "station", "street", "train")
"""Kinds of the NOIZEUS corpus, cut from the recordings of AURORA."""

SILENT = "silent, so it has no level to mix at"
"""Reason in ``RawDataset.dropped``: the utterance or its noise is all zeros."""

_FRAME = SAMPLE_RATE // 50
_ACTIVE_RANGE_DB = 30.0
_EMPTY_FRACTION = 1e-4


def active(speech: Waveform) -> NDArray[np.bool_]:
    """Return (T,) True where there is speech: 20 ms segments within 30 dB of the 95th percentile of their powers.

    A simpler rule than ITU-T P.56 with the same purpose: pauses do not lower the level of the speech.
    """
    count = -(-len(speech) // _FRAME)
    padded = np.pad(speech, (0, count * _FRAME - len(speech))).astype(np.float64)
    powers = np.square(padded).reshape(count, _FRAME).mean(axis=1)
    loud = np.percentile(powers, 95) if count else 0.0
    return np.repeat((powers > 0) & (powers >= loud * 10 ** (-_ACTIVE_RANGE_DB / 10)), _FRAME)[: len(speech)]


class SilentSignalError(ValueError):
    """A signal has no level to mix at."""


def mix(speech: Waveform, noise: Waveform, snr: float) -> Waveform:
    """Return speech with noise ``snr`` decibels below it: 10 log10(mean square of active speech / of all the noise).

    Levels are measured without a constant offset, and noise is added without its own: an offset is not heard. The
    speech stays as it is. The sum may exceed full scale and is not clipped.

    Args:
        speech: (T,) clean.
        noise: (T,) in any unit.
        snr: signal-to-noise ratio in dB.

    Raises:
        SilentSignalError: one of the two is silent.
        ValueError: the lengths differ.
    """
    if len(speech) != len(noise):
        raise ValueError(f"{len(speech)} samples of speech and {len(noise)} of noise cannot be mixed")
    heard, noise = _centred(speech), _centred(noise)
    signal = np.square(heard[active(heard)], dtype=np.float64)
    level = np.square(noise, dtype=np.float64).mean() if len(noise) else 0.0
    if not signal.size or level == 0:
        raise SilentSignalError("a silent signal has no level to mix at")
    gain = np.sqrt(signal.mean() / level * 10 ** (-snr / 10))
    return np.asarray(speech + gain * noise, dtype=np.float32)


def _centred(waveform: Waveform) -> Waveform:
    """Return a waveform without its constant offset; one whose offset is 30 dB below it as it is."""
    mean = waveform.mean(dtype=np.float64) if len(waveform) else 0.0
    power = np.square(waveform, dtype=np.float64).mean() if len(waveform) else 0.0
    if mean**2 <= OFFSET_POWER * power:
        return waveform
    return np.asarray(waveform - mean, dtype=np.float32)


OFFSET_POWER = 1e-3
"""Power of an offset, in that of the waveform, up to which it changes a level by less than 0.005 dB."""


def mix_all(speech: RawDataset, noises: Iterable[tuple[Waveform, float]]) -> RawDataset:
    """Return utterances, each mixed with one noise, without labels.

    An utterance is skipped and counted in ``dropped`` if it or its noise is silent. What ``speech`` has in ``dropped``
    is not repeated.

    Args:
        speech: clean.
        noises: for each utterance a noise of its length and the signal-to-noise ratio in dB; iterated lazily.

    Raises:
        UserError: no utterance can be mixed.
    """
    items, kept = [], []
    for i, (clean, (noise, snr)) in enumerate(zip(speech.items, noises, strict=True)):
        try:
            items.append(mix(clean, noise, snr))
        except SilentSignalError:
            continue
        kept.append(i)
    if not items:
        raise UserError(f"none of {len(speech)} utterances can be mixed with noise: they or the noises are silent")
    silent = len(speech) - len(kept)
    mixed = replace(speech, labels=None).take(np.array(kept, dtype=np.int64))
    return replace(mixed, items=items, dropped={SILENT: silent} if silent else {})


def cut(recording: Waveform, length: int, rng: np.random.Generator) -> Waveform:
    """Return ``length`` samples from a random position of a recording, which is repeated where it ends."""
    start = rng.integers(len(recording))
    return np.take(recording, np.arange(start, start + length), mode="wrap")


def low_passed(waveform: Waveform, cutoff: float = 4000.0) -> Waveform:
    """Return a low-passed waveform: a linear-phase filter with an attenuation of 60 dB from ``cutoff`` hertz on."""
    from scipy.signal import fftconvolve, firwin

    taps = firwin(513, cutoff - 100, window=("kaiser", 5.65), fs=SAMPLE_RATE)
    return np.asarray(fftconvolve(waveform, taps, mode="same"), dtype=np.float32) if len(waveform) else waveform


def is_narrow(recording: Waveform, cutoff: float = 4000.0) -> bool:
    """Return whether at most a ten-thousandth of a recording's power is above ``cutoff`` hertz."""
    power = np.square(np.abs(np.fft.rfft(recording)))
    above = power[np.fft.rfftfreq(len(recording), 1 / SAMPLE_RATE) > cutoff].sum()
    return bool(above <= _EMPTY_FRACTION * power.sum())


def with_noise(test: RawDataset, rng: np.random.Generator, *noises: RawDataset, snr: float) -> RawDataset:
    """Return the test utterances, each mixed with a random cut of the noises' recordings; see ``mix_all``.

    ``dropped`` counts what the noises' readers skipped, and silent utterances.
    """
    recording = np.concatenate([waveform for noise in noises for waveform in noise.items])
    mixed = mix_all(test, ((cut(recording, len(speech), rng), snr) for speech in test.items))
    return replace(mixed, dropped=added_up(*(noise.dropped for noise in noises), mixed.dropped))


def with_made_noise(
    test: RawDataset, rng: np.random.Generator, *, make: Callable[[int, np.random.Generator], Waveform], snr: float
) -> RawDataset:
    """Return the test utterances, each mixed with the noise ``make(length, rng)``; see ``mix_all``."""
    return mix_all(test, ((make(len(speech), rng), snr) for speech in test.items))


def with_babble(test: RawDataset, rng: np.random.Generator, *, voices: int, snr: float) -> RawDataset:
    """Return the test utterances, each mixed with ``voices`` others of the set, cut at random positions."""

    def crowd(i: int) -> Waveform:
        others = rng.choice(np.setdiff1d(np.arange(len(test)), [i]), voices, replace=False)
        return np.asarray(np.sum([cut(test.items[j], len(test.items[i]), rng) for j in others], axis=0))

    return mix_all(test, ((crowd(i), snr) for i in range(len(test))))


def white(length: int, rng: np.random.Generator) -> Waveform:
    """Return white Gaussian noise."""
    return rng.standard_normal(length, dtype=np.float32)


def shaped(length: int, rng: np.random.Generator, amplitude: Callable[[NDArray[Any]], NDArray[Any]]) -> Waveform:
    """Return Gaussian noise whose amplitude at a frequency in hertz is ``amplitude(frequency)``."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequencies = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    return np.asarray(np.fft.irfft(spectrum * amplitude(frequencies), length), dtype=np.float32)


def colour(frequencies: NDArray[Any], exponent: float) -> NDArray[Any]:
    """Return amplitudes of a power 1 / frequency^exponent (0 white, 1 pink, 2 brown), constant below 60 Hz."""
    return np.asarray(frequencies.clip(60.0) ** (-exponent / 2))


def rumble(length: int, rng: np.random.Generator, cutoff: float = 300.0) -> Waveform:
    """Return noise like that inside a car: its amplitude falls by 12 dB per octave above ``cutoff`` hertz."""
    return shaped(length, rng, lambda frequencies: 1 / (1 + np.square(frequencies / cutoff)))


def read_noises(path: Path, kinds: tuple[str, ...] = ()) -> RawDataset:
    """Read a table with columns ``audio`` and ``noise``, in order; only the ``kinds`` if some are given.

    Raises:
        ValueError: no noise is found.
    """
    import pyarrow.compute as compute

    samples = read_unlabelled(path, ("noise",), compute.field("noise").isin(kinds) if kinds else None)
    if not len(samples):
        raise ValueError(f"there is no noise called {' or '.join(kinds)}" if kinds else "there is no noise")
    return samples


def noizeus(noise: str) -> Source:
    """Return the source of one kind of NOIZEUS noise."""
    place = Location((Prepared("speech/noizeus_noise.parquet"),), partial(read_noises, kinds=(noise,)))
    return Source(noise, (place,), about="NOIZEUS / AURORA noise, 8 kHz; no licence stated; not ours to ship")


SUBWAY = Source(
    "subway",
    (Location((Prepared("speech/aurora2_subway.parquet"),), partial(read_noises, kinds=("subway",))),),
    about="Aurora-2 (ELRA), not free: a table with columns audio and noise",
)

USER_NOISE = any_sounds("own noise", "speech/own_noise")
"""The user's noise: any sounds; random cuts of them are mixed with the test utterances."""


IN_MADE_NOISE = "speech in made-up noise"
"""The family of speech with noise that a program makes up; recorded noise is of another."""


def at_levels(
    name: str,
    make: Callable[..., RawDataset],
    levels: Sequence[float],
    inputs: tuple[AnySource, ...] = (),
    additional: bool = False,
    family: str = "",
) -> tuple[Derived, ...]:
    """Return the test set with a noise at each level: the first is the task's own.

    Args:
        name: of the OOD set.
        make: ``(test, rng, *inputs, snr) -> RawDataset``.
        levels: signal-to-noise ratios in dB.
        inputs: of ``make``.
        additional: whether the publication lacks this noise, which is then no part of the task's own setting.
        family: of the set, such as ``IN_MADE_NOISE``.
    """
    return tuple(
        Derived(
            name,
            partial(make, snr=level),
            inputs,
            level_db=float(level),
            primary=level == levels[0] and not additional,
            about=f"the test utterances with noise added, {level:g} dB below active speech",
            family=family,
        )
        for level in levels
    )
