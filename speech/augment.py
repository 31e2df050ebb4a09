"""Augmentation of log filterbank energies: other vocal tracts, speaking rates and background noise."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor

WARP = 0.2
"""Largest fraction by which frequencies are stretched about the lowest band: vocal tracts differ by as much."""

STRETCH = 0.3
"""Time is stretched or compressed by a factor of at most exp(0.3) = 1.35."""

SHIFT = 0.1
"""Largest shift of the word in time, as a fraction of half the window."""

NOISY = 0.7
"""Fraction of the examples that get noise, 3 to 12 nats (13 to 52 dB) below their loudest band."""


def other_speakers(inputs: "Tensor", generator: "Generator") -> "Tensor":
    """Return (B, T, F) log energies that sound like other speakers, other rooms and another speaking rate.

    Noise is drawn for each example. Then mel frequency and time are warped together by one bilinear sampling, as an
    image would be. Values beyond an edge repeat the edge. The generator is the CPU's.

    Source: vocal tract length perturbation, Jaitly & Hinton (ICML workshop 2013).
    """
    return warped(noisy(inputs.cpu(), generator), generator).to(inputs.device)


def other_voices(inputs: "Tensor", generator: "Generator", bands: int = 26) -> "Tensor":
    """Return (B, T * bands) windows of log energies, warped half as much as words; the middle frame stays in place."""
    windows = inputs.cpu().reshape(len(inputs), -1, bands)
    return warped(windows, generator, WARP / 2, STRETCH / 2, shift=0.0).flatten(1).to(inputs.device)


def noisy(inputs: "Tensor", generator: "Generator") -> "Tensor":
    """Add noise of random level and spectral tilt to a fraction ``NOISY`` of the examples: log(e^x + e^n)."""
    import torch

    count, _, bands = inputs.shape
    level = inputs.amax((1, 2)) - _between(3, 12, count, generator)
    tilt = _between(-2, 2, count, generator)[:, None] * torch.linspace(-1, 1, bands)
    flutter = 0.5 * (torch.empty(inputs.shape).exponential_(generator=generator) + 1e-3).log()
    noise = level[:, None, None] + tilt[:, None] + flutter
    chosen = torch.rand(count, generator=generator) < NOISY
    return torch.where(chosen[:, None, None], torch.logaddexp(inputs, noise), inputs)


def warped(
    inputs: "Tensor", generator: "Generator", warp: float = WARP, stretch: float = STRETCH, shift: float = SHIFT
) -> "Tensor":
    """Stretch frequency about the lowest band, and time about a point near the middle."""
    import torch
    from torch.nn import functional

    count = len(inputs)
    frequency = 1 + _between(-warp, warp, count, generator)
    transform = torch.zeros(count, 2, 3)
    transform[:, 0, 0] = frequency
    transform[:, 0, 2] = frequency - 1  # the lowest band lies at -1 and stays there
    transform[:, 1, 1] = _between(-stretch, stretch, count, generator).exp()
    transform[:, 1, 2] = _between(-shift, shift, count, generator)
    grid = functional.affine_grid(transform, [count, 1, *inputs.shape[1:]], align_corners=True)
    return functional.grid_sample(inputs[:, None], grid, padding_mode="border", align_corners=True)[:, 0]


def _between(low: float, high: float, count: int, generator: "Generator") -> "Tensor":
    import torch

    return low + (high - low) * torch.rand(count, generator=generator)
