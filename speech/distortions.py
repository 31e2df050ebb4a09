"""Distorted speech to learn abnormality from: noise made by a program, so that no recorded noise takes part."""

from dataclasses import replace

import numpy as np

from common.data import Samples
from speech.data.noise import coloured, mix

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Kinds of noise that the authors' head learned from, and how steeply their power falls with frequency."""

LEVELS = -5.0, 20.0
"""Decibels between active speech and noise, drawn evenly: the range over which the report draws AUROC."""


def with_coloured_noise(train: Samples, rng: np.random.Generator) -> Samples:
    """Return each training utterance with white, with pink and with brown noise, each time at another level."""
    copies = [
        mix(speech, coloured(len(speech), rng, exponent), rng.uniform(*LEVELS))
        for exponent in COLOURS.values()
        for speech in train.items
    ]
    extras = {name: [*values] * len(COLOURS) for name, values in train.extras.items()}
    return replace(train, items=copies, labels=None, extras=extras)
