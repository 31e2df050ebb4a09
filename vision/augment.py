"""Random flips and crops of a batch of images, in one indexing operation."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor


def flip_and_crop(inputs: "Tensor", generator: "Generator") -> "Tensor":
    """Mirror half of the images and shift each by up to 4 pixels in each direction, filling with black.

    The usual augmentation of CIFAR (Lee et al., AISTATS 2015, arXiv:1409.5185). See ``flipped_and_cropped``.
    """
    return flipped_and_cropped(inputs, generator, padding=4, flip=True)


def flip_and_crop_8(inputs: "Tensor", generator: "Generator") -> "Tensor":
    """Mirror half of the images and shift each by up to 8 pixels in each direction: for images of 64x64."""
    return flipped_and_cropped(inputs, generator, padding=8, flip=True)


def flipped_and_cropped(inputs: "Tensor", generator: "Generator", padding: int, flip: bool) -> "Tensor":
    """Pad (B, H, W) or (B, H, W, C) images with zeros on all sides, crop each to H x W and mirror half of them.

    ``generator`` (the CPU's) draws crop and flip independently for each image. Both are done by one gather of rows and
    columns: pixel (i, j) of image b is ``padded[b, top + i, left + j]``, or ``padded[b, top + i, left + W - 1 - j]`` if
    mirrored. Values are copied without interpolation and keep their type.
    """
    import torch
    from torch.nn import functional

    count, height, width = inputs.shape[:3]
    top, left = torch.randint(2 * padding + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < (0.5 if flip else 0.0)
    rows = top + torch.arange(height)
    columns = torch.arange(width).expand(count, width)
    columns = left + torch.where(mirrored, width - 1 - columns, columns)
    colours = (0, 0) if inputs.ndim == 4 else ()
    padded = functional.pad(inputs, (*colours, *(padding,) * 4))
    which = torch.arange(count)[:, None, None]
    index = (which, rows[:, :, None], columns[:, None, :])
    return padded[tuple(part.to(inputs.device, non_blocking=True) for part in index)]
