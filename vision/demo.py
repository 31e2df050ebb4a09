"""The demo's images: a drawing becomes what MNIST's digits are, 28x28, within 20x20, centred by its mass."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.data.samples import RawDataset
from common.demo.exhibit import Exhibit
from vision.shown import as_bytes

CANVAS = 280
SIDE = 28
INNER = 20
LEAST_INK = 32  # of 255: fainter pixels are no part of the drawing


def read(body: bytes) -> RawDataset:
    """Read a drawing of 280x280 grey bytes, white on black, or an image of 28x28 bytes that is taken as it is.

    Raises:
        ValueError: another size, or an empty drawing.
    """
    pixels = np.frombuffer(body, dtype=np.uint8)
    if pixels.size == SIDE**2:
        return RawDataset(pixels.reshape(1, SIDE, SIDE).copy())  # torch wants an array that it may write
    if pixels.size != CANVAS**2:
        raise ValueError(f"{CANVAS}x{CANVAS} or {SIDE}x{SIDE} grey bytes are needed, not {pixels.size}")
    return RawDataset(as_digit(pixels.reshape(CANVAS, CANVAS))[None])


def as_digit(drawing: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a drawing to fit 20x20, keeping its shape, and centre its mass in 28x28, as MNIST was made.

    Raises:
        ValueError: nothing is drawn.
    """
    ink = drawing >= LEAST_INK
    if not ink.any():
        raise ValueError("nothing is drawn yet")
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cut = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = INNER / max(cut.shape)
    size = [max(round(length * scale), 1) for length in cut.shape[::-1]]
    small = np.asarray(Image.fromarray(cut).resize((size[0], size[1]), Image.Resampling.BOX), dtype=np.float64)
    return _centred(small)


def _centred(small: NDArray[np.float64]) -> NDArray[np.uint8]:
    total = small.sum()
    height, width = small.shape
    middle = [(small.sum(axis=1) @ np.arange(height)) / total, (small.sum(axis=0) @ np.arange(width)) / total]
    placed = np.zeros((SIDE, SIDE), dtype=np.uint8)
    top, left = (
        int(np.clip(round((SIDE - 1) / 2 - centre), 0, SIDE - length))
        for centre, length in zip(middle, small.shape, strict=True)
    )
    placed[top : top + height, left : left + width] = small.round()
    return placed


def show(item: Any) -> bytes:
    """Return an image of 28x28 as bytes; floats in units of [0, 1] are rounded to bytes, and cut off beyond."""
    return as_bytes(item).tobytes()


EXHIBIT = Exhibit(
    title="Draw",
    kind="drawing",
    invitation="Draw a digit from 0 to 9. Then draw something that is no digit.",
    tasks=("vision/mnist",),
    read=read,
    show=show,
    largest=CANVAS**2,
)
