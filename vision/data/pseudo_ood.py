"""Images that are no in-distribution images, made of held-out ones: what options of detectors are chosen on.

Each ``make(held_out, rng)`` takes (N, H, W) or (N, H, W, 3) images and returns as many of their shape, without labels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.data.samples import RawDataset
from common.data.sources import Derived
from vision.data.noise import PIXEL_NOISE

TILES = 4
"""A jigsaw has so many tiles a side."""

Pixels = NDArray[np.float32]


def gaussian(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Return pixels from N(0.5, 0.5^2), clipped to [0, 1]."""
    return rng.normal(0.5, 0.5, images.shape).clip(0, 1).astype(np.float32)


def uniform(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Return pixels from U(0, 1)."""
    return rng.random(images.shape, dtype=np.float32)


def inverted(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the negatives, 1 - x."""
    return 1 - images


def jigsaw(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the images with their 4 x 4 tiles in a random order; what the tiles leave at the edges stays."""
    made = images.copy()
    height, width = images.shape[1] // TILES, images.shape[2] // TILES
    corners = [(row * height, column * width) for row in range(TILES) for column in range(TILES)]
    for old, new in zip(images, made, strict=True):
        for (y, x), place in zip(corners, rng.permutation(len(corners)), strict=True):
            from_y, from_x = corners[place]
            new[y : y + height, x : x + width] = old[from_y : from_y + height, from_x : from_x + width]
    return made


def rotated(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the images turned by 90 degrees; by 180 where they are not square."""
    turns = 1 if images.shape[1] == images.shape[2] else 2
    return np.ascontiguousarray(np.rot90(images, turns, axes=(1, 2)))


def permuted(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Return each image with its pixels in a random order of its own, the channels of a pixel together."""
    flat = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    made = np.stack([rng.permutation(image) for image in flat])
    return made.reshape(images.shape)


def mixed(images: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the mean of each image and the one that follows it in a random order."""
    order = rng.permutation(len(images))
    made = np.empty_like(images)
    made[order] = (images[order] + images[np.roll(order, 1)]) / 2
    return made


def _kind(name: str, change: Callable[[Pixels, np.random.Generator], Pixels], family: str = "") -> Derived:
    def make(held_out: RawDataset, rng: np.random.Generator) -> RawDataset:
        return RawDataset(change(_unit(held_out.items), rng))

    return Derived(name, make, family=family)


def _unit(images: NDArray[Any]) -> Pixels:
    """Return images in units of [0, 1]."""
    scaled = images / np.float32(255) if images.dtype == np.uint8 else images
    return np.asarray(scaled, dtype=np.float32)


PSEUDO_OOD: tuple[Derived, ...] = (
    _kind("Gaussian", gaussian, PIXEL_NOISE),
    _kind("uniform", uniform, PIXEL_NOISE),
    _kind("inverted", inverted),
    _kind("jigsaw", jigsaw),
    _kind("rotated", rotated),
    _kind("permuted", permuted),
    _kind("mixed", mixed),
)
