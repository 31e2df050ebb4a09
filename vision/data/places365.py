"""Places365: photographs of 365 kinds of scene, resized to 32x32.

Zhou, Lapedriza, Khosla, Oliva & Torralba, "Places: a 10 million image database for scene recognition", PAMI 2017.
"""

from pathlib import Path

from common.data.download import Download
from common.data.fetching import fetch
from common.data.unpacking import unpack
from vision.data.prepared import colour_source, every, shrunk, write_parquet

ABOUT_TRAIN = "24 GB shrunk to 5 GB, research use, places2.csail.mit.edu"
ABOUT_VALIDATION = "0.5 GB shrunk to 0.1 GB, research use, places2.csail.mit.edu"

HOME = "http://data.csail.mit.edu/places/places365"
ARCHIVES = {"train-standard": "train_256_places365standard.tar", "val": "val_256.tar"}
MD5 = {
    "filelist_places365-standard.tar": "md5:35a0585fee1fa656440f3ab298f8479c",
    "train_256_places365standard.tar": "md5:53ca1c756c3d1e7809517cc47c5561c5",
    "val_256.tar": "md5:e27b17d8d44f4af9a78502beb927f808",
}
MEAN = (0.458, 0.441, 0.408)
"""Mean colour of Places365's training images, in units of [0, 1]."""


def prepare(split: str, file: str, work: Path, ready: Path) -> None:
    """Fetch one split at 256x256 and resize it."""
    from torchvision.datasets import Places365

    for archive in ("filelist_places365-standard.tar", ARCHIVES[split]):
        unpack(fetch(f"{HOME}/{archive}", work, MD5[archive]), work)
    if (work / "data_256").is_dir():  # torchvision looks for the training images under another name
        (work / "data_256").rename(work / "data_256_standard")
    fetched = Places365(work, split=split, small=True)
    write_parquet(ready / file, shrunk(every(fetched)), fetched.classes)


def _download(split: str, file: str, about: str) -> Download:
    return Download((file,), lambda work, ready: prepare(split, file, work, ready), about)


TRAIN_FILE, VALIDATION_FILE = "vision/places365_train.parquet", "vision/places365_val.parquet"
DOWNLOADS = {
    "places365_train": _download("train-standard", TRAIN_FILE, ABOUT_TRAIN),
    "places365": _download("val", VALIDATION_FILE, ABOUT_VALIDATION),
}

PLACES365_TRAIN = colour_source("Places365", TRAIN_FILE, "places365_train", 1_803_460, about=ABOUT_TRAIN)
PLACES365_TEST = colour_source("Places365", VALIDATION_FILE, "places365", 36_500, about=ABOUT_VALIDATION)
