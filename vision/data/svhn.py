"""SVHN: house numbers photographed from the street, 32x32 colour, one digit in the middle.

Netzer et al., "Reading digits in natural images with unsupervised feature learning", 2011.
"""

from pathlib import Path

from common.data.download import Download
from common.data.fetching import fetch
from vision.data.as_published import read_svhn, svhn
from vision.data.prepared import colour_source, encoded, write_parquet

ABOUT = "250 MB, non-commercial use, ufldl.stanford.edu/housenumbers"
HOME = "http://ufldl.stanford.edu/housenumbers"
MD5 = {"train": "md5:e26dedcc434d2e4c54c9b2d4a06d8373", "test": "md5:eb5a983be6a315427106f1b164d9cef3"}


MEAN = (0.4377, 0.4438, 0.4728)
"""Mean colour of SVHN's training images, in units of [0, 1]."""


def prepare(work: Path, ready: Path) -> None:
    """Fetch the training and test sets."""
    for side, checksum in MD5.items():
        fetched = read_svhn(fetch(f"{HOME}/{side}_32x32.mat", work, checksum))
        write_parquet(
            ready / f"vision/svhn_{side}.parquet", encoded(fetched.items, fetched.labels), fetched.label_names
        )


DOWNLOADS = {"svhn": Download(("vision/svhn_train.parquet", "vision/svhn_test.parquet"), prepare, ABOUT)}

SVHN_TRAIN = colour_source("SVHN", "vision/svhn_train.parquet", "svhn", 73_257, about=ABOUT, published=svhn("train"))
SVHN_TEST = colour_source("SVHN", "vision/svhn_test.parquet", "svhn", 26_032, about=ABOUT, published=svhn("test"))
