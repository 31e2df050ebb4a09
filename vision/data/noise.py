"""Noise images: as many as there are test images, of the same shape, in units of [0, 1] pixels."""

from functools import partial

import numpy as np

from common.data.samples import RawDataset
from common.data.sources import Derived


def gaussian(deviation: float = 1.0, centre: tuple[float, ...] = (0.0,)) -> Derived:
    """Return pixels from N(centre, deviation^2), not clipped, ``centre`` by channel where there are several."""
    return Derived("Gaussian", partial(_gaussian, deviation=deviation, centre=centre), kind="full")


def _gaussian(test: RawDataset, rng: np.random.Generator, deviation: float, centre: tuple[float, ...]) -> RawDataset:
    noise = rng.standard_normal(test.items.shape, dtype=np.float32)
    return RawDataset(noise * np.float32(deviation) + np.asarray(centre, np.float32))


def _uniform(test: RawDataset, rng: np.random.Generator) -> RawDataset:
    return RawDataset(rng.random(test.items.shape, dtype=np.float32))


# Noise is what the publication used too: it stands for nothing else, so it is ``full``.
UNIFORM = Derived("Uniform", _uniform, kind="full")
"""Pixels from U(0, 1)."""
