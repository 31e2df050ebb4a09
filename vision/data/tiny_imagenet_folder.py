"""The folder ``tiny-imagenet-200`` as its authors' archive unpacks: images by side, lists of classes and labels."""

from functools import partial
from pathlib import Path

import numpy as np

from common.data.locations import Location
from common.data.samples import RawDataset
from vision.data.as_published import Published
from vision.data.images import decode


def tiny_imagenet(side: str) -> Location:
    """Return the folder ``tiny-imagenet-200``: ``train``, or ``val``."""
    return Location((Published(("tiny-imagenet-200",)),), partial(read_tiny_imagenet, side=side))


def read_tiny_imagenet(root: Path, side: str) -> RawDataset:
    """Read the training or the validation images, 64x64, with classes called "NUMBER first word".

    Raises:
        ValueError: an image is damaged, or a list is missing.
    """
    names = class_names(root)
    place = {name.split()[0]: label for label, name in enumerate(names)}
    files = files_of(root, side)
    images = np.stack([decode(file.read_bytes(), (64, 64), row) for row, (file, _) in enumerate(files)])
    return RawDataset(images, np.array([place[number] for _, number in files], dtype=np.int64), tuple(names))


def class_names(root: Path) -> list[str]:
    """Return the names of the classes in order: WordNet number and first word."""
    numbers = (root / "wnids.txt").read_text(encoding="utf-8").split()
    words = dict(line.split("\t") for line in (root / "words.txt").read_text(encoding="utf-8").splitlines())
    return [f"{number} {words[number].split(',')[0]}" for number in sorted(numbers)]


def files_of(root: Path, side: str) -> list[tuple[Path, str]]:
    """Return the images of ``train`` or ``val`` with the WordNet numbers of their classes."""
    return _train_files(root) if side == "train" else _validation_files(root)


def _train_files(root: Path) -> list[tuple[Path, str]]:
    return [(file, file.parts[-3]) for file in sorted(root.glob("train/*/images/*.JPEG"))]


def _validation_files(root: Path) -> list[tuple[Path, str]]:
    lines = (root / "val/val_annotations.txt").read_text(encoding="utf-8").splitlines()
    return [(root / "val/images" / name, number) for name, number, *_ in (line.split("\t") for line in lines)]
