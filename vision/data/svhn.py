"""SVHN: house numbers photographed from the street, 32x32 colour, one digit in the middle.

Netzer et al., "Reading digits in natural images with unsupervised feature learning", 2011.
"""

from pathlib import Path

from common.data.download import Download
from vision.data.as_published import svhn
from vision.data.prepared import colour_source, encoded, write_parquet

ABOUT = "250 MB, non-commercial use, ufldl.stanford.edu/housenumbers through torchvision"


MEAN = (0.4377, 0.4438, 0.4728)
"""Mean colour of SVHN's training images, in units of [0, 1]."""


def prepare(work: Path, ready: Path) -> None:
    """Fetch the training and test sets; torchvision checks their MD5."""
    from torchvision.datasets import SVHN

    for side in ("train", "test"):
        fetched = SVHN(work, split=side, download=True)
        images = encoded(fetched.data.transpose(0, 2, 3, 1), fetched.labels)
        write_parquet(ready / f"vision/svhn_{side}.parquet", images, tuple("0123456789"))


DOWNLOADS = {"svhn": Download(("vision/svhn_train.parquet", "vision/svhn_test.parquet"), prepare, ABOUT)}

SVHN_TRAIN = colour_source("SVHN", "vision/svhn_train.parquet", "svhn", 73_257, about=ABOUT, published=svhn("train"))
SVHN_TEST = colour_source("SVHN", "vision/svhn_test.parquet", "svhn", 26_032, about=ABOUT, published=svhn("test"))
