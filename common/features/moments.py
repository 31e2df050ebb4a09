"""Means and covariances of features by class, in float64.

Notation: f_i is a row of features (D), y_i its class, n_c the number of rows of class c, n their total.

    mean_c = sum of f_i with y_i = c / n_c                        a class without rows has no mean and is left out
    tied   = sum_i (f_i - mean_{y_i}) (f_i - mean_{y_i})^T / n    one covariance for all classes
    whole  = sum_i (f_i - mean) (f_i - mean)^T / n                of all rows, whatever their class

A covariance is inverted after ``RIDGE`` times its mean variance is added to the diagonal: units that are always 0 would
make it singular, and an absolute ridge would mean another thing for every scale of the features.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

RIDGE = 1e-6
CHUNK = 4096
"""Rows that are held in float64, or added up, at a time."""


@dataclass(frozen=True)
class Moments:
    """What a Gaussian of each class is made of.

    Attributes:
        means: (K, D) float64 of the K classes that have rows.
        tied: (D, D) float64 covariance around the class means.
        mean: (D,) float64 of all rows.
        whole: (D, D) float64 covariance around that.
    """

    means: Tensor
    tied: Tensor
    mean: Tensor
    whole: Tensor

    @cached_property
    def whitened(self) -> Mapping[str, Tensor]:
        """What distances need, float32: ``mean``, whiteners of ``tied`` and ``whole``, and the whitened ``centres``."""
        tied, whole = whitener(self.tied), whitener(self.whole)
        centres = (self.means - self.mean) @ tied.T
        return {"mean": self.mean.float(), "tied": tied.float(), "whole": whole.float(), "centres": centres.float()}

    @cached_property
    def whole_axes(self) -> Tensor:
        """(D, D) ``axes`` of ``whole``."""
        return axes(self.whole)


def mean_of(rows: Tensor) -> Tensor:
    """Return (D,) float64 mean of (R, D) rows.

    The rows of a chunk are added as they are, the sums of chunks in float64: as exact as it need be, and several times
    as fast.
    """
    total = torch.zeros(rows.shape[1], dtype=torch.float64)
    for part in torch.split(rows, CHUNK):
        total += part.sum(0)
    return total / len(rows)


def moments(features: Tensor, classes: Tensor) -> Moments:
    """Return the moments of (R, D) features with (R,) int64 classes.

    tied = whole - sum over classes of n_c / n (mean_c - mean) (mean_c - mean)^T, so one product of the features with
    themselves serves both.
    """
    count, width = features.shape
    mean = mean_of(features)
    whole = torch.zeros(width, width, dtype=torch.float64)
    sums = torch.zeros(int(classes.max()) + 1, width, dtype=torch.float64)
    for part, kinds in zip(torch.split(features, CHUNK), torch.split(classes, CHUNK), strict=True):
        centred = part.double() - mean
        whole += centred.T @ centred
        sums.index_add_(0, kinds, centred)
    sizes = torch.bincount(classes).double()
    there = sizes > 0
    offsets = sums[there] / sizes[there, None]
    between = (offsets * (sizes[there, None] / count)).T @ offsets
    return Moments(mean + offsets, whole / count - between, mean, whole / count)


def whitener(covariance: Tensor) -> Tensor:
    """Return W (D, D) with W^T W = covariance^-1, ridge included: |W x|^2 is the squared Mahalanobis length of x."""
    width = len(covariance)
    ridge = RIDGE * covariance.diagonal().mean().clamp_min(1e-12)
    lower = torch.linalg.cholesky(covariance + ridge * torch.eye(width, dtype=covariance.dtype))
    inverse: Tensor = torch.linalg.solve_triangular(lower, torch.eye(width, dtype=covariance.dtype), upper=False)
    return inverse


def axes(covariance: Tensor) -> Tensor:
    """Return (D, D) orthonormal directions of a (D, D) covariance, one a column, by rising variance."""
    vectors: Tensor = torch.linalg.eigh(covariance).eigenvectors
    return vectors


def squared_distances(rows: Tensor, centres: Tensor) -> Tensor:
    """Return (R, K) squared Euclidean distances, |x|^2 - 2 x.c + |c|^2, at least 0: one matrix product."""
    product: Tensor = rows.square().sum(1, keepdim=True) - 2 * rows @ centres.T + centres.square().sum(1)
    return product.clamp_min(0)
