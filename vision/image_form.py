"""The form in which a network takes images: size, cropping, interpolation, and the scale of its pixels."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from torch import Tensor

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ImageForm:
    """How a photograph of any size becomes an input.

    Attributes:
        size: height and width of the input in pixels.
        resize: length of the shorter side before the central crop; None: both sides are resized to ``size``, whatever
            the image's proportions.
        interpolation: ``nearest``, ``bilinear``, ``bicubic``, ``lanczos``, ``box`` or ``hamming``.
        mean, std: of each channel in units of [0, 1]: pixels minus ``mean`` over ``std`` enter the network.
    """

    size: tuple[int, int] = (64, 64)
    resize: int | None = 64
    interpolation: str = "bilinear"
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD


def formed(image: Image.Image, form: ImageForm) -> NDArray[np.uint8]:
    """Return an image as (H, W, 3) uint8 in the form of a network.

    A photograph is turned as its camera says. Grey and palette images become colour, 16-bit ones lose their lower
    eight bits, and what is transparent keeps its colour.
    """
    from torchvision.transforms import functional

    colour = _colour(ImageOps.exif_transpose(image) or image)
    mode = functional.InterpolationMode(form.interpolation)
    resized = functional.resize(colour, list(form.size) if form.resize is None else [form.resize], mode)
    return np.asarray(functional.center_crop(resized, list(form.size)))


def _colour(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # Pillow's own conversion clips 16 bits to the lowest 8
        values = np.asarray(image).astype(np.int64)
        image = Image.fromarray((values >> 8 if values.max(initial=0) > 255 else values).clip(0, 255).astype(np.uint8))
    return image.convert("RGB")


def resized_batch(pixels: "Tensor", size: tuple[int, int]) -> "Tensor":
    """Return (B, C, H, W) floats, resized bilinearly where their size is another."""
    from torch.nn import functional

    if tuple(pixels.shape[2:]) == size:
        return pixels
    return functional.interpolate(pixels, size, mode="bilinear", antialias=True)
