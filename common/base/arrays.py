"""NumPy arrays from whatever a caller holds: arrays, lists, torch tensors on any device."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_array(values: Any) -> NDArray[Any]:
    """Return ``values`` as a NumPy array of the same type, without a copy where none is needed.

    A torch tensor is known by its methods, so torch is not imported for an array or a list. NumPy has no
    bfloat16; such a tensor comes back as float32, which holds the same numbers.

    >>> as_array([0.5, 1.0])
    array([0.5, 1. ])
    """
    if hasattr(values, "detach") and hasattr(values, "cpu"):
        tensor = values.detach().cpu()
        return np.asarray(tensor.float().numpy() if str(tensor.dtype) == "torch.bfloat16" else tensor.numpy())
    return np.asarray(values)
