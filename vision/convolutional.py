"""Base of the convolutional image classifiers: stages of feature maps, global average pooling, a linear layer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.model import Classifier
from vision.pixels import images_to_tensors, unit_range


class ConvolutionalClassifier(Classifier):
    """Pixels in [0, 1] minus the training images' mean colour -> stages -> spatial average -> logits.

    Images of (B, H, W, 3) bytes become (B, 3, H, W) floats in the memory format channels_last, which makes
    convolutions faster on CPUs and GPUs; the weights have the same format.

    Attributes:
        stages: applied one after another; each returns feature maps (B, C, H, W), or features (B, D).
        mean: (C, 1, 1) mean colour, stored with the weights.
    """

    inputs_of_data = True
    mean: Tensor

    def __init__(self, stages: Iterable[nn.Module], width: int, classes: int, mean: Tensor) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.logits = nn.Linear(width, classes)
        self.register_buffer("mean", mean[:, None, None])
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this keyword

    def embed(self, batch: Batch) -> Tensor:
        """Return pixels in units of [0, 1] minus the mean colour: (B, C, H, W)."""
        pixels = batch.inputs if batch.inputs.ndim == 4 else batch.inputs[..., None]
        return unit_range(pixels).permute(0, 3, 1, 2) - self.mean

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the spatial average of each stage's feature maps, first to last."""
        averages = []
        for stage in self.stages:
            embedded = stage(embedded)
            averages.append(_averaged(embedded))
        return averages

    def encode(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Return the last of the hidden layers; the others, which a training step does not need, are not averaged."""
        for stage in self.stages:
            embedded = stage(embedded)
        return _averaged(embedded)

    def classify(self, features: Tensor) -> Tensor:
        """Return logits, (B, C)."""
        logits: Tensor = self.logits(features)
        return logits


def _averaged(maps: Tensor) -> Tensor:
    return maps.mean((2, 3)) if maps.ndim == 4 else maps


@dataclass(frozen=True)
class ImagePreprocessor:
    """Turns images into tensors; converts them to the size and channels of the training images where they differ."""

    shape: tuple[int, ...]

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return the images, shaped (N, H, W) or (N, H, W, C) as the training images are."""
        if samples.items.shape[1:] == self.shape:
            return images_to_tensors(samples)
        return images_to_tensors(RawDataset(_fitted(samples.items, self.shape), samples.labels))


def _fitted(images: Any, shape: tuple[int, ...]) -> Any:
    """Return (N, H, W[, C]) images resized bilinearly to ``shape``; grey is repeated, or colours are averaged."""
    if images.ndim == 4 and len(shape) == 2:
        mean = images.mean(axis=3)
        images = mean.round().astype(np.uint8) if images.dtype == np.uint8 else mean
    elif images.ndim == 3 and len(shape) == 3:
        images = np.repeat(images[..., None], shape[2], axis=3)
    parts = [_resized(torch.as_tensor(images[i : i + 1000]), shape[:2]) for i in range(0, len(images), 1000)]
    return torch.cat(parts).numpy()


def _resized(images: Tensor, size: tuple[int, ...]) -> Tensor:
    pixels = unit_range(images if images.ndim == 4 else images[..., None]).permute(0, 3, 1, 2)
    pixels = functional.interpolate(pixels, size, mode="bilinear", antialias=True).permute(0, 2, 3, 1)
    pixels = pixels.mul(255).round().to(torch.uint8) if images.dtype == torch.uint8 else pixels
    return pixels if images.ndim == 4 else pixels[..., 0]


class ImageArchitecture:
    """Base of the convolutional architectures; a subclass defines ``network``."""

    augmented: ClassVar[bool] = True

    def preprocessor(self, train: RawDataset) -> ImagePreprocessor:
        """Return what converts images to the training images' size and channels."""
        return ImagePreprocessor(train.items.shape[1:])

    def build(self, preprocessor: Callable[[RawDataset], TensorDataset], train: RawDataset) -> ConvolutionalClassifier:
        """Return an untrained network for the training images' channels and classes."""
        channels = train.items.shape[3] if train.items.ndim == 4 else 1
        return self.network(len(train.label_names), mean_colour(train.items, channels))

    def network(self, classes: int, mean: Tensor) -> ConvolutionalClassifier:
        """Return an untrained network; ``mean`` has one value for each channel."""
        raise NotImplementedError


def mean_colour(images: Any, channels: int) -> Tensor:
    """(C,) mean of each channel over all pixels of (N, H, W[, C]) images, in units of [0, 1]."""
    counts = [np.bincount(images.reshape(-1, channels)[:, i], minlength=256) for i in range(channels)]
    levels = np.arange(256) / 255
    return torch.tensor([count @ levels / count.sum() for count in counts], dtype=torch.float32)


def convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    """Return a convolution without bias, padded so that its output has the input's size (divided by ``stride``).

    Weights are N(0, 2 / (size^2 outputs)), He et al. (ICCV 2015), arXiv:1502.01852, which suits ReLU and GELU.
    """
    layer = nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer
