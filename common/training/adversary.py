"""A generator and a discriminator of vectors, which do not know what the vectors are of."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from common.training.embedded import Vectors

NOISE = 64
LEAST_WIDTH, MOST_WIDTH = 64, 512


def widths(values: int) -> tuple[int, int]:
    """Return the widths of both hidden layers, the wide one as wide as the vectors, within bounds; the other half so.

    >>> widths(784), widths(30)  # an image, a word
    ((256, 512), (32, 64))
    """
    wide = min(max(values, LEAST_WIDTH), MOST_WIDTH)
    return wide // 2, wide


class Generator(nn.Module):
    """Noise, (R, 64), to values between 0 and 1, (R, I): two hidden layers with batch normalisation."""

    def __init__(self, values: int) -> None:
        super().__init__()
        narrow, wide = widths(values)
        self.layers = nn.Sequential(
            *(nn.Linear(NOISE, narrow), nn.BatchNorm1d(narrow), nn.ReLU()),
            *(nn.Linear(narrow, wide), nn.BatchNorm1d(wide), nn.ReLU()),
            *(nn.Linear(wide, values), nn.Sigmoid()),
        )

    def sample(self, layout: Vectors) -> Tensor:
        """Return (R, I) made of fresh noise from torch's global seed; steps of a sequence share half of their noise."""
        of_example = torch.randn(layout.shape[0], NOISE // 2)[layout.example.cpu()]
        noise = torch.cat([of_example, torch.randn(len(of_example), NOISE // 2)], 1)
        lone = len(noise) == 1  # batch normalisation has no variance of one row
        made: Tensor = self.layers((noise.repeat(2, 1) if lone else noise).to(self.device))
        return made[:1] if lone else made

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


class Discriminator(nn.Module):
    """Values between 0 and 1, (R, I), to the logit of being real, (R,)."""

    def __init__(self, values: int) -> None:
        super().__init__()
        narrow, wide = widths(values)
        self.layers = nn.Sequential(
            *(nn.Linear(values, wide), nn.LeakyReLU(0.2)),
            *(nn.Linear(wide, narrow), nn.LeakyReLU(0.2)),
            nn.Linear(narrow, 1),
        )

    def forward(self, values: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.layers(values).squeeze(1)
        return logits


@dataclass(frozen=True)
class Range:
    """From the smallest to the largest value of real vectors: of all values of images, of each value of a step."""

    low: Tensor
    high: Tensor

    @classmethod
    def of(cls, vectors: Tensor, layout: Vectors) -> "Range":
        """Return the range of (R, I) vectors."""
        if layout.inside is None:
            return cls(vectors.amin(), vectors.amax())
        return cls(vectors.amin(0), vectors.amax(0))

    def to_unit(self, vectors: Tensor) -> Tensor:
        """Return the vectors with values between 0 and 1."""
        return (vectors - self.low) / (self.high - self.low).clamp_min(1e-12)

    def from_unit(self, values: Tensor) -> Tensor:
        """Return values between 0 and 1 in the units of the vectors."""
        return self.low + (self.high - self.low) * values
