"""Image sets in the layouts that their authors, torchvision and Kaggle leave behind, beside the prepared files.

They lie in a data folder or in its folder ``vision``: ``MNIST/raw``, ``cifar-10-batches-py``, ``cifar-100-python``,
``train_32x32.mat``, ``tiny-imagenet-200``, ``notMNIST_small``.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.base.border import MemoryLimit
from common.base.display import one_line
from common.data.dropped import listed
from common.data.locations import Folders, Location
from common.data.samples import RawDataset
from vision.data.images import check_images, check_labels
from vision.data.pickled_batches import read_batch, read_names

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Published:
    """A file or folder of a data folder under any of the paths at which people have it."""

    paths: tuple[str, ...]

    @property
    def remedy(self) -> str:
        """What to do where it is absent."""
        return f"put {self.paths[0]} into a folder and name that with --data-dir"

    def find(self, folders: Folders) -> Path | None:
        """Return its path in the first data folder that has it, or in that folder's ``vision``."""
        places = (root / path for folder in folders.data for root in (folder, folder / "vision") for path in self.paths)
        return next((place for place in places if place.exists()), None)


def mnist(side: str) -> Location:
    """Return MNIST's IDX files as torchvision or their author leaves them, gzipped or not."""
    stem = {"train": "train", "test": "t10k"}[side]
    return Location((_idx(f"{stem}-images", 3), _idx(f"{stem}-labels", 1)), read_mnist)


def _idx(stem: str, axes: int) -> Published:
    names = [f"{stem}{dot}idx{axes}-ubyte{end}" for dot in ("-", ".") for end in ("", ".gz")]
    return Published(tuple(f"{folder}{name}" for folder in ("MNIST/raw/", "mnist/", "MNIST/", "") for name in names))


def read_mnist(images: Path, labels: Path) -> RawDataset:
    """Read a file of images and one of labels.

    Raises:
        ValueError: a file is no IDX file, or the two do not fit together.
    """
    pixels, digits = check_images(read_idx(images), (28, 28)), read_idx(labels)
    return RawDataset(pixels, check_labels(digits, len(pixels), len(DIGITS)), DIGITS)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of bytes: 0, 0, 8, the number of axes; each axis' length (32 bits, big-endian); the values.

    Raises:
        ValueError: it is no such file, or holds fewer or more values than its header says.
    """
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as content:
        head = content.read(4)
        if len(head) < 4 or head[:3] != b"\x00\x00\x08" or head[3] not in (1, 3):
            raise ValueError(f"{path.name} is no IDX file of bytes")
        shape = np.frombuffer(content.read(4 * head[3]), dtype=">u4").astype(np.int64)
        count = int(np.prod(shape))
        if len(shape) != head[3] or count > 1 << 30:
            raise ValueError(f"the header of {path.name} claims {count:,} values")
        MemoryLimit().check(path, count, "its header")
        values = content.read(count + 1)
    if len(values) != count:
        raise ValueError(f"{path.name} holds {len(values):,} values, and its header says {count:,}")
    return np.frombuffer(values, np.uint8).reshape(shape)


def cifar10(side: str) -> Location:
    """Return CIFAR-10's batches."""
    names = [f"data_batch_{i}" for i in range(1, 6)] if side == "train" else ["test_batch"]
    read = partial(read_cifar, label_key="labels", names_key="label_names")
    return Location(tuple(Published((f"cifar-10-batches-py/{name}",)) for name in ("batches.meta", *names)), read)


def cifar100(side: str) -> Location:
    """Return CIFAR-100's batch."""
    read = partial(read_cifar, label_key="fine_labels", names_key="fine_label_names")
    return Location(tuple(Published((f"cifar-100-python/{name}",)) for name in ("meta", side)), read)


def read_cifar(meta: Path, *batches: Path, label_key: str, names_key: str) -> RawDataset:
    """Read the names of the classes, and batches; nothing is unpickled.

    Raises:
        ValueError: a file is no batch of CIFAR.
    """
    names, read = read_names(meta, names_key), [read_batch(batch, label_key) for batch in batches]
    images, labels = (np.concatenate(parts) for parts in zip(*read, strict=True))
    return RawDataset(images, check_labels(labels, len(images), len(names)), names)


def svhn(side: str) -> Location:
    """Return SVHN's MATLAB file of cropped digits."""
    return Location((Published((f"{side}_32x32.mat", f"svhn/{side}_32x32.mat", f"SVHN/{side}_32x32.mat")),), read_svhn)


def read_svhn(path: Path) -> RawDataset:
    """Read ``X`` (32, 32, 3, N) and ``y``, where 10 stands for the digit 0.

    Raises:
        ValueError: the file is damaged, or lacks one of the two.
    """
    from scipy.io import loadmat

    try:
        with MemoryLimit().held(path):
            found = loadmat(path, variable_names=("X", "y"))
        images, digits = found["X"].transpose(3, 0, 1, 2), found["y"].ravel().astype(np.int64) % 10
    except Exception as error:  # on a damaged file scipy's reader raises a dozen types
        raise ValueError(f"{path.name} is no SVHN file of cropped digits ({one_line(error)})") from error
    if images.dtype != np.uint8 or images.shape[1:] != (32, 32, 3):
        raise ValueError(f"X must be (32, 32, 3, N) bytes, not {found['X'].shape} {images.dtype}")
    return RawDataset(np.ascontiguousarray(images), check_labels(digits, len(images), 10), DIGITS)


def notmnist(read_letters: Sequence[str]) -> Location:
    """Return the folder ``notMNIST_small`` (or ``notMNIST_large``): a folder of PNG files a letter."""
    folder = Published(("notMNIST_small", "notMNIST_large"))
    return Location((folder,), partial(read_notmnist, letters=tuple(read_letters)))


def read_notmnist(root: Path, letters: Sequence[str]) -> RawDataset:
    """Read the glyphs without labels; files that are no image (the published archive has two) are named.

    Raises:
        ValueError: there is no glyph.
    """
    glyphs, bad = [], []
    for file in sorted(path for letter in letters for path in root.glob(f"{letter}/*.png")):
        try:
            with Image.open(file) as image:
                glyphs.append(check_images(np.asarray(image.convert("L"))[None], (28, 28))[0])
        except Exception:  # Pillow's readers raise a dozen types on damaged files
            bad.append(f"{file.parent.name}/{file.name}: no image of 28 x 28")
    if not glyphs:
        raise ValueError("there is no file LETTER/*.png")
    return RawDataset(np.stack(glyphs), dropped=listed(bad))
