"""CIFAR-10 and CIFAR-100: 32x32 colour photographs of objects, 50,000 for training and 10,000 for testing.

Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
"""

from pathlib import Path

from common.data.download import Download
from common.data.fetching import fetch
from common.data.locations import Folders, Location
from common.data.sources import Source
from common.data.unpacking import unpack
from vision.data.as_published import cifar10, cifar100
from vision.data.prepared import colour_source, encoded, write_parquet

ABOUT = "160 MB each, no licence stated, cs.toronto.edu/~kriz"
HOME = "https://www.cs.toronto.edu/~kriz"
ARCHIVES = {
    "cifar10": (
        "cifar-10-python.tar.gz",
        "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    ),
    "cifar100": (
        "cifar-100-python.tar.gz",
        "sha256:85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    ),
}
MEAN = (0.4914, 0.4822, 0.4465)
"""Mean colour of CIFAR-10's training images, in units of [0, 1]; CIFAR-100's differs by 0.02 at most."""


def prepare(name: str, work: Path, ready: Path) -> None:
    """Fetch ``cifar10`` or ``cifar100``; the batches, which are pickles, are read without unpickling."""
    archive, checksum = ARCHIVES[name]
    unpack(fetch(f"{HOME}/{archive}", work, checksum), work)
    for side in ("train", "test"):
        batches = {"cifar10": cifar10, "cifar100": cifar100}[name](side)
        fetched = Source(name, (batches,)).load(Folders((work,)))
        images = encoded(fetched.items, fetched.labels)
        write_parquet(ready / f"vision/{name}_{side}.parquet", images, fetched.label_names)


def _download(name: str) -> Download:
    files = tuple(f"vision/{name}_{side}.parquet" for side in ("train", "test"))
    return Download(files, lambda work, ready: prepare(name, work, ready), ABOUT)


DOWNLOADS = {name: _download(name) for name in ARCHIVES}


def _source(name: str, side: str, whole: int, published: Location) -> Source:
    stem = name.replace("-", "").lower()
    return colour_source(name, f"vision/{stem}_{side}.parquet", stem, whole, about=ABOUT, published=published)


CIFAR10_TRAIN = _source("CIFAR-10", "train", 50_000, cifar10("train"))
CIFAR10_TEST = _source("CIFAR-10", "test", 10_000, cifar10("test"))
CIFAR100_TRAIN = _source("CIFAR-100", "train", 50_000, cifar100("train"))
CIFAR100_TEST = _source("CIFAR-100", "test", 10_000, cifar100("test"))
