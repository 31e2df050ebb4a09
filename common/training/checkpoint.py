"""Checkpoints of a training: weights, optimiser state and best epoch, in one safetensors file."""

import copy
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from common.store.files import DamagedFile, read_tensors, write_tensors

SECONDS_BETWEEN = 20.0
"""Shortest time between two checkpoints; a shorter training is cheaper to repeat than to store."""


class BestEpoch:
    """Keeps the weights of the epoch with the smallest error. Without any ``offer``, ``restore`` does nothing."""

    def __init__(self) -> None:
        self.error = math.inf
        self.weights: dict[str, Tensor] = {}

    def offer(self, model: nn.Module, error: float) -> None:
        """Remember the model's weights if ``error`` is smaller than every earlier one."""
        if error < self.error:
            self.error, self.weights = error, copy.deepcopy(model.state_dict())

    def restore(self, model: nn.Module) -> None:
        """Put the remembered weights back."""
        if self.weights:
            model.load_state_dict(self.weights)


class Checkpoint:
    """Saves the state of a training at most every ``SECONDS_BETWEEN`` seconds, at the end of an epoch.

    Args:
        folder: of the file; None: nothing is saved.
        phase: name of the file.
        parts: networks and optimisers, by name.
        best: the best epoch so far.
    """

    def __init__(
        self, folder: Path | None, phase: str, parts: Mapping[str, nn.Module | torch.optim.Optimizer], best: BestEpoch
    ) -> None:
        self.path = folder / f"{phase}.checkpoint" if folder else None
        self.parts, self.best = parts, best
        self.saved = time.monotonic()

    def save(self, epochs_done: int) -> None:
        """Write the state if the last save is ``SECONDS_BETWEEN`` or more seconds old."""
        if self.path is None or time.monotonic() - self.saved < SECONDS_BETWEEN:
            return
        tensors = _prefixed("best", self.best.weights)
        for name, part in self.parts.items():
            tensors |= _prefixed(f"part.{name}", _state(part))
        tensors["epochs_done"] = torch.tensor(epochs_done)
        tensors["best_error"] = torch.tensor(self.best.error, dtype=torch.float64)
        write_tensors(self.path, {name: value.detach().cpu().numpy() for name, value in tensors.items()})
        self.saved = time.monotonic()

    def load(self) -> int:
        """Restore the state and return the number of finished epochs; 0 if there is no checkpoint."""
        if self.path is None or not self.path.is_file():
            return 0
        try:
            tensors = {name: torch.from_numpy(value) for name, value in read_tensors(self.path).items()}
        except DamagedFile:  # a checkpoint saves time and nothing else
            self.path.unlink(missing_ok=True)
            return 0
        self.best.weights = _stripped("best", tensors)
        self.best.error = float(tensors["best_error"])
        for name, part in self.parts.items():
            _restore(part, _stripped(f"part.{name}", tensors))
        return int(tensors["epochs_done"])


def _state(part: nn.Module | torch.optim.Optimizer) -> dict[str, Any]:
    """Return all tensors of a network or an optimiser, by name."""
    if isinstance(part, nn.Module):
        return part.state_dict()
    found: dict[str, Any] = {}
    for index, state in part.state_dict()["state"].items():
        found |= {f"{index}.{name}": value for name, value in state.items()}
    return found


def _restore(part: nn.Module | torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    if isinstance(part, nn.Module):
        part.load_state_dict(tensors)
        return
    state = part.state_dict()
    count = sum(len(group["params"]) for group in state["param_groups"])
    found = {index: _stripped(str(index), tensors) for index in range(count)}
    state["state"] = {index: values for index, values in found.items() if values}
    part.load_state_dict(state)


def _prefixed(prefix: str, tensors: dict[str, Any]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in tensors.items() if isinstance(value, Tensor)}


def _stripped(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
