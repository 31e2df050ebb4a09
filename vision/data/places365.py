"""Places365: photographs of 365 kinds of scene, resized to 32x32.

Zhou, Lapedriza, Khosla, Oliva & Torralba, "Places: a 10 million image database for scene recognition", PAMI 2017.
"""

from pathlib import Path

from common.data.download import Download
from vision.data.prepared import colour_source, every, shrunk, write_parquet

ABOUT_TRAIN = "24 GB shrunk to 5 GB, research use, places2.csail.mit.edu through torchvision"
ABOUT_VALIDATION = "0.5 GB shrunk to 0.1 GB, research use, places2.csail.mit.edu through torchvision"


MEAN = (0.458, 0.441, 0.408)
"""Mean colour of Places365's training images, in units of [0, 1]."""


def prepare(split: str, file: str, work: Path, ready: Path) -> None:
    """Fetch one split at 256x256 (torchvision checks the MD5) and resize it."""
    from torchvision.datasets import Places365

    fetched = Places365(work, split=split, small=True, download=True)
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
