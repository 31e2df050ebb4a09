"""Distorted speech to learn abnormality from: noise made by a program, so that no recorded noise takes part."""

from dataclasses import replace

import numpy as np

from common.data import Samples
from speech.data.noise import coloured, mix_all

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Kinds of noise that the authors' head learned from, and how steeply their power falls with frequency."""

LEVELS = -5.0, 20.0
"""Decibels between active speech and noise, drawn evenly: the range over which the report draws AUROC."""


def with_coloured_noise(train: Samples, rng: np.random.Generator) -> Samples:
    """Return each training utterance with white, with pink and with brown noise, each time at another level.

    Silent utterances are left out; see ``mix_all``.
    """
    extras = {name: [*values] * len(COLOURS) for name, values in train.extras.items()}
    copies = replace(train, items=[*train.items] * len(COLOURS), labels=None, extras=extras)
    noises = (
        (coloured(len(speech), rng, exponent), rng.uniform(*LEVELS))
        for exponent in COLOURS.values()
        for speech in train.items
    )
    return mix_all(copies, noises)
