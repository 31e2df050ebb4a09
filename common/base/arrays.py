"""Conversion of arrays, lists and torch tensors (on any device) to NumPy arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_array(values: Any) -> NDArray[Any]:
    """Return ``values`` as a NumPy array of the same type, without a copy where none is needed.

    A torch tensor is recognised by its methods, so this function never imports torch. NumPy has no bfloat16; a
    bfloat16 tensor is returned as float32, which represents the same numbers.

    >>> as_array([0.5, 1.0])
    array([0.5, 1. ])
    """
    if hasattr(values, "detach") and hasattr(values, "cpu"):
        tensor = values.detach().cpu()
        return np.asarray(tensor.float().numpy() if str(tensor.dtype) == "torch.bfloat16" else tensor.numpy())
    return np.asarray(values)
