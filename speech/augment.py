"""Other speakers, rooms and paces, as far as log filterbank energies can be bent into them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor

WARP = 0.2
"""Frequencies are stretched by up to this share about the lowest band: vocal tracts differ by as much."""

STRETCH = 0.3
"""Time is stretched or pressed by up to a factor exp(0.3) = 1.35."""

SHIFT = 0.1
"""The word moves by up to this share of half the window."""

NOISY = 0.7
"""Share of the examples that get noise, 3 to 12 nats (13 to 52 dB) below their loudest band."""


def other_speakers(inputs: "Tensor", generator: "Generator") -> "Tensor":
    """Return (B, T, F) log energies as if other people had spoken them, elsewhere and at another pace.

    Each example gets a noise of its own, then is warped along mel frequency and time at once by one bilinear sampling
    (vocal tract length perturbation, Jaitly & Hinton, ICML workshop 2013, in the manner of an image transform). What
    comes in from beyond an edge repeats the edge. The generator is the CPU's.
    """
    return warped(noisy(inputs.cpu(), generator), generator).to(inputs.device)


def other_voices(inputs: "Tensor", generator: "Generator", bands: int = 26) -> "Tensor":
    """Return (B, T * bands) windows of log energies, warped half as far as words are; the middle frame stays there."""
    windows = inputs.cpu().reshape(len(inputs), -1, bands)
    return warped(windows, generator, WARP / 2, STRETCH / 2, shift=0.0).flatten(1).to(inputs.device)


def noisy(inputs: "Tensor", generator: "Generator") -> "Tensor":
    """Add noise of a random level and tilt to a share ``NOISY`` of the examples: log(e^x + e^n)."""
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
    """Stretch frequency about the lowest band, and time about a place near the middle."""
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
