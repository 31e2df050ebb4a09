"""Distorted digits: what the abnormality head learns to tell from clean ones."""

import torch
from torch import Tensor

from common.data.examples import Batch
from vision.pixels import unit_range

NOISE = 0.9, 1.2
"""Range of the noise's standard deviation, in units of [0, 1] pixels."""
BLUR = 4.5, 5.0
"""Range of the Gaussian blur's standard deviation, in pixels."""


def distort_digits(batch: Batch, generator: torch.Generator) -> Tensor:
    """Return (B, H, W) images, each changed: the first half noisy, a quarter blurred, a quarter turned on its side.

    Strength is drawn once a batch. A zero looks like a zero on its side too, so zeros get N(0, 1) noise instead.

    Args:
        batch: (B, H, W) images with their labels, in random order.
        generator: the CPU's.

    Source: the code of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, Table 11.
    """
    images = unit_range(batch.inputs)
    half, three_quarters = len(images) // 2, len(images) * 3 // 4
    noisy = _add_noise(images[:half], _uniform(NOISE, generator), generator)
    blurred = blur(images[half:three_quarters], _uniform(BLUR, generator))
    turned = _turn(images[three_quarters:], generator)
    if batch.labels is not None:
        noise = _add_noise(images[three_quarters:], 1.0, generator)
        turned = torch.where((batch.labels[three_quarters:] == 0)[:, None, None], noise, turned)
    return torch.cat([noisy, blurred, turned])


def blur(images: Tensor, deviation: float) -> Tensor:
    """Return (B, H, W) images smoothed by a Gaussian of ``deviation`` pixels, cut off at 4; the border is repeated."""
    rows, columns = (_blur_matrix(size, deviation).to(images) for size in images.shape[1:])
    return rows @ images @ columns.T


def _blur_matrix(size: int, deviation: float) -> Tensor:
    """Return the (size, size) weights by which each pixel of a line is a mean of all; rows add up to 1."""
    radius = int(4 * deviation + 0.5)
    weights = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / deviation) ** 2)
    source = (torch.arange(size)[:, None] + torch.arange(-radius, radius + 1)).clamp(0, size - 1)
    return torch.zeros(size, size).scatter_add_(1, source, (weights / weights.sum()).expand(size, -1))


def _add_noise(images: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    return images + deviation * torch.randn(images.shape, generator=generator).to(images.device)


def _turn(images: Tensor, generator: torch.Generator) -> Tensor:
    """Turn each image by 90 or 270 degrees."""
    left = torch.randint(2, (len(images), 1, 1), generator=generator, dtype=torch.bool).to(images.device)
    return torch.where(left, images.rot90(1, (1, 2)), images.rot90(3, (1, 2)))


def _uniform(bounds: tuple[float, float], generator: torch.Generator) -> float:
    low, high = bounds
    return low + (high - low) * float(torch.rand((), generator=generator))
