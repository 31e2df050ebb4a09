"""LeNet: two convolutions with pooling, and two hidden layers."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from common.training.layers import gelu
from vision.convolutional import ConvolutionalClassifier, ImageArchitecture


@dataclass(frozen=True)
class LeNet(ImageArchitecture):
    """Convolutions of 6 and 16 channels (times ``width``), then 120 and 84 units; GELU in place of tanh.

    The pooled maps are averaged to 5x5, so that images of any size fit; those of 28x28 (padded to 32x32) and 32x32
    have that size already, as in LeCun et al. (Proceedings of the IEEE 1998).
    """

    width: int = 1

    def network(self, classes: int, mean: Tensor) -> ConvolutionalClassifier:
        """Return an untrained network."""
        first, second = 6 * self.width, 16 * self.width
        maps: list[Any] = [nn.Conv2d(mean.numel(), first, 5, padding=2), gelu(), nn.MaxPool2d(2)]
        maps += [nn.Conv2d(first, second, 5), gelu(), nn.MaxPool2d(2)]
        dense = [nn.AdaptiveAvgPool2d(5), nn.Flatten(), nn.Linear(second * 25, 120), gelu()]
        stages = (nn.Sequential(*maps), nn.Sequential(*dense), nn.Sequential(nn.Linear(120, 84), gelu()))
        return ConvolutionalClassifier(stages, 84, classes, mean)


ARCHITECTURE = LeNet
