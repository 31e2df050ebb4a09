"""Small residual network of eight layers for colour images: the quick profile's model, minutes on two cores."""

from dataclasses import dataclass

from torch import Tensor, nn

from vision.convolutional import ConvolutionalClassifier, ImageArchitecture, convolution


class Residual(nn.Module):
    """Two normalised convolutions, added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.change = nn.Sequential(convolve(channels, channels), convolve(channels, channels))

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        out: Tensor = maps + self.change(maps)
        return out


def convolve(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Return a convolution, batch normalisation and ReLU."""
    return nn.Sequential(convolution(inputs, outputs, stride=stride), nn.BatchNorm2d(outputs), nn.ReLU())


@dataclass(frozen=True)
class SmallResNet(ImageArchitecture):
    """Eight layers: after the first, two stages that halve the size, double the channels and end with a residual."""

    width: int = 32

    def network(self, classes: int, mean: Tensor) -> ConvolutionalClassifier:
        """Return an untrained network."""
        w = self.width
        stages = (
            convolve(mean.numel(), w),
            nn.Sequential(convolve(w, 2 * w, stride=2), Residual(2 * w)),
            nn.Sequential(convolve(2 * w, 4 * w, stride=2), Residual(4 * w)),
        )
        return ConvolutionalClassifier(stages, 4 * w, classes, mean)


ARCHITECTURE = SmallResNet
