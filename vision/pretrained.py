"""Image networks of other libraries: judged as they are, fine-tuned, or with a new last layer on frozen features.

A subclass of ``PretrainedImageArchitecture`` (a file of ``vision/models``) says where the network comes from. After its
name, ``,head`` trains a new last layer alone; without it the whole network is fine-tuned, from a new last layer on.
``--no-train`` keeps the last layer and trains nothing, if the network's classes are those of the data.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn

from common.base.errors import UserError
from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.model import Classifier, Preprocessor
from common.task import Budget
from common.training.last_layer import Headed, headed
from common.training.own_classes import class_positions, named_classes
from common.training.pretrained import on_task_data
from vision.image_form import ImageForm, resized_batch
from vision.pixels import images_to_tensors, unit_range

Trained = Literal["nothing", "head", "tune"]

RECIPES: dict[Trained, Budget] = {
    "nothing": Budget(epochs=0, batch_size=32, learning_rate=1e-3),
    "head": Budget(epochs=20, batch_size=32, learning_rate=1e-3, schedule="cosine", weight_decay=1e-4),
    "tune": Budget(epochs=5, batch_size=32, learning_rate=1e-4, schedule="one_cycle", weight_decay=1e-4),
}
"""How each part of the network is trained, whatever the task. Ours."""


@dataclass(frozen=True)
class FoundNetwork:
    """A network with what is known of it.

    Attributes:
        network: (B, 3, H, W) -> logits, or an object with ``logits``.
        form: of its inputs.
        classes: names of its classes, or None if they have no names.
        random: whether its weights are untrained, since no file of weights was found.
    """

    network: nn.Module
    form: ImageForm
    classes: tuple[str, ...] | None = None
    random: bool = False


class PretrainedImages(Classifier):
    """Pixels -> the network's form and scale -> its features -> logits."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: Headed, form: ImageForm, trained: Trained) -> None:
        super().__init__()
        self.headed, self.size, self.frozen = network, form.size, trained == "head"
        self.register_buffer("mean", torch.tensor(form.mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(form.std)[:, None, None], persistent=False)
        if self.frozen:
            self.headed.requires_grad_(False)
            self._layer.requires_grad_(True)

    @property
    def _layer(self) -> nn.Module:
        return self.headed.layer or self.headed

    def train(self, mode: bool = True) -> "PretrainedImages":
        """Set the training mode; frozen layers stay in evaluation mode, without dropout."""
        super().train(mode)
        if self.frozen:
            self.headed.eval()
            self._layer.train(mode)
        return self

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, 3, H, W) pixels in the network's size and scale."""
        pixels = batch.inputs if batch.inputs.ndim == 4 else batch.inputs[..., None].expand(-1, -1, -1, 3)
        resized = resized_batch(unit_range(pixels).permute(0, 3, 1, 2), self.size)
        return (resized - self.mean) / self.std

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, D) input of the last layer."""
        return [self.headed.features(embedded)]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        return self.headed.classify(features)


@dataclass(frozen=True)
class ImagesInClasses:
    """Images to tensors as they are, with the network's class of each label."""

    classes: tuple[int, ...]

    def __call__(self, samples: RawDataset) -> TensorDataset:
        """Return the images, (N, H, W) or (N, H, W, 3)."""
        examples = images_to_tensors(samples)
        if examples.labels is None:
            return examples
        return replace(examples, labels=torch.tensor(self.classes)[examples.labels])


class PretrainedImageArchitecture:
    """Base of the architectures; a subclass, a frozen dataclass, defines ``found``.

    Attributes:
        name: of the network; after a comma ``head``.
        trained: ``nothing`` where the network is judged as it is; empty: as ``name`` says.
    """

    name: str
    trained: str

    def found(self) -> FoundNetwork:
        """Return the network."""
        raise NotImplementedError

    @property
    def wanted(self) -> str:
        """The name without ``,head``."""
        return self.name.rpartition(",")[0] if self.name.endswith((",head", ",tune")) else self.name

    @property
    def mode(self) -> Trained:
        """What is trained."""
        if self.trained == "nothing":
            return "nothing"
        return "head" if self.name.endswith(",head") else "tune"

    @cached_property
    def _found(self) -> FoundNetwork:
        return self.found()

    @property
    def form(self) -> ImageForm:
        """Form of the network's inputs."""
        return self._found.form

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the report: what the weights are, and what was trained."""
        if self._found.random:
            return (f"The weights of {self.wanted} are random: no file of weights was named or found in the cache.",)
        if self.mode == "nothing":
            return ("The checkpoint is judged as it is: nothing was trained, and all its classes are answers.",)
        part = "the last layer alone" if self.mode == "head" else "all layers"
        return (f"The checkpoint got a new last layer; {part} was trained here.".replace("layers was", "layers were"),)

    def budget(self, task: Budget) -> Budget:
        """Return the recipe in ``RECIPES`` on as many examples as the task's budget says; the last epoch is taken."""
        return replace(on_task_data(RECIPES[self.mode], task), validation=0)

    def preprocessor(self, train: RawDataset) -> ImagesInClasses:
        """Return what makes tensors of images.

        Raises:
            UserError: the network is judged as it is, and its classes are not those of the data.
        """
        labels = train.label_names
        if self.mode != "nothing":
            return ImagesInClasses(tuple(range(len(labels))))
        if self._found.random:
            raise UserError(f"{self.wanted} has random weights, so there is nothing to judge; name a file of weights")
        count = self._count
        return ImagesInClasses(class_positions(labels, named_classes(self._found.classes), count, self.wanted))

    @cached_property
    def _headed(self) -> Headed:
        """The network taken apart, after a trial on two noise images."""
        height, width = self.form.size
        trial = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))
        try:
            return headed(self._found.network, trial)
        except (RuntimeError, ValueError, AttributeError, TypeError) as error:
            reason = " ".join(str(error).split())[:150]
            raise UserError(f"{self.wanted} does not classify images of {height} x {width} ({reason})") from error

    @property
    def _count(self) -> int:
        layer = self._headed.layer
        if layer is not None:
            return layer.out_features
        with torch.no_grad():
            return int(self._headed.features(torch.zeros(1, 3, *self.form.size)).shape[1])

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> PretrainedImages:
        """Return the network, with a new last layer if one is trained.

        Raises:
            UserError: the network does not end in a linear layer, and one is to be trained.
        """
        network = self._headed
        if self.mode != "nothing":
            network.replaced(len(train.label_names))
        return PretrainedImages(network, self.form, self.mode)
