"""Wide residual network (WRN): the baseline paper's WRN-40-4 with GELU, or another size (wrn:40-2)."""

import re
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from common.base.errors import UserError
from common.training.layers import gelu
from vision.convolutional import ConvolutionalClassifier, ImageArchitecture, convolution


class Block(nn.Module):
    """Pre-activation residual block: batch normalisation, activation, convolution, twice, with dropout between.

    Where the number of channels changes, the shortcut is a 1x1 convolution of the normalised and activated input.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, dropout: float, activation: nn.Module) -> None:
        super().__init__()
        self.before = nn.Sequential(nn.BatchNorm2d(inputs), activation)
        self.first = convolution(inputs, outputs, stride=stride)
        self.between = nn.Sequential(nn.BatchNorm2d(outputs), activation, nn.Dropout(dropout))
        self.second = convolution(outputs, outputs)
        self.project = None if inputs == outputs else convolution(inputs, outputs, size=1, stride=stride)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of ``outputs`` channels."""
        activated = self.before(maps)
        shortcut = maps if self.project is None else self.project(activated)
        out: Tensor = shortcut + self.second(self.between(self.first(activated)))
        return out


@dataclass(frozen=True)
class WideResNet(ImageArchitecture):
    """WRN-depth-width: three groups of (depth - 4) / 6 blocks, of 16, 32 and 64 times ``width`` channels.

    Attributes:
        size: ``depth-width``, such as 40-4.
        dropout: fraction of values set to zero between the convolutions of a block; 0.3 in Outlier Exposure.
        activation: gelu (tanh form) in the baseline, relu as first published.

    Source: Zagoruyko & Komodakis (BMVC 2016), arXiv:1605.07146.
    """

    size: str = "40-4"
    dropout: float = 0.0
    activation: Literal["gelu", "relu"] = "gelu"

    @property
    def depth_and_width(self) -> tuple[int, int]:
        """The two numbers of ``size``; the depth is 6 n + 4."""
        match = re.fullmatch(r"(\d+)-(\d+)", self.size)
        depth, width = map(int, match.groups()) if match else (0, 0)
        if width < 1 or depth < 10 or (depth - 4) % 6:
            raise UserError(f"model wrn: {self.size!r} is not a depth-width such as 40-4; the depth must be 6 n + 4")
        return depth, width

    def network(self, classes: int, mean: Tensor) -> ConvolutionalClassifier:
        """Return an untrained network."""
        depth, width = self.depth_and_width
        activation = gelu() if self.activation == "gelu" else nn.ReLU()
        stages, channels = [], 16
        for group, outputs in enumerate((16 * width, 32 * width, 64 * width)):
            blocks = []
            for i in range((depth - 4) // 6):
                stride = 2 if group > 0 and i == 0 else 1
                blocks.append(Block(channels, outputs, stride, self.dropout, activation))
                channels = outputs
            stages.append(nn.Sequential(*blocks))
        stages[0].insert(0, convolution(mean.numel(), 16))
        stages[-1].append(nn.BatchNorm2d(channels)).append(activation)
        model = ConvolutionalClassifier(stages, channels, classes, mean)
        nn.init.zeros_(model.logits.bias)
        return model


ARCHITECTURE = WideResNet
