"""Small networks that anomaly detectors train on features; their weights are tensors by name."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

EPOCHS, BATCH, RATE = 20, 256, 1e-3


def trained(
    network: nn.Module,
    rows: Tensor,
    loss: Callable[[Tensor], Tensor],
    decay: float = 0.0,
    epochs: int = EPOCHS,
    batch: int = BATCH,
    rate: float = RATE,
) -> dict[str, Tensor]:
    """Train on float32 (R, D) rows with Adam, and return the weights.

    Args:
        network: untrained.
        rows: of the training set.
        loss: from a batch of rows to its mean loss, by the network.
        decay: coefficient of half the squared norm of the weights.
        epochs: passes over the rows.
        batch: rows a step.
        rate: the learning rate.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=rate, weight_decay=decay)
    generator = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for index in torch.split(torch.randperm(len(rows), generator=generator), batch):
            optimizer.zero_grad()
            loss(rows[index]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return {f"network.{name}": value.detach() for name, value in network.state_dict().items()}


def seeded(build: Callable[[], nn.Module]) -> nn.Module:
    """Return an untrained network whose weights are the same each time, torch's own random state left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build()


def applied(network: nn.Module, fitted: Mapping[str, Tensor], rows: Tensor) -> Tensor:
    """Return what the network with the learned weights makes of rows."""
    weights = {name.removeprefix("network."): one for name, one in fitted.items() if name.startswith("network.")}
    result: Tensor = functional_call(network, weights, (rows,))
    return result
