"""Tiny ImageNet: 200 of ImageNet's classes at 64x64, 500 training and 50 validation images each (Stanford CS231n).

At 64x64 it is an in-distribution. At 32x32 it gives CIFAR an OOD set and auxiliary outliers that share no class: the
OOD set is the validation images of 40 classes, the outliers are the training images of 127 other classes, and the 33
classes that are close to a CIFAR-10 class are in neither.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from common.data.download import Download
from common.data.fetching import fetch
from common.data.samples import RawDataset
from common.data.sources import Source
from common.data.unpacking import unpack
from vision.data.images import read_parquet
from vision.data.prepared import colour_source, shrunk, write_parquet
from vision.data.tiny_imagenet_folder import class_names, files_of, tiny_imagenet

URL = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
MD5 = "md5:90528d7ca1a48142e341f4ef8d21d0de"
ABOUT = "237 MB, non-commercial research use, cs231n.stanford.edu"


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(text.split())


OOD_CLASSES = _numbers("""
n01443537 n01774750 n02074367 n02132136 n02364673 n02486410 n02504458 n02666196 n02669723 n02769748 n02808440 n02841315
n02999410 n03026506 n03126707 n03179701 n03255030 n03355925 n03388043 n03617480 n03733131 n03930313 n03937543 n04023962
n04070727 n04118538 n04133789 n04179913 n04259630 n04265275 n04371430 n04398044 n04399382 n04597913 n07615774 n07734744
n07749582 n07873807 n07920052 n09428293
""")

NEAR_CIFAR10 = _numbers("""
n01855672 n02002724 n02056570 n02058221 n01641577 n01644900 n02085620 n02094433 n02099601 n02099712 n02106662 n02113799
n02123045 n02123394 n02124075 n02125311 n02129165 n02423022 n02814533 n03100240 n03670208 n04285008 n03444034 n03977966
n03796401 n04146614 n04487081 n04465501 n03662601 n03447447 n04008634 n02917067 n03393912
""")

NEAR_CIFAR100 = _numbers("""
n01443537 n01774750 n02132136 n02364673 n02504458 n03179701 n03937543 n07734744 n09428293
n01698640 n01742172 n01774384 n01944390 n01983481 n01984695 n02165456 n02206856 n02233338 n02279972 n02281406 n02403003
n02410509 n02437312 n02480495 n02481823 n02509815 n02793495 n02815834 n02823428 n03042490 n03085013 n03201208 n03637318
n03649909 n03902125 n03983396 n04099969 n04275548 n04311004 n04328186 n04366367 n04532670 n07579787 n07720875 n07747607
n09193705 n09246464 n09332890 n12267677
""")
"""Classes close to a CIFAR-100 class, 9 of the OOD set (fish, spiders, bears, the sea) and 40 of the outliers."""


def read_without(path: Path, size: tuple[int, int], excluded: frozenset[str]) -> RawDataset:
    """Read images except those of the classes ``excluded``; a class name begins with its WordNet number."""
    samples = read_parquet(path, size)
    unwanted = np.array([name.split()[0] in excluded for name in samples.label_names])
    kept = np.flatnonzero(~unwanted[samples.labels])
    dropped = {"of a class that the in-distribution has too": len(samples) - len(kept)}
    return replace(samples.take(kept), dropped=dropped)


MEAN = (0.4802, 0.4481, 0.3975)
"""Mean colour of Tiny ImageNet's training images, in units of [0, 1]."""


def prepare(work: Path, ready: Path) -> None:
    """Fetch the archive; write the training and validation sets, and the two sets for CIFAR."""
    unpack(fetch(URL, work, MD5), work / "unpacked")
    root = work / "unpacked/tiny-imagenet-200"
    names = class_names(root)
    train, validation = files_of(root, "train"), files_of(root, "val")
    aux = [(file, number) for file, number in train if number not in {*OOD_CLASSES, *NEAR_CIFAR10}]
    ood = [(file, number) for file, number in validation if number in OOD_CLASSES]
    for side, files in (("train", train), ("val", validation)):
        whole = ((file.read_bytes(), label) for file, label in _labelled(files, names)[0])
        write_parquet(ready / f"vision/tiny_imagenet_{side}.parquet", whole, names)
    for side, files in (("oe_aux", aux), ("ood", ood)):
        labelled, kept = _labelled(files, names)
        write_parquet(ready / f"vision/tiny_imagenet_{side}.parquet", shrunk(_opened(labelled)), kept)


def _labelled(files: list[tuple[Path, str]], names: list[str]) -> tuple[list[tuple[Path, int]], list[str]]:
    """Return the files with labels, and the names of those classes that occur, in order."""
    present = {number for _, number in files}
    kept = [name for name in names if name.split()[0] in present]
    label = {name.split()[0]: i for i, name in enumerate(kept)}
    return [(file, label[number]) for file, number in files], kept


def _opened(files: list[tuple[Path, int]]) -> Iterable[tuple[Image.Image, int]]:
    for file, label in files:
        with Image.open(file) as image:
            yield image, label


FILES = {side: f"vision/tiny_imagenet_{side}.parquet" for side in ("train", "val", "ood", "oe_aux")}
DOWNLOADS = {"tiny_imagenet": Download(tuple(FILES.values()), prepare, ABOUT)}

FAMILY = "Tiny ImageNet's classes"
"""Of the whole sets and the outliers; the OOD set has other classes than these outliers, so it is of another."""

TINY_IMAGENET_TRAIN, TINY_IMAGENET_TEST = (
    replace(
        colour_source(
            "Tiny ImageNet",
            FILES[side],
            "tiny_imagenet",
            whole,
            size=64,
            about=ABOUT,
            published=tiny_imagenet(side),
        ),
        family=FAMILY,
    )
    for side, whole in (("train", 100_000), ("val", 10_000))
)


def tiny_imagenet_ood(without: Iterable[str] = ()) -> Source:
    """Return the validation images of 40 classes except the classes ``without``."""
    read = partial(read_without, excluded=frozenset(without))
    return colour_source("Tiny ImageNet", FILES["ood"], "tiny_imagenet", 2_000, about=ABOUT, read=read)


def tiny_imagenet_outliers(without: Iterable[str] = ()) -> Source:
    """Return the training images of 127 other classes except the classes ``without``: auxiliary outliers."""
    read = partial(read_without, excluded=frozenset(without))
    name = "Tiny ImageNet (other classes)"
    outliers = colour_source(name, FILES["oe_aux"], "tiny_imagenet", 63_500, about=ABOUT, read=read)
    return replace(outliers, family=FAMILY)
