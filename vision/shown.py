"""An image as people are shown it: a small PNG."""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.shown import Showing, Shown

LARGEST = 96
"""Longest side in pixels; larger images are scaled down."""


def show(item: Any, at: int | None = None) -> Shown:
    """Return an image, (H, W) grey or (H, W, 3) colour, as a PNG of at most 96 x 96 pixels."""
    pixels = as_bytes(item)
    image = Image.fromarray(pixels)
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, "png", optimize=True)
    return Shown(image=buffer.getvalue(), about=f"{pixels.shape[1]} x {pixels.shape[0]} pixels")


def as_bytes(item: Any) -> NDArray[np.uint8]:
    """Return an image as bytes; floats in units of [0, 1] are rounded to bytes, and cut off beyond."""
    pixels = np.asarray(item)
    return pixels if pixels.dtype == np.uint8 else (pixels.clip(0, 1) * 255).round().astype(np.uint8)


SHOWING = Showing(show)
