"""Grey 28x28 patches of the photographs in scikit-image: a stand-in for CIFAR-10bw."""

from pathlib import Path

import numpy as np
from PIL import Image

from common.data.locations import Location, Packaged
from common.data.samples import RawDataset
from common.data.sources import Source
from vision.data.images import Images, read_photograph

# The scenes among scikit-image's pictures: a person, a man with a camera, a cat, a cup, a motorcycle, a rocket.
_FILES = (
    ("astronaut.png", 791555, "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
    ("camera.png", 139512, "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a"),
    ("chelsea.png", 240512, "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
    ("coffee.png", 466706, "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"),
    ("motorcycle_left.png", 644701, "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179"),
    ("rocket.jpg", 112525, "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c"),
)
PHOTOGRAPHS = tuple(Packaged("scikit-image", f"skimage/data/{name}", size, digest) for name, size, digest in _FILES)
SIDES = (96, 144, 208, 288)
"""Sides of the windows in pixels: the smallest shows a part of an object, the largest a scene."""


def read(*paths: Path) -> RawDataset:
    """Cut square windows of several sizes, a quarter of a side apart, from every photograph; resize them to 28x28."""
    return RawDataset(np.stack([patch for path in paths for patch in _patches(read_photograph(path).convert("L"))]))


def _patches(photograph: Image.Image) -> list[Images]:
    patches = []
    for side in SIDES:
        for top in range(0, photograph.height - side + 1, side // 4):
            for left in range(0, photograph.width - side + 1, side // 4):
                box = (left, top, left + side, top + side)
                patches.append(np.asarray(photograph.resize((28, 28), Image.Resampling.BOX, box)))
    return patches


PHOTOGRAPH_PATCHES = Source(
    "Photograph patches (scikit-image, for CIFAR-10bw)",
    (Location(PHOTOGRAPHS, read, kind="sample"),),
    about="overlapping windows of six photographs in scikit-image, public domain or CC0",
)
