"""What a probe learned: tensors by name, stored beside the model's outputs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a detector on logits runs without torch
    from torch import Tensor

Fitted = Mapping[str, "Tensor"]
