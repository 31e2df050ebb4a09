"""Sounds that are no in-distribution sounds, made of held-out ones: what options of detectors are chosen on.

Each ``make(held_out, rng)`` takes waveforms and returns one for each, without labels. Made-up noise and tones have the
level and the length of the sound that they replace, and end at 4 kHz as the narrowest recordings do.
"""

from collections.abc import Callable

import numpy as np

from common.data.samples import RawDataset
from common.data.sources import Derived
from speech.data.audio import SAMPLE_RATE, Waveform
from speech.data.noise import colour, shaped
from speech.data.short import MADE_TONES, NOISES

TOP = 4000.0
BANDS = 8
"""So many bands up to ``TOP`` hertz change places."""

Change = Callable[[Waveform, RawDataset, np.random.Generator], Waveform]


def backwards(sound: Waveform, held_out: RawDataset, rng: np.random.Generator) -> Waveform:
    """Return the sound from its end to its start."""
    return np.ascontiguousarray(sound[::-1])


def spliced(sound: Waveform, held_out: RawDataset, rng: np.random.Generator) -> Waveform:
    """Return the first half of a sound and the second half of another one."""
    other = held_out.items[rng.integers(len(held_out))]
    return np.concatenate([sound[: (len(sound) + 1) // 2], other[len(other) // 2 :]])


def bands_permuted(sound: Waveform, held_out: RawDataset, rng: np.random.Generator) -> Waveform:
    """Return the sound with its eight bands of 500 Hz up to 4 kHz in a random order."""
    spectrum = np.fft.rfft(sound)
    width = int(TOP * len(sound) / SAMPLE_RATE) // BANDS
    bands = spectrum[: BANDS * width].reshape(BANDS, width)
    spectrum[: BANDS * width] = bands[rng.permutation(BANDS)].ravel()
    return np.asarray(np.fft.irfft(spectrum, len(sound)), dtype=np.float32)


def white_noise(sound: Waveform, held_out: RawDataset, rng: np.random.Generator) -> Waveform:
    """Return white noise."""
    return _levelled(shaped(len(sound), rng, lambda frequencies: 1.0 * (frequencies < TOP)), sound)


def pink_noise(sound: Waveform, held_out: RawDataset, rng: np.random.Generator) -> Waveform:
    """Return noise whose power falls as 1 / frequency."""
    return _levelled(shaped(len(sound), rng, lambda frequencies: colour(frequencies, 1) * (frequencies < TOP)), sound)


def tone(sound: Waveform, held_out: RawDataset, rng: np.random.Generator) -> Waveform:
    """Return a constant tone of 200 to 2,000 Hz."""
    hertz = 200 * 10 ** rng.random()
    return _levelled(np.sin(2 * np.pi * hertz * np.arange(len(sound)) / SAMPLE_RATE), sound)


def _levelled(made: np.ndarray, sound: Waveform) -> Waveform:
    """Return what was made at the root mean square of a sound."""
    own, wanted = (float(np.sqrt(np.square(one, dtype=np.float64).mean())) for one in (made, sound))
    return np.asarray(made * (wanted / own if own else 0.0), dtype=np.float32)


def _kind(name: str, change: Change, family: str = "") -> Derived:
    def make(held_out: RawDataset, rng: np.random.Generator) -> RawDataset:
        return RawDataset([change(sound, held_out, rng) for sound in held_out.items])

    return Derived(name, make, family=family)


PSEUDO_OOD: tuple[Derived, ...] = (
    _kind("reversed", backwards),
    _kind("spliced halves", spliced),
    _kind("permuted bands", bands_permuted),
    _kind("white noise", white_noise, NOISES),
    _kind("pink noise", pink_noise, NOISES),
    _kind("constant tone", tone, MADE_TONES),
)
