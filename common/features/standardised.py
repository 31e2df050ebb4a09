"""Features with mean 0 and variance 1 each, and an even sample of them: what general detectors are fitted to."""

import torch
from torch import Tensor

from common.detector import Fitted


def scale_of(rows: Tensor) -> dict[str, Tensor]:
    """Return mean and standard deviation of each column; a column that does not vary has standard deviation 1."""
    std = rows.double().std(0, correction=0)
    return {"mean": rows.double().mean(0), "std": torch.where(std > 1e-9, std, 1.0)}


def standardised(rows: Tensor, scale: Fitted) -> Tensor:
    """Return float64 (x - mean) / std."""
    return (rows.double() - scale["mean"]) / scale["std"]


def even_sample(rows: Tensor, count: int) -> Tensor:
    """Return at most ``count`` rows at equal steps."""
    return rows[:: max(1, -(-len(rows) // count))]
