"""CIFAR-10bw: the CIFAR-10 test images converted to grey and resized to 28x28; OOD for digits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from vision.data.images import read_parquet
from vision.data.photographs import PHOTOGRAPH_PATCHES


def read(path: Path) -> RawDataset:
    """Read the images as luma (0.299 R + 0.587 G + 0.114 B), resized from 32x32, without labels."""
    colour = read_parquet(path).items
    grey = [Image.fromarray(image).convert("L").resize((28, 28), Image.Resampling.BILINEAR) for image in colour]
    return RawDataset(np.stack([np.asarray(image) for image in grey]))


CIFAR10BW = Source(
    "CIFAR-10bw",
    (Location((Prepared("vision/cifar10_test.parquet", download="cifar10"),), read),),
    stand_in=replace(PHOTOGRAPH_PATCHES, distance="far"),
    distance="far",
    about="10,000 images, Krizhevsky 2009",
)
