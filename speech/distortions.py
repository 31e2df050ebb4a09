"""Distorted speech to learn abnormality from: noise made by a program, so that no recorded noise takes part."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from common.data.samples import RawDataset
from speech.data.audio import SAMPLE_RATE, Waveform
from speech.data.noise import colour, low_passed, mix_all, shaped

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Kinds of noise that the authors' head learned from, and how steeply their power falls with frequency."""

LEVELS = -5.0, 20.0
"""Decibels between active speech and noise, drawn evenly: the range over which the report draws AUROC."""

BEND = 2.5
"""Deviation, in nats of power, of the random curve that bends each noise's spectrum; ``KNOTS`` places make it up."""

KNOTS = 6
NARROW_SHARE = 0.5
"""Share of the noises that end at a random frequency above ``NARROWEST`` hertz, as recordings do."""

NARROWEST = 2000.0


def with_made_up_noise(train: RawDataset, rng: np.random.Generator) -> RawDataset:
    """Return each training utterance with white, with pink and with brown noise, each time at another level.

    The spectrum of each noise is bent by a random curve and its band is a random one, so that no two noises are alike
    and neither colour nor bandwidth can be relied on. Silent utterances are left out; see ``mix_all``.
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
    """Return coloured noise with a spectrum bent at random, half of the time without what is above some frequency."""
    bends = 0.5 * BEND * rng.standard_normal(KNOTS)
    highest = SAMPLE_RATE / 2
    end = rng.uniform(NARROWEST, highest) if rng.random() < NARROW_SHARE else highest

    def amplitude(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        bend = np.interp(_mel(frequencies), np.linspace(0, _mel(np.array(highest)), KNOTS), bends)
        return colour(frequencies, exponent) * np.exp(bend) * (frequencies <= end)

    return shaped(length, rng, amplitude)


def _mel(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a scale on which the ear's steps are even, in units of its own."""
    return np.log1p(frequencies / 700.0)
