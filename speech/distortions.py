"""Distorted speech that trains the abnormality head: synthetic noise only, no recorded noise."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from common.data.samples import RawDataset
from speech.data.audio import SAMPLE_RATE, Waveform
from speech.data.noise import colour, low_passed, mix_all, shaped

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Kinds of noise that train the authors' head, with the exponent by which their power falls with frequency."""

LEVELS = -5.0, 20.0
"""Range of the signal-to-noise ratio in dB, drawn uniformly: the range of the report's plot of AUROC."""

BEND = 2.5
"""Standard deviation, in nats of power, of the random curve through ``KNOTS`` points that bends a noise's spectrum."""

KNOTS = 6
NARROW_FRACTION = 0.5
"""Fraction of the noises that end at a random frequency above ``NARROWEST`` hertz, as recordings do."""

NARROWEST = 2000.0


def with_made_up_noise(train: RawDataset, rng: np.random.Generator) -> RawDataset:
    """Return each training utterance three times, with white, pink and brown noise at random levels.

    A random curve bends the spectrum of each noise and its bandwidth is random, so that neither colour nor bandwidth
    identifies noise. Silent utterances are skipped; see ``mix_all``.
    """
    extras = {name: [*values] * len(COLOURS) for name, values in train.extras.items()}
    copies = replace(train, items=[*train.items] * len(COLOURS), labels=None, extras=extras)
    noises = (
        (made_up_noise(len(speech), rng, exponent), rng.uniform(*LEVELS))
        for exponent in COLOURS.values()
        for speech in train.items
    )
    return mix_all(copies, noises)


def with_narrow_noise(train: RawDataset, rng: np.random.Generator) -> RawDataset:
    """Return what ``with_made_up_noise`` does, low-passed at 4 kHz as the speech is."""
    made = with_made_up_noise(train, rng)
    return replace(made, items=[low_passed(waveform) for waveform in made.items])


def made_up_noise(length: int, rng: np.random.Generator, exponent: float) -> Waveform:
    """Return coloured noise with a randomly bent spectrum, half of the time low-passed at a random frequency."""
    bends = 0.5 * BEND * rng.standard_normal(KNOTS)
    highest = SAMPLE_RATE / 2
    end = rng.uniform(NARROWEST, highest) if rng.random() < NARROW_FRACTION else highest

    def amplitude(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        bend = np.interp(_mel(frequencies), np.linspace(0, _mel(np.array(highest)), KNOTS), bends)
        return colour(frequencies, exponent) * np.exp(bend) * (frequencies <= end)

    return shaped(length, rng, amplitude)


def _mel(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mel frequencies up to a constant factor."""
    return np.log1p(frequencies / 700.0)
