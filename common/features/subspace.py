"""Principal directions of rows, and how far rows lie from the subspace that they span."""

import torch
from torch import Tensor

from common.features.linear_head import LinearHead


def principal(covariance: Tensor, dimension: int) -> Tensor:
    """Return (D, dimension) orthonormal directions of largest variance of a (D, D) covariance, the largest last."""
    vectors: Tensor = torch.linalg.eigh(covariance).eigenvectors
    return vectors[:, len(covariance) - dimension :].contiguous()


def minor(covariance: Tensor, dimension: int) -> Tensor:
    """Return (D, D - dimension) orthonormal directions of smallest variance, all that ``principal`` leaves out."""
    vectors: Tensor = torch.linalg.eigh(covariance).eigenvectors
    return vectors[:, : len(covariance) - dimension].contiguous()


def second_moment(rows: Tensor, origin: Tensor) -> Tensor:
    """Return (D, D) float64 mean of (x - origin) (x - origin)^T over (R, D) rows, in chunks."""
    total = torch.zeros(rows.shape[1], rows.shape[1], dtype=torch.float64)
    for part in torch.split(rows, 4096):
        centred = part.double() - origin
        total += centred.T @ centred
    return total / len(rows)


def distance_from(rows: Tensor, origin: Tensor, directions: Tensor) -> Tensor:
    """Return (R,) |x - origin - P P^T (x - origin)|, the distance from the subspace through ``origin`` along P."""
    centred = rows - origin
    within = centred @ directions
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
