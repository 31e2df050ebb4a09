"""Mahalanobis distances of features to the class means, and to the mean of all.

    d_c(f) = (f - mean_c)^T tied^-1 (f - mean_c),   d_0(f) = (f - mean)^T whole^-1 (f - mean)

Features are whitened once, so that all classes cost one matrix product.
"""

from torch import Tensor

from common.detector import Fitted
from common.features.moments import Moments, squared_distances, whitener


def learned(moments: Moments, prefix: str = "") -> dict[str, Tensor]:
    """Return what ``nearest`` and ``background`` need, its names beginning with ``prefix``."""
    tied, whole = whitener(moments.tied), whitener(moments.whole)
    found = {
        "mean": moments.mean,
        "tied": tied,
        "whole": whole,
        "centres": (moments.means - moments.mean) @ tied.T,
    }
    return {f"{prefix}{name}": value.float() for name, value in found.items()}


def nearest(features: Tensor, fitted: Fitted, prefix: str = "") -> Tensor:
    """Return (R,) min_c d_c of (R, D) features."""
    rows = (features - fitted[f"{prefix}mean"]) @ fitted[f"{prefix}tied"].T
    return squared_distances(rows, fitted[f"{prefix}centres"]).amin(1)


def background(features: Tensor, fitted: Fitted, prefix: str = "") -> Tensor:
    """Return (R,) d_0 of (R, D) features."""
    rows = (features - fitted[f"{prefix}mean"]) @ fitted[f"{prefix}whole"].T
    return rows.square().sum(1)
