"""EfficientNet-B0 of torchvision with a first layer of stride 1, for 32x32 images."""

from dataclasses import dataclass

from torch import Tensor, nn

from vision.convolutional import ConvolutionalClassifier, ImageArchitecture, convolution


@dataclass(frozen=True)
class EfficientNetB0(ImageArchitecture):
    """Tan & Le (ICML 2019), arXiv:1905.11946: depth and width scaled together; B0 is the smallest.

    The first convolution has stride 1 in place of 2, so that 32x32 images end as maps of 2x2.
    """

    def network(self, classes: int, mean: Tensor) -> ConvolutionalClassifier:
        """Return an untrained network."""
        from torchvision.models import efficientnet_b0

        layers = list(efficientnet_b0(weights=None).features)
        layers[0][0] = convolution(mean.numel(), layers[0][0].out_channels)
        stages = [*layers[1:-1], nn.Sequential(layers[-1], nn.AdaptiveAvgPool2d(1), nn.Flatten())]
        stages[0] = nn.Sequential(layers[0], stages[0])
        stages[-1].append(nn.Dropout(0.2))
        return ConvolutionalClassifier(stages, 1280, classes, mean)


ARCHITECTURE = EfficientNetB0
