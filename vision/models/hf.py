"""Any image classifier of transformers: ``--model hf:NAME_OR_PATH``, safetensors alone.

``NAME_OR_PATH,head`` trains a new last layer alone.
"""

from dataclasses import dataclass
from typing import Any

from common.base.errors import UserError
from common.training.pretrained import Checkpoint, find_checkpoint
from vision.image_form import IMAGENET_MEAN, IMAGENET_STD, ImageForm
from vision.pretrained import FoundNetwork, PretrainedImageArchitecture

PILLOW = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")
"""Pillow's interpolations by their numbers, which preprocessor_config.json has."""


@dataclass(frozen=True)
class HuggingFaceImages(PretrainedImageArchitecture):
    """Options.

    Attributes:
        name: a folder, or a name on the Hugging Face Hub.
        trained: see ``PretrainedImageArchitecture``.
    """

    name: str = ""
    trained: str = ""

    def _checkpoint(self) -> Checkpoint:
        if not self.wanted:
            raise UserError("this model needs a checkpoint: --model hf:NAME_OR_PATH")
        return find_checkpoint(self.wanted)

    def fingerprint(self) -> str:
        """Return what identifies the checkpoint."""
        return self._checkpoint().fingerprint

    def found(self) -> FoundNetwork:
        """Return the network.

        Raises:
            UserError: the checkpoint cannot be read, is no image classifier, or is judged as it is without a head.
        """
        checkpoint = self._checkpoint()
        network = checkpoint.classifier("AutoModelForImageClassification", headless=self.mode != "nothing")
        names = tuple(network.config.id2label[i] for i in range(network.config.num_labels))
        return FoundNetwork(network, _form(network.config, checkpoint.settings("preprocessor_config.json")), names)


def _form(config: Any, settings: dict[str, Any]) -> ImageForm:
    """Return the form that preprocessor_config.json says, or ImageNet's in the size that config.json says."""
    side = config.image_size if isinstance(getattr(config, "image_size", None), int) else 224
    size = settings.get("size", {"height": side, "width": side})
    size = {"height": size, "width": size} if isinstance(size, int) else size
    crop = settings.get("crop_size", {}) if settings.get("do_center_crop") else {}
    crop = {"height": crop, "width": crop} if isinstance(crop, int) else crop
    shortest = size.get("shortest_edge")
    given = crop or (size if shortest is None else {"height": shortest, "width": shortest})
    scaled = settings.get("do_normalize", True)
    return ImageForm(
        (given["height"], given["width"]),
        shortest if shortest is not None else None if not crop else size.get("height"),
        PILLOW[settings.get("resample", 2)],
        tuple(settings.get("image_mean", IMAGENET_MEAN)) if scaled else (0.0, 0.0, 0.0),
        tuple(settings.get("image_std", IMAGENET_STD)) if scaled else (1.0, 1.0, 1.0),
    )


ARCHITECTURE = HuggingFaceImages
