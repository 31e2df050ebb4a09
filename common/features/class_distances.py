"""Mahalanobis distances of features to the class means, and to the mean of all.

    d_c(f) = (f - mean_c)^T tied^-1 (f - mean_c),   d_0(f) = (f - mean)^T whole^-1 (f - mean)

Features are whitened once, so that all classes cost one matrix product. Detectors that learn from the same moments have
the same tensors.
"""

from typing import Any

from torch import Tensor

from common.features.fitted import Fitted
from common.features.moments import Moments, squared_distances


def learned(moments: Moments, prefix: str = "") -> dict[str, Tensor]:
    """Return what ``nearest`` and ``background`` need, its names beginning with ``prefix``."""
    return {f"{prefix}{name}": value for name, value in moments.whitened.items()}


def nearest(features: Tensor, fitted: Fitted, prefix: str = "", shared: dict[object, Any] | None = None) -> Tensor:
    """Return (R,) min_c d_c of (R, D) features.

    Args:
        features: a layer of a view.
        fitted: what ``learned`` gave.
        prefix: as there.
        shared: of the view; what several detectors ask of the same layer and the same tensors is found once.
    """
    tied = fitted[f"{prefix}tied"]
    key = "nearest class", id(features), id(tied)
    if shared is not None and key in shared:
        known: Tensor = shared[key][0]
        return known
    rows = (features - fitted[f"{prefix}mean"]) @ tied.T
    distances = squared_distances(rows, fitted[f"{prefix}centres"]).amin(1)
    if shared is not None:
        shared[key] = distances, features, tied  # these live as long as their ids are a key
    return distances


def background(features: Tensor, fitted: Fitted, prefix: str = "") -> Tensor:
    """Return (R,) d_0 of (R, D) features."""
    rows = (features - fitted[f"{prefix}mean"]) @ fitted[f"{prefix}whole"].T
    return rows.square().sum(1)
