"""Saving and loading the weights of a network as safetensors."""

from pathlib import Path

import torch
from torch import Tensor, nn

from common.base.border import border
from common.base.errors import UserError
from common.store.files import DamagedFile, read_tensors, write_tensors

REMEDY = (
    "safetensors is the only format of weights that is loaded; convert them with: "
    "safetensors.torch.save_file(model.state_dict(), FILE)"
)


def save_weights(model: nn.Module, path: Path) -> None:
    """Write the weights, atomically."""
    write_tensors(path, {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()})


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights in a safetensors file by name.

    Raises:
        UserError: the file is missing, damaged, or of another format.
    """
    from safetensors.torch import load_file

    with border(path, REMEDY):
        return dict(load_file(path))


def load_weights(model: nn.Module, path: Path) -> None:
    """Load the weights into the model.

    Raises:
        UserError: the file is missing or damaged, or holds the weights of another model.
    """
    try:
        model.load_state_dict(read_weights(path))
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{path} does not fit the model ({reason}); choose the model it was trained as") from error


def restore_weights(model: nn.Module, path: Path) -> None:
    """Load weights that ``save_weights`` wrote.

    Raises:
        DamagedFile: the file is not what was written, or holds the weights of another model.
    """
    weights = {name: torch.from_numpy(value) for name, value in read_tensors(path).items()}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise DamagedFile(f"{path} does not fit the model; delete it and run again") from error
