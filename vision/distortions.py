"""Distorted digits (noise, blur, rotation): the outliers that the abnormality head is trained on."""

import torch
from torch import Tensor

from common.data.examples import Batch
from vision.pixels import unit_range

NOISE = 0.9, 1.2
"""Range of the noise's standard deviation, in units of [0, 1] pixels."""
BLUR = 4.5, 5.0
"""Range of the Gaussian blur's standard deviation, in pixels."""


def distort_digits(batch: Batch, generator: torch.Generator) -> Tensor:
    """Return distorted (B, H, W) images: the first half with noise, a quarter blurred, a quarter rotated by 90 degrees.

    The strengths of noise and blur are drawn once per batch. A rotated zero still looks like a zero, so N(0, 1) noise
    is added to zeros instead.

    Args:
        batch: (B, H, W) images with their labels, in random order.
        generator: the CPU's.

    Source: the code of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, Table 11.
    """
    images = unit_range(batch.inputs)
    half, three_quarters = len(images) // 2, len(images) * 3 // 4
    noisy = _add_noise(images[:half], _uniform(NOISE, generator), generator)
    blurred = blur(images[half:three_quarters], _uniform(BLUR, generator))
    rotated = _rotate(images[three_quarters:], generator)
    if batch.labels is not None:
        noise = _add_noise(images[three_quarters:], 1.0, generator)
        rotated = torch.where((batch.labels[three_quarters:] == 0)[:, None, None], noise, rotated)
    return torch.cat([noisy, blurred, rotated])


def blur(images: Tensor, std: float) -> Tensor:
    """Return (B, H, W) images smoothed by a Gaussian with standard deviation ``std`` in pixels.

    The kernel is cut off at 4 standard deviations; beyond the border an image repeats its border pixels.
    """
    rows, columns = (_blur_matrix(size, std).to(images) for size in images.shape[1:])
    return rows @ images @ columns.T


def _blur_matrix(size: int, std: float) -> Tensor:
    """Return the (size, size) matrix of the one-dimensional blur; its rows add up to 1."""
    radius = int(4 * std + 0.5)
    weights = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / std) ** 2)
    source = (torch.arange(size)[:, None] + torch.arange(-radius, radius + 1)).clamp(0, size - 1)
    return torch.zeros(size, size).scatter_add_(1, source, (weights / weights.sum()).expand(size, -1))


def _add_noise(images: Tensor, std: float, generator: torch.Generator) -> Tensor:
    return images + std * torch.randn(images.shape, generator=generator).to(images.device)


def _rotate(images: Tensor, generator: torch.Generator) -> Tensor:
    """Rotate each image by 90 or 270 degrees."""
    left = torch.randint(2, (len(images), 1, 1), generator=generator, dtype=torch.bool).to(images.device)
    return torch.where(left, images.rot90(1, (1, 2)), images.rot90(3, (1, 2)))


def _uniform(bounds: tuple[float, float], generator: torch.Generator) -> float:
    low, high = bounds
    return low + (high - low) * float(torch.rand((), generator=generator))
