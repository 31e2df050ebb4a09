"""Convolutional network that learns CIFAR-10 in minutes on two cores: ``--model whitened_cnn:EPOCHS``.

A first layer with fixed filters whitens patches of 2x2 pixels; three blocks of two 3x3 convolutions follow. It brings
its own recipe, in bfloat16 where the processor multiplies it, so that the tables of colour images mean something where
there is no GPU.

Source: Page, "How to train your ResNet 8: Bag of tricks" (2019: 94 % of CIFAR-10 in 34 s on one GPU), for the whitened
first layer and the schedule; Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498, for filters
of 2x2, convolutions that begin as identities, shifts that learn 64 times as fast, GELU and the learning rate. His
alternating flips, averaged weights, smoothed labels and averages over crops of a test image are left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.data.examples import TensorDataset
from common.data.samples import RawDataset
from common.task import Budget
from common.training.layers import gelu
from common.training.pretrained import on_task_data
from vision.convolutional import ConvolutionalClassifier, ImageArchitecture, convolution, mean_colour
from vision.pixels import unit_range

RECIPE = Budget(
    epochs=14,
    batch_size=128,
    learning_rate=0.125,
    optimizer="sgd",  # Nesterov momentum 0.9
    schedule="one_cycle",
    weight_decay=1e-3,
    mixed_precision=True,
)
"""Jordan's rate for each example, at a batch of 128 and momentum 0.9; three quarters of his weight decay."""

PATCH, WHITENED_IMAGES, SMALLEST_VARIANCE = 2, 2_000, 5e-4
SHIFT_SPEED = 64.0
"""How many times as fast as other weights the shifts of a normalisation learn."""

FEATURE_SCALE = 1 / 9
"""Factor of the features, which keeps the first logits small."""


class Whitening(nn.Module):
    """Fixed filters of 2x2 that make the channels of image patches uncorrelated, each with both signs; then GELU.

    Attributes:
        filters: (2 F, C, 2, 2), with F = 4 C; stored with the weights.
        bias: (2 F,), learned.
    """

    filters: Tensor

    def __init__(self, filters: Tensor) -> None:
        super().__init__()
        self.register_buffer("filters", torch.cat([filters, -filters]))
        self.bias = nn.Parameter(torch.zeros(len(self.filters)))
        self.activation = gelu()

    def forward(self, pixels: Tensor) -> Tensor:
        """Return (B, 2 F, H - 1, W - 1) maps of (B, C, H, W) pixels."""
        out: Tensor = self.activation(functional.conv2d(pixels, self.filters, self.bias))
        return out


def whitening_filters(images: Any, mean: Tensor) -> Tensor:
    """Return the (4 C, C, 2, 2) filters that whiten the patches of (N, H, W[, C]) images minus their mean colour.

    With covariance S = sum_i l_i e_i e_i^T of the patches, filter i is e_i / sqrt(l_i + 5e-4), largest l_i first. The
    sign of an eigenvector, which its length does not determine, is such that its largest component is positive.
    """
    pixels = unit_range(torch.as_tensor(images[:WHITENED_IMAGES]))
    pixels = (pixels if pixels.ndim == 4 else pixels[..., None]).permute(0, 3, 1, 2) - mean[:, None, None]
    patches = functional.unfold(pixels, PATCH).transpose(1, 2).flatten(0, 1)
    variances, vectors = torch.linalg.eigh(torch.cov(patches.T).double())
    largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
    filters: Tensor = (vectors * largest.sign() / (variances.clamp_min(0) + SMALLEST_VARIANCE).sqrt()).T.flip(0)
    return filters.float().reshape(-1, len(mean), PATCH, PATCH)


class ShiftedNorm(nn.BatchNorm2d):
    """Batch normalisation with a learned shift and no learned scale.

    The shift is sqrt(s) times its parameter, so a step of gradient descent moves it s times as far, s = 64.
    """

    ones: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__(channels, affine=False)
        self.shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("ones", torch.ones(channels), persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        statistics = (self.running_mean, self.running_var)
        scale_and_shift = (self.ones, self.shift * SHIFT_SPEED**0.5)
        speed = self.momentum or 0.0
        out: Tensor = functional.batch_norm(maps, *statistics, *scale_and_shift, self.training, speed, self.eps)
        return out


class Pooled(nn.Module):
    """The largest value of each map, scaled."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return (B, C) features of (B, C, H, W) maps."""
        return maps.amax((2, 3)) * FEATURE_SCALE


def identity_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Return a 3x3 convolution whose first ``inputs`` filters pass their input on, as far as there are outputs."""
    layer = convolution(inputs, outputs)
    with torch.no_grad():
        nn.init.dirac_(layer.weight[:inputs])
    return layer


def block(inputs: int, outputs: int) -> list[nn.Module]:
    """Return two convolutions, each normalised and activated; between them the size of the maps is halved."""
    first = [identity_convolution(inputs, outputs), nn.MaxPool2d(2), ShiftedNorm(outputs), gelu()]
    return [*first, identity_convolution(outputs, outputs), ShiftedNorm(outputs), gelu()]


@dataclass(frozen=True)
class WhitenedCnn(ImageArchitecture):
    """Options.

    Attributes:
        epochs: of its own recipe; 14 of 25,000 images take about 10 minutes on two cores.
        width: channels of the first block; the second has twice as many, the third four times.
    """

    epochs: int = RECIPE.epochs
    width: int = 64

    def budget(self, task: Budget) -> Budget:
        """Return the recipe on as many examples as the task's budget says; the last epoch is taken."""
        return replace(on_task_data(RECIPE, task), epochs=self.epochs, validation=0)

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for the report."""
        return (
            f"whitened_cnn: a small network and {self.epochs} epochs of its own recipe, in place of the task's own",
        )

    def build(self, preprocessor: Callable[[RawDataset], TensorDataset], train: RawDataset) -> ConvolutionalClassifier:
        """Return an untrained network whose first layer whitens patches of the training images."""
        mean = mean_colour(train.items, train.items.shape[3] if train.items.ndim == 4 else 1)
        whitening, w = Whitening(whitening_filters(train.items, mean)), self.width
        stages = (
            nn.Sequential(whitening, *block(len(whitening.filters), w)),
            nn.Sequential(*block(w, 2 * w)),
            nn.Sequential(*block(2 * w, 4 * w), Pooled()),
        )
        return ConvolutionalClassifier(stages, 4 * w, len(train.label_names), mean)


ARCHITECTURE = WhitenedCnn
