"""Exact nearest neighbours: one matrix product of a view's rows with a bank of training rows, then the largest of each.

Of rows of length 1 the largest products belong to the nearest, since |x - y|^2 = 2 - 2 x.y; of others, the largest
x.y - |y|^2 / 2.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from common.features.fitted import Fitted
from common.model import View

PRODUCTS = 50_000_000
"""Products that are held at a time, 200 MB: those of 1,000 rows with a bank of 50,000."""

BLOCK = 8
"""Columns of which one maximum is taken first."""


def products(view: View, rows: Tensor, bank: Tensor) -> Iterator[Tensor]:
    """Yield the products of successive rows with all rows of a bank, at most ``PRODUCTS`` at a time: (<= R, N) each.

    Where one chunk suffices, probes with the same bank share it: the product is nearly all that neighbours cost.

    Args:
        view: of which ``rows`` are made.
        rows: (R, D), the same for all probes that have this bank.
        bank: (N, D).
    """
    rows = rows.detach()
    chunk = max(PRODUCTS // max(len(bank), 1), 1)
    if len(rows) > chunk:
        yield from (part @ bank.T for part in torch.split(rows, chunk))
        return
    key = "products", id(bank)
    if key not in view.shared:
        view.shared[key] = rows @ bank.T, bank  # the bank lives as long as its id is a key
    yield view.shared[key][0]


def largest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k largest of each row of (R, N) values, descending, and their columns: (R, k) each; all N if k > N."""
    width = values.shape[1]
    if width // BLOCK >= 4 * k:
        return largest_by_blocks(values, k, BLOCK)
    few = values.topk(min(k, width), dim=1)
    return few.values, few.indices


def largest_by_blocks(values: Tensor, k: int, size: int) -> tuple[Tensor, Tensor]:
    """Return what ``largest`` returns, several times as fast where k is small: few columns are sorted.

    The k largest of a row lie in the k blocks whose maxima are largest, or in the columns that fill no block.

    Args:
        values: (R, N).
        k: at most the number of blocks, N // size.
        size: columns of a block.
    """
    width = values.shape[1]
    blocks = width // size
    even = values[:, : blocks * size].view(len(values), size, blocks)  # a block: columns at equal steps
    chosen = even.amax(1).topk(k, dim=1, sorted=False).indices
    columns = chosen[:, None, :] + blocks * torch.arange(size, device=values.device)[:, None]
    last = torch.arange(blocks * size, width, device=values.device).expand(len(values), -1)
    columns = torch.cat([columns.flatten(1), last], dim=1)
    found = values.gather(1, columns).topk(k, dim=1)
    return found.values, columns.gather(1, found.indices)


def kth_distance(view: View, rows: Tensor, fitted: Fitted, k: int) -> Tensor:
    """Return (R,) the Euclidean distance of each row to its k-th nearest of a bank (to the last of a smaller one).

    The distance is computed again from the difference itself: |x|^2 - 2 x.y + |y|^2 loses the digits of near ones.

    Args:
        view: of which ``rows`` are made.
        rows: (R, D).
        fitted: ``bank`` (N, D) and ``half_squares`` (N,), |y|^2 / 2 of each of its rows; without the latter, all
            rows have length 1.
        k: from 1.
    """
    bank = fitted["bank"]
    k = min(k, len(bank))
    nearest = _nearest(view, rows, fitted, k)[:, k - 1]
    distances: Tensor = torch.linalg.vector_norm(rows - bank[nearest], dim=1)
    return distances


def _nearest(view: View, rows: Tensor, fitted: Fitted, k: int) -> Tensor:
    """Return (R, k or more) the places in the bank of each row's nearest, found again only for a larger k."""
    bank = fitted["bank"]
    key = "nearest", id(bank)
    known: Tensor | None = view.shared.get(key, (None, bank))[0]
    if known is not None and known.shape[1] >= k:
        return known
    places = []
    for part in products(view, rows, bank):
        nearness = part - fitted["half_squares"] if "half_squares" in fitted else part
        places.append(largest(nearness, k)[1])
    found = torch.cat(places)
    view.shared[key] = found, bank  # the bank lives as long as its id is a key
    return found
