"""Exact nearest neighbours: one matrix product a chunk of rows, then the k largest of each."""

import torch
from torch import Tensor

CHUNK = 1000
"""Rows whose products with the whole bank are held at a time: 200 MB beside a bank of 50,000."""


def largest_products(rows: Tensor, bank: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k largest products of each row with the rows of a bank, descending, and whose they are: (R, k) each.

    Of normalised rows the largest products belong to the nearest neighbours: |x - y|^2 = 2 - 2 x.y.
    """
    count = min(k, len(bank))
    found = [(part @ bank.T).topk(count, dim=1) for part in torch.split(rows, CHUNK)]
    return torch.cat([one.values for one in found]), torch.cat([one.indices for one in found])


def kth_distance(rows: Tensor, bank: Tensor, k: int) -> Tensor:
    """Return (R,) the Euclidean distance of each row to its k-th nearest of a bank (to the last of a smaller one).

    The distance is computed again from the difference itself: |x|^2 - 2 x.y + |y|^2 loses the digits of near ones.
    """
    lengths = bank.square().sum(1)
    count = min(k, len(bank))
    distances = []
    for part in torch.split(rows, CHUNK):
        nearness = torch.addmm(lengths, part, bank.T, beta=-0.5)  # ranks as minus the squared distance
        place = nearness.topk(count, dim=1).indices[:, -1]
        distances.append(torch.linalg.vector_norm(part - bank[place], dim=1))
    return torch.cat(distances)
