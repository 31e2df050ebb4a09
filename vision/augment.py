"""Augmentation of whole batches: one indexing operation, however many images."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor


def flip_and_crop(inputs: "Tensor", generator: "Generator") -> "Tensor":
    """Mirror half of the images, and move each by up to 4 pixels each way; what moves in is black.

    The usual augmentation of CIFAR (Lee et al., AISTATS 2015, arXiv:1409.5185). See ``flipped_and_cropped``.
    """
    return flipped_and_cropped(inputs, generator, padding=4, flip=True)


def flip_and_crop_8(inputs: "Tensor", generator: "Generator") -> "Tensor":
    """Mirror half of the images, and move each by up to 8 pixels each way: for images of 64x64."""
    return flipped_and_cropped(inputs, generator, padding=8, flip=True)


def flipped_and_cropped(inputs: "Tensor", generator: "Generator", padding: int, flip: bool) -> "Tensor":
    """Pad (B, H, W) or (B, H, W, C) images with zeros on all sides, cut an H x W window of each, mirror half of them.

    Every image has a window and a coin of its own, drawn from ``generator`` (the CPU's). Flip and crop are one
    gathering of rows and columns: of image b, pixel (i, j) is ``padded[b, top + i, left + j]``, or
    ``padded[b, top + i, left + W - 1 - j]`` if mirrored. Values are copied, never mixed, and keep their type.
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
