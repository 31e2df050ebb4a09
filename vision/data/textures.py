"""Textures: the Describable Textures Dataset, photographs of surfaces, resized to 32x32.

Cimpoi, Maji, Kokkinos, Mohamed & Vedaldi, "Describing textures in the wild", CVPR 2014.
"""

from pathlib import Path

from common.data.download import Download
from common.data.fetching import fetch
from common.data.unpacking import unpack
from vision.data.prepared import colour_source, every, shrunk, write_parquet

ABOUT = "600 MB, research use, robots.ox.ac.uk/~vgg/data/dtd"
URL = "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz"
MD5 = "md5:fff73e5086ae6bdbea199a49dfb8a4c1"


def prepare(work: Path, ready: Path) -> None:
    """Fetch all three parts and resize them."""
    from torchvision.datasets import DTD

    unpack(fetch(URL, work, MD5), work / "dtd")
    parts = [DTD(work, split=split) for split in ("train", "val", "test")]
    write_parquet(ready / "vision/textures_dtd_ood.parquet", shrunk(every(*parts)), parts[0].classes)


DOWNLOADS = {"textures": Download(("vision/textures_dtd_ood.parquet",), prepare, ABOUT)}

TEXTURES = colour_source("Textures", "vision/textures_dtd_ood.parquet", "textures", 5_640, about=ABOUT)
