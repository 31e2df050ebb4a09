"""What a transformers checkpoint may make the library open: safetensors files of its own folder, and nothing else.

``use_safetensors=True`` alone does not say so: transformers opens every file that an index names, and those in pickle
format through ``torch.load``. So all names are checked before anything is loaded.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.base.border import border
from common.base.display import shown
from common.base.errors import UserError
from common.data.unpacking import leaves

SAFE_SUFFIX = ".safetensors"
MOST_JSON = 64 * 2**20
"""Bytes of a JSON file that are read; a tokenizer of 250,000 pieces has 17 MB."""


def check_files(folder: Path) -> None:
    """Check that the weights of a checkpoint are safetensors files inside its folder.

    Args:
        folder: with ``config.json`` and weights.

    Raises:
        UserError: there are no such weights; ``config.json`` or an index names a file of another format or place; an
            adapter is in the folder; or ``config.json`` announces more layers than the files have tensors.
    """
    if not any(folder.glob(f"*{SAFE_SUFFIX}")):
        raise UserError(f"{folder} has no *.safetensors weights, the only format that is loaded; convert it first")
    if (folder / "adapter_config.json").exists():
        raise UserError(f"{folder} holds an adapter (adapter_config.json); merge it into its network and save that")
    config = read_object(folder / "config.json")
    named = config.get("transformers_weights")
    if named is not None:
        _check_name(folder / "config.json", str(named).removesuffix(".index.json"))
    for index in sorted(folder.rglob("*.index.json")):
        weights = read_object(index).get("weight_map", {})
        for name in sorted(set(map(str, weights.values()))) if isinstance(weights, dict) else ():
            _check_name(index, name)
    _check_layers(folder, config)


def read_object(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; {} if there is no such file.

    Raises:
        UserError: the file is larger than ``MOST_JSON`` or is no JSON object.
    """
    if not path.is_file():
        return {}
    if path.stat().st_size > MOST_JSON:
        raise UserError(f"{path} has {path.stat().st_size:,} bytes, more than any such file of a checkpoint")
    with border(path, "get the checkpoint again"):
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it is not a JSON object")
    return found


def _check_name(where: Path, name: str) -> None:
    """Raise ``UserError`` where a name is of another format than safetensors, or leaves the folder."""
    if not name.endswith(SAFE_SUFFIX):
        raise UserError(
            f"{where} names the weights {shown(name)!r}; only *.safetensors is loaded, nothing is unpickled; convert it"
        )
    if leaves(name):
        raise UserError(f"{where} names {shown(name)!r}, which is outside the checkpoint's folder; nothing was loaded")


def _check_layers(folder: Path, config: dict[str, Any]) -> None:
    """Raise ``UserError`` where a number of layers exceeds that of the tensors: building them would take for ever."""
    layers = [(name, count) for name, count in _counts(config) if "layers" in name]
    if not layers:
        return
    tensors = sum(_tensors(file) for file in folder.rglob(f"*{SAFE_SUFFIX}"))
    for name, count in layers:
        if count > tensors:
            raise UserError(
                f"{folder / 'config.json'} announces {count:,} {shown(name)}, and the weights have {tensors:,} tensors"
            )


def _counts(config: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the whole numbers of a configuration, also of those inside it."""
    for name, value in config.items():
        if isinstance(value, dict):
            yield from _counts(value)
        elif isinstance(value, int):
            yield name, value


def _tensors(file: Path) -> int:
    from safetensors import safe_open

    with border(file, "get the checkpoint again"), safe_open(file, framework="numpy") as opened:
        return len(opened.keys())
