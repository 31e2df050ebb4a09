"""Multilayer perceptron of the baseline paper: hidden layers of GELU units on raw pixels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from torch import Tensor, nn

from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.model import Classifier
from common.training.layers import GELU_MEAN_SQUARE, gelu, unit_norm_linear
from vision.pixels import images_to_tensors, unit_range


class Mlp(Classifier):
    """Pixels in [0, 1] -> hidden layers -> logits.

    Each unit's weights begin as a random direction of length 1 / sqrt(v_in + v_out), with v = 1 on the side of the
    pixels and of the logits and 0.425 on the side of a hidden layer; biases begin at 0.

    Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, and their code.
    """

    inputs_of_data = True

    def __init__(self, pixels: int, hidden: Iterable[int], classes: int) -> None:
        super().__init__()
        widths = [pixels, *hidden]
        variances = [1.0] + [GELU_MEAN_SQUARE] * (len(widths) - 1)
        self.layers = nn.ModuleList(
            unit_norm_linear(width, following, sqrt(variance + GELU_MEAN_SQUARE))
            for (width, following), variance in zip(pairwise(widths), variances, strict=False)
        )
        self.activation = gelu()
        self.logits = unit_norm_linear(widths[-1], classes, sqrt(variances[-1] + 1))

    def embed(self, batch: Batch) -> Tensor:
        """Return pixels in units of [0, 1]: (B, 784)."""
        return unit_range(batch.inputs).flatten(1)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, width) values of each hidden layer."""
        values = []
        for layer in self.layers:
            embedded = self.activation(layer(embedded))
            values.append(embedded)
        return values

    def classify(self, features: Tensor) -> Tensor:
        """Return logits, (B, C)."""
        logits: Tensor = self.logits(features)
        return logits

    def decayed(self) -> list[nn.Parameter]:
        """Return the hidden layers' weights: neither biases nor the logits' weights decay."""
        return [layer.get_parameter("weight") for layer in self.layers]


@dataclass(frozen=True)
class MlpArchitecture:
    """Options.

    Attributes:
        hidden: width of each hidden layer.
    """

    hidden: tuple[int, ...] = (256, 256, 256)

    def preprocessor(self, train: RawDataset) -> Callable[[RawDataset], TensorDataset]:
        """Return what turns images into tensors; nothing is fitted to the training images."""
        return images_to_tensors

    def build(self, preprocessor: Callable[[RawDataset], TensorDataset], train: RawDataset) -> Mlp:
        """Return an untrained network for images of the training images' size."""
        pixels = train.items[0].size
        return Mlp(pixels, self.hidden, len(train.label_names))


ARCHITECTURE = MlpArchitecture
