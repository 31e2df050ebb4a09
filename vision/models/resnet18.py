"""ResNet-18 of torchvision with a 3x3 first layer of stride 1, for 32x32 images."""

from dataclasses import dataclass

from torch import Tensor, nn

from vision.convolutional import ConvolutionalClassifier, ImageArchitecture, convolution


@dataclass(frozen=True)
class ResNet18(ImageArchitecture):
    """He et al. (CVPR 2016), arXiv:1512.03385: four stages of 64 to 512 channels.

    The first convolution is 3x3 with stride 1 and there is no pooling after it, where the original, for images of
    224x224, divides the size by four before the first stage.
    """

    def network(self, classes: int, mean: Tensor) -> ConvolutionalClassifier:
        """Return an untrained network."""
        from torchvision.models import resnet18

        net = resnet18(weights=None)
        start = (convolution(mean.numel(), 64), net.bn1, net.relu)
        stages = (nn.Sequential(*start, net.layer1), net.layer2, net.layer3, net.layer4)
        return ConvolutionalClassifier(stages, 512, classes, mean)


ARCHITECTURE = ResNet18
