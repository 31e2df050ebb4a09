"""Multilayer perceptron of ReLU layers of one width, with or without batch normalisation, for studies."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.model import Classifier
from vision.pixels import images_to_tensors, unit_range


class PlainMlp(Classifier):
    """Pixels in [0, 1] -> ``depth`` layers of ``width`` units -> logits; weights begin as He et al. (2015) say."""

    inputs_of_data = True

    def __init__(self, pixels: int, classes: int, depth: int, width: int, batch_norm: bool) -> None:
        super().__init__()
        widths = [pixels, *[width] * depth]
        self.layers = nn.ModuleList(
            nn.Sequential(_linear(widths[i], width), nn.BatchNorm1d(width) if batch_norm else nn.Identity(), nn.ReLU())
            for i in range(depth)
        )
        self.logits = nn.Linear(width, classes)

    def embed(self, batch: Batch) -> Tensor:
        """Return pixels in units of [0, 1]: (B, pixels)."""
        return unit_range(batch.inputs).flatten(1)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, width) values of each hidden layer."""
        values = []
        for layer in self.layers:
            embedded = layer(embedded)
            values.append(embedded)
        return values

    def classify(self, features: Tensor) -> Tensor:
        """Return logits, (B, C)."""
        logits: Tensor = self.logits(features)
        return logits


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer


@dataclass(frozen=True)
class PlainMlpArchitecture:
    """Options.

    Attributes:
        depth: number of hidden layers.
        width: units of each.
        batch_norm: whether each hidden layer is normalised.
    """

    depth: int = 2
    width: int = 256
    batch_norm: bool = False

    def preprocessor(self, train: RawDataset) -> Callable[[RawDataset], TensorDataset]:
        """Return what turns images into tensors; nothing is fitted to the training images."""
        return images_to_tensors

    def build(self, preprocessor: Callable[[RawDataset], TensorDataset], train: RawDataset) -> PlainMlp:
        """Return an untrained network for images of the training images' size."""
        return PlainMlp(train.items[0].size, len(train.label_names), self.depth, self.width, self.batch_norm)


ARCHITECTURE = PlainMlpArchitecture
