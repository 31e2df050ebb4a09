"""Noise images (Gaussian, uniform), as many as the test images and of their shape, in units of [0, 1] pixels."""

from functools import partial

import numpy as np

from common.data.samples import RawDataset
from common.data.sources import Derived

PIXEL_NOISE = "noise of independent pixels"
"""The family of these sets, and of the pseudo-OOD like them."""


def gaussian(std: float = 1.0, centre: tuple[float, ...] = (0.0,)) -> Derived:
    """Return pixels from N(centre, std^2), not clipped; ``centre`` has one value, or one for each channel."""
    return Derived(
        "Gaussian", partial(_gaussian, std=std, centre=centre), kind="full", distance="far", family=PIXEL_NOISE
    )


def _gaussian(test: RawDataset, rng: np.random.Generator, std: float, centre: tuple[float, ...]) -> RawDataset:
    noise = rng.standard_normal(test.items.shape, dtype=np.float32)
    return RawDataset(noise * np.float32(std) + np.asarray(centre, np.float32))


def _uniform(test: RawDataset, rng: np.random.Generator) -> RawDataset:
    return RawDataset(rng.random(test.items.shape, dtype=np.float32))


# The publication used the same noise, so its kind is ``full``: it is no stand-in for other data.
UNIFORM = Derived("Uniform", _uniform, kind="full", distance="far", family=PIXEL_NOISE)
"""Pixels from U(0, 1)."""
