"""Any image network of timm: ``--model timm:NAME_OR_FOLDER`` (``uv sync --group timm``).

NAME takes the weights of the Hugging Face Hub's local cache, if they are there; nothing is fetched. ``NAME@FILE`` takes
a safetensors file; a folder has ``config.json`` and ``model.safetensors``, as timm writes for the Hub. Otherwise the
weights are random, and the report says so. ``,head`` trains a new last layer alone.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.base.errors import UserError, did_you_mean
from common.store.files import sha256
from common.training.pretrained import cached_file
from common.training.weights import load_weights, read_weights
from vision.image_form import ImageForm
from vision.pretrained import FoundNetwork, PretrainedImageArchitecture


@dataclass(frozen=True)
class TimmNetwork(PretrainedImageArchitecture):
    """Options.

    Attributes:
        name: a name of ``timm.list_models()``, NAME@FILE, or a folder.
        trained: see ``PretrainedImageArchitecture``.
    """

    name: str = ""
    trained: str = ""

    def fingerprint(self) -> str | None:
        """Return what identifies the weights."""
        file = self._file(self._settings())
        return sha256(file) if file is not None and file.is_file() else None

    def _settings(self) -> dict[str, Any]:
        """Return ``config.json`` of a folder; of a name, what stands in its place."""
        if Path(self.wanted).is_dir():
            return _config(Path(self.wanted))
        return {"architecture": self.wanted.partition("@")[0]}

    def _file(self, settings: dict[str, Any]) -> Path | None:
        if Path(self.wanted).is_dir():
            return Path(self.wanted) / "model.safetensors"
        name, at, file = self.wanted.partition("@")
        if at:
            return Path(file)
        hub = _library().get_pretrained_cfg(name)
        return cached_file(hub.hf_hub_id, "model.safetensors") if hub is not None and hub.hf_hub_id else None

    def found(self) -> FoundNetwork:
        """Return the network with its weights.

        Raises:
            UserError: timm is not installed, it has no such network, or the file does not fit.
        """
        timm, settings = _library(), self._settings()
        name = str(settings.get("architecture"))
        if not timm.is_model(name):
            raise UserError(f"timm has no network {name!r}{did_you_mean(name, timm.list_models())}")
        file = self._file(settings)
        if file is None:
            network = timm.create_model(name, pretrained=False)
            return FoundNetwork(network, _form(network, {}), random=True)
        network = timm.create_model(name, pretrained=False, num_classes=_count(timm, name, file))
        load_weights(network, file)
        return FoundNetwork(network, _form(network, settings.get("pretrained_cfg", {})), _names(settings))


def _library() -> Any:
    try:
        import timm
    except ImportError as error:
        raise UserError("timm is not installed; get it with: uv sync --group timm") from error
    return timm


def _config(folder: Path) -> dict[str, Any]:
    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder} has no readable config.json ({error}); timm's push_to_hf_hub writes one") from error
    if not isinstance(settings, dict) or "architecture" not in settings:
        raise UserError(f"{folder}/config.json names no architecture, so it is not timm's; try --model hf:{folder}")
    return settings


def _count(timm: Any, name: str, file: Path) -> int:
    """Return the number of classes of a file of weights: the length of the last layer's bias."""
    last = timm.create_model(name, pretrained=False).pretrained_cfg.get("classifier")
    bias = read_weights(file).get(f"{last}.bias")
    return int(bias.shape[0]) if bias is not None else 1000


def _form(network: Any, settings: dict[str, Any]) -> ImageForm:
    from timm import data

    found: dict[str, Any] = data.resolve_data_config(settings, model=network)  # type: ignore[attr-defined, no-untyped-call]
    height, width = found["input_size"][1:]
    return ImageForm(
        (height, width),
        int(min(height, width) / found["crop_pct"]),
        found["interpolation"],
        tuple(found["mean"]),
        tuple(found["std"]),
    )


def _names(settings: dict[str, Any]) -> tuple[str, ...] | None:
    names = settings.get("label_names")
    return tuple(map(str, names)) if isinstance(names, list) else None


ARCHITECTURE = TimmNetwork
