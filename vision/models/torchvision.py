"""Any classifier of torchvision: ``--model torchvision:NAME@FILE``, with weights from a safetensors file.

``NAME@FILE,head`` trains a new last layer alone. Without ``@FILE`` the weights are random, and the report says so:
torchvision's own weights are pickles, which are not loaded. This writes a file of them:
``safetensors.torch.save_file(torchvision.models.get_model(NAME, weights="DEFAULT").state_dict(), FILE)``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.base.errors import UserError, did_you_mean
from common.store.files import sha256
from common.training.last_layer import headed
from common.training.weights import load_weights, read_weights
from vision.image_form import ImageForm
from vision.pretrained import FoundNetwork, PretrainedImageArchitecture


@dataclass(frozen=True)
class TorchvisionNetwork(PretrainedImageArchitecture):
    """Options.

    Attributes:
        name: a name of ``torchvision.models.list_models()``; after an @ a safetensors file.
        trained: see ``PretrainedImageArchitecture``.
    """

    name: str = ""
    trained: str = ""

    @property
    def file(self) -> Path | None:
        """The file of weights, or None."""
        _, at, file = self.wanted.partition("@")
        return Path(file) if at else None

    def fingerprint(self) -> str | None:
        """Return what identifies the weights."""
        return None if self.file is None or not self.file.is_file() else sha256(self.file)

    def found(self) -> FoundNetwork:
        """Return the network, with as many classes as the file's.

        Raises:
            UserError: no such network, or the file does not fit it.
        """
        from torchvision.models import get_model, get_model_weights, list_models

        name, known = self.wanted.partition("@")[0], list_models(module=_classifiers())
        if name not in known:
            raise UserError(f"torchvision has no classifier {name!r}{did_you_mean(name, known)}")
        published = list(get_model_weights(name))[-1]
        form, network = _form(published.transforms()), get_model(name, weights=None)
        if self.file is None:
            return FoundNetwork(network, form, random=True)
        weights = read_weights(self.file)
        count = _classes_of(network, form, weights)
        network = get_model(name, weights=None, num_classes=count)
        load_weights(network, self.file)
        imagenet = published.meta.get("categories", ())
        return FoundNetwork(network, form, tuple(imagenet) if len(imagenet) == count else None)


def _classifiers() -> Any:
    import torchvision.models

    return torchvision.models


def _form(transforms: Any) -> ImageForm:
    size, resize = transforms.crop_size[0], transforms.resize_size[0]
    mean, std = tuple(transforms.mean), tuple(transforms.std)
    return ImageForm((size, size), resize, transforms.interpolation.value, mean, std)


def _classes_of(network: Any, form: ImageForm, weights: Any) -> int:
    """Return the number of classes of a file of weights: the length of the last layer's bias."""
    import torch

    last = headed(network, torch.zeros(2, 3, *form.size)).last
    bias = weights.get(f"{last}.bias")
    return int(bias.shape[0]) if bias is not None else 1000


ARCHITECTURE = TorchvisionNetwork
