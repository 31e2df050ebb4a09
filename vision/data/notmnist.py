"""notMNIST: glyphs of the letters A to J from many fonts, 28x28, white on black (Bulatov 2011)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from common.data.download import Download
from common.data.fetching import fetch
from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from common.data.unpacking import unpack
from vision.data.as_published import notmnist
from vision.data.fonts import FONT_LETTERS
from vision.data.images import read_npz

LETTERS = tuple("ABCDEFGHIJ")


def read(path: Path) -> RawDataset:
    """Read the glyphs without their labels, since none is a class of a digit classifier."""
    return replace(read_npz(path, label_names=LETTERS), labels=None)


URL = "http://yaroslavvb.com/upload/notMNIST/notMNIST_small.tar.gz"
MD5 = "md5:c9890a473a9769fda4bdf314aaf500dd"


def prepare(work: Path, ready: Path) -> None:
    """Fetch notMNIST_small: 18,724 glyphs, one file each; files that are not images are skipped and counted."""
    unpack(fetch(URL, work, MD5), work / "unpacked")
    images, labels, damaged = [], [], 0
    for file in sorted((work / "unpacked/notMNIST_small").glob("?/*.png")):
        try:
            with Image.open(file) as image:
                images.append(np.asarray(image.convert("L")))
        except OSError:  # two files of the published archive are empty
            damaged += 1
            continue
        labels.append(LETTERS.index(file.parent.name))
    np.savez_compressed(ready / "vision/notmnist.npz", images=np.stack(images), labels=np.array(labels, np.uint8))
    print(f"notmnist: {len(images)} glyphs; skipped {damaged} files of the archive that are not images")


ABOUT = "8 MB, free for research, yaroslavvb.com (Bulatov)"
DOWNLOADS = {"notmnist": Download(("vision/notmnist.npz",), prepare, ABOUT)}

NOTMNIST = Source(
    "notMNIST",
    (
        Location((Prepared("vision/notmnist.npz", download="notmnist"),), read),
        notmnist(LETTERS),
        Location((Prepared("vision/notmnist_10k.npz"),), read, kind="sample"),
    ),
    stand_in=replace(FONT_LETTERS, distance="far"),
    distance="far",
    about=f"{ABOUT}; some glyphs are blank, solid or ornaments",
)
