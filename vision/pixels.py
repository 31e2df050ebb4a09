"""Images as tensors: stored as they are read, converted to floats batch by batch."""

import torch
from torch import Tensor

from common.data.examples import TensorDataset
from common.data.samples import RawDataset


def images_to_tensors(samples: RawDataset) -> TensorDataset:
    """Return images as a tensor data set: (N, H, W) grey or (N, H, W, 3) colour, uint8 or float32 as they are."""
    labels = None if samples.labels is None else torch.as_tensor(samples.labels)
    return TensorDataset(torch.as_tensor(samples.items), labels=labels)


def unit_range(inputs: Tensor) -> Tensor:
    """Return pixels as floats in units of [0, 1]: bytes are divided by 255, floats are in that unit already."""
    return inputs.float() / 255 if inputs.dtype == torch.uint8 else inputs.float()
