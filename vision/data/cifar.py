"""CIFAR-10 and CIFAR-100: 32x32 colour photographs of objects, 50,000 for training and 10,000 for testing.

Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
"""

from pathlib import Path

from common.data.download import Download
from common.data.locations import Location
from common.data.sources import Source
from vision.data.as_published import cifar10, cifar100
from vision.data.prepared import colour_source, encoded, write_parquet

ABOUT = "160 MB each, no licence stated, cs.toronto.edu/~kriz through torchvision"
MEAN = (0.4914, 0.4822, 0.4465)
"""Mean colour of CIFAR-10's training images, in units of [0, 1]; CIFAR-100's differs by 0.02 at most."""


def prepare(name: str, work: Path, ready: Path) -> None:
    """Fetch ``CIFAR10`` or ``CIFAR100``; torchvision checks the archive's MD5 before it unpickles the batches."""
    from torchvision import datasets

    for side in ("train", "test"):
        fetched = getattr(datasets, name)(work, train=side == "train", download=True)
        images = encoded(fetched.data, fetched.targets)
        write_parquet(ready / f"vision/{name.lower()}_{side}.parquet", images, fetched.classes)


def _download(name: str) -> Download:
    files = tuple(f"vision/{name.lower()}_{side}.parquet" for side in ("train", "test"))
    return Download(files, lambda work, ready: prepare(name, work, ready), ABOUT)


DOWNLOADS = {"cifar10": _download("CIFAR10"), "cifar100": _download("CIFAR100")}


def _source(name: str, side: str, whole: int, published: Location) -> Source:
    stem = name.replace("-", "").lower()
    return colour_source(name, f"vision/{stem}_{side}.parquet", stem, whole, about=ABOUT, published=published)


CIFAR10_TRAIN = _source("CIFAR-10", "train", 50_000, cifar10("train"))
CIFAR10_TEST = _source("CIFAR-10", "test", 10_000, cifar10("test"))
CIFAR100_TRAIN = _source("CIFAR-100", "train", 50_000, cifar100("train"))
CIFAR100_TEST = _source("CIFAR-100", "test", 10_000, cifar100("test"))
