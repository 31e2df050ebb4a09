"""User's images as a task, without writing code: ``run_all.py --in FOLDER --ood NAME=FOLDER``.

``--in`` is a folder with a folder of images a class, in one of the layouts of ``common.data.class_folders``; ``--ood``
is a folder of images of any layout. Without ``--model`` a small residual network is trained on squares of 64 pixels.
With ``--model torchvision:NAME``, ``timm:NAME`` or ``hf:NAME_OR_PATH`` images take the size that this network wants.
"""

from functools import partial
from typing import Any

from common.discover import load_architecture
from common.own_data import SUBSETS, OwnData, own_source, own_split
from common.task import Budget, Model, Task
from vision.data.own_images import SUFFIXES, read_any, read_classes
from vision.image_form import ImageForm

__all__ = ["SUFFIXES", "user_task"]

BUDGET = Budget(epochs=30, batch_size=32, learning_rate=3e-3, schedule="one_cycle", weight_decay=1e-3)


def shifted(inputs: Any, generator: Any) -> Any:
    """Shift a batch of images by up to 4 pixels; torch is imported on the first call."""
    from vision.augment import flipped_and_cropped

    return flipped_and_cropped(inputs, generator, padding=4, flip=False)


def user_task(own: OwnData) -> Task:
    """Return a task made of the user's folders of images.

    Raises:
        UserError: a folder is missing, or the model is unknown.
    """
    own.check("test", "text_column", "label_column")
    form = _form(own.model)
    read = partial(read_classes, form=form, pattern=own.label_pattern)
    settings = f"{form} {own.label_pattern}"
    name = own.data.resolve().name
    return Task(
        title=name,
        in_dist=name,
        train=own_source(f"{name} train", own.data, partial(read, part="train"), settings),
        test=own_source(name, own.data, partial(read, part="test"), settings),
        ood=tuple(own_source(ood, path, partial(read_any, form=form), settings) for ood, path in own.ood.items()),
        model=Model("small_resnet"),
        split=own_split(own.trained),
        subsets=SUBSETS,
        augment=shifted,
        quick=BUDGET,
        paper=BUDGET,
        row_name="image",
        notes=(_test_set(own.trained), f"Images are {form.size[0]} x {form.size[1]} pixels, {_cut(form)}."),
    )


def _form(model: Model | None) -> ImageForm:
    """Return the form that the model's network takes, or the small one of networks trained here."""
    if model is None:
        return ImageForm()
    architecture: Any = load_architecture("vision", model)
    return architecture.form if hasattr(architecture, "form") else ImageForm()


def _cut(form: ImageForm) -> str:
    return "resized whatever their proportions" if form.resize is None else "cut out of the middle"


def _test_set(trained: bool) -> str:
    if trained:
        return "The test set is what the folder marks as such, or a seeded fifth of the images where it marks nothing."
    return "Nothing is trained: the test set is what the folder marks as such, or all images where it marks nothing."
