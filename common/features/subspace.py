"""Principal directions of rows, and how far rows lie from the subspace that they span."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.features.linear_head import LinearHead
from common.features.moments import CHUNK

ITERATIONS, OVERSAMPLING = 5, 8
"""Of a subspace iteration: products with the rows, and directions beyond those that are wanted."""

WIDE = 1_024
"""Columns beyond which rows are wide."""

SPARSE = 0.1
"""Rows are multiplied as sparse ones if at most this fraction of their values is not 0."""


def largest_variance(axes: Tensor, dimension: int) -> Tensor:
    """Return the (D, dimension) last of (D, D) axes by rising variance, the largest last."""
    return axes[:, len(axes) - dimension :].contiguous()


def leading(rows: Tensor, mean: Tensor, count: int) -> Tensor:
    """Return (D, count) orthonormal directions of largest variance of (R, D) rows, the largest last.

    Rows as wide as a vocabulary have a covariance too large to take apart. Their directions are found by subspace
    iteration from a seeded random start: nearly exact for the largest, less so where variances hardly differ, which
    matters as little for what they leave over.

    Source: Halko, Martinsson & Tropp (SIAM Review 53, 2011), arXiv:0909.4061, algorithm 4.4.

    Args:
        rows: (R, D).
        mean: (D,) of the rows.
        count: at most D.
    """
    width = rows.shape[1]
    more = min(count + OVERSAMPLING, width)
    found = torch.randn(width, more, generator=torch.Generator().manual_seed(0))
    scatter = _Scatter(rows, mean.float())
    for _ in range(ITERATIONS):
        found = torch.linalg.qr(scatter @ found).Q
    within = found.T @ (scatter @ found)
    turned: Tensor = found @ torch.linalg.eigh((within + within.T) / 2).eigenvectors
    return turned[:, more - count :].contiguous()


class _Scatter:
    """The mean of (x - mean) (x - mean)^T over (R, D) rows, as something to multiply with.

    Rows are never centred, which would fill sparse ones.
    """

    def __init__(self, rows: Tensor, mean: Tensor) -> None:
        from scipy.sparse import csr_array

        self._mean: NDArray[np.float32] = mean.numpy()
        values: NDArray[np.float32] = rows.float().numpy()
        sparse = np.count_nonzero(values) <= SPARSE * values.size
        self._rows = csr_array(values) if sparse else values

    def __matmul__(self, directions: Tensor) -> Tensor:
        """Return (D, K) the product with (D, K) directions."""
        given = directions.numpy()
        within = self._rows @ given - self._mean @ given
        total = self._rows.T @ within - np.outer(self._mean, within.sum(0))
        return torch.from_numpy(total / np.float32(len(within)))


def smallest_variance(axes: Tensor, dimension: int) -> Tensor:
    """Return the (D, D - dimension) axes that ``largest_variance`` leaves out."""
    return axes[:, : len(axes) - dimension].contiguous()


def second_moment(rows: Tensor, origin: Tensor, precision: torch.dtype = torch.float64) -> Tensor:
    """Return (D, D) float64 mean of (x - origin) (x - origin)^T over (R, D) rows, in chunks.

    Args:
        rows: (R, D).
        origin: (D,) float64.
        precision: of the products of a chunk; float32 takes half the time and serves directions of large variance, not
            an inverse.
    """
    total = torch.zeros(rows.shape[1], rows.shape[1], dtype=torch.float64)
    for part in torch.split(rows, CHUNK):
        centred = part.to(precision) - origin.to(precision)
        total += centred.T @ centred
    return total / len(rows)


def distance_from(rows: Tensor, origin: Tensor, directions: Tensor) -> Tensor:
    """Return (R,) |x - origin - P P^T (x - origin)|, the distance from the subspace through ``origin`` along P."""
    centred = rows - origin
    within = centred @ directions
    if rows.shape[1] > WIDE:  # by Pythagoras: half of the products, and what few directions leave over is no small part
        return (centred.square().sum(1) - within.square().sum(1)).clamp_min(0).sqrt()
    distances: Tensor = torch.linalg.vector_norm(centred - within @ directions.T, dim=1)
    return distances


def distance_along(rows: Tensor, origin: Tensor, directions: Tensor) -> Tensor:
    """Return (R,) |Q^T (x - origin)|, the distance from the subspace to which the directions Q are orthogonal."""
    distances: Tensor = torch.linalg.vector_norm((rows - origin) @ directions, dim=1)
    return distances


def zero_logits(head: LinearHead) -> Tensor:
    """Return u = -pinv(W) b, float64: the features whose logits come nearest to 0, the origin of ViM."""
    inverse: Tensor = torch.linalg.pinv(head.weight.double())
    return -inverse @ head.bias.double()


def part_of(width: int, fraction: float) -> int:
    """Return a fraction of so many dimensions, at least one and at most all but one."""
    return max(1, min(round(width * fraction), width - 1))
