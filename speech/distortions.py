"""Distorted speech to learn abnormality from, made from training frames and chance: no recorded noise takes part."""

import torch
from torch import Tensor
from torch.nn import functional

from common.examples import Batch

BANDS = 26


def distorted_windows(batch: Batch, generator: torch.Generator) -> Tensor:
    """Return windows of log filterbank energies, (B, frames * 26) in natural log units, each distorted in one way.

    A half gets a random coloured noise in its energies, a sixth another window's speech, a sixth Gaussian noise in its
    log energies, and a sixth is turned round in time and shifted by a few bands. The order within a batch is
    random in training, so each part is a random one.
    """
    windows = batch.inputs.cpu().unflatten(-1, (-1, BANDS))
    ends = [round(len(windows) * share) for share in (1 / 2, 2 / 3, 5 / 6)]
    noisy, crowded, rough, turned = windows.tensor_split(ends)
    parts = [
        _with_noise(noisy, windows, generator),
        _with_another(crowded, windows, generator),
        rough + _uniform(len(rough), 0.5, 2.0, generator) * torch.randn(rough.shape, generator=generator),
        _turned(turned, generator),
    ]
    return torch.cat(parts).flatten(1).to(batch.inputs.device)


def _with_noise(windows: Tensor, speech: Tensor, generator: torch.Generator) -> Tensor:
    """Add a noise of random smooth spectrum, 0 to 15 dB below the mean energy of the batch.

    Energies of a stationary noise fluctuate like a chi-squared variable from frame to frame; the level itself wanders
    too, as in a street or a crowd.
    """
    count, frames, bands = windows.shape
    coarse = 2.5 * torch.randn(count, 1, 5, generator=generator)
    spectrum = functional.interpolate(coarse, size=bands, mode="linear", align_corners=True)
    wandering = 0.7 * torch.randn(count, 3, 1, generator=generator).transpose(1, 2)
    wandering = functional.interpolate(wandering, size=frames, mode="linear", align_corners=True).transpose(1, 2)
    fluctuation = 0.4 * torch.randn(windows.shape, generator=generator)
    shape = spectrum + wandering + fluctuation
    loudness = torch.logsumexp(speech.flatten(), 0) - torch.log(torch.tensor(float(speech[..., 0].numel())))
    below = _uniform(count, 0.0, 15.0, generator) * 0.1 * torch.log(torch.tensor(10.0))
    level = loudness - below - torch.logsumexp(spectrum, 2, keepdim=True)
    return torch.logaddexp(windows, shape + level)


def _with_another(windows: Tensor, speech: Tensor, generator: torch.Generator) -> Tensor:
    """Add the energies of another window of the batch, up to 10 dB weaker."""
    other = speech[torch.randint(len(speech), (len(windows),), generator=generator)]
    weaker = _uniform(len(windows), 0.0, 10.0, generator) * 0.1 * torch.log(torch.tensor(10.0))
    return torch.logaddexp(windows, other - weaker)


def _turned(windows: Tensor, generator: torch.Generator) -> Tensor:
    """Reverse time and move every band up by 3 to 7 places, the top ones coming in below."""
    shift = int(torch.randint(3, 8, (), generator=generator))
    return windows.flip(1).roll(shift, 2)


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, 1, 1, generator=generator)
