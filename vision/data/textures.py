"""Textures: the Describable Textures Dataset, photographs of surfaces, resized to 32x32.

Cimpoi, Maji, Kokkinos, Mohamed & Vedaldi, "Describing textures in the wild", CVPR 2014.
"""

from pathlib import Path

from common.data.download import Download
from vision.data.prepared import colour_source, every, shrunk, write_parquet

ABOUT = "600 MB, research use, robots.ox.ac.uk/~vgg/data/dtd through torchvision"


def prepare(work: Path, ready: Path) -> None:
    """Fetch all three parts (torchvision checks the MD5) and resize them."""
    from torchvision.datasets import DTD

    parts = [DTD(work, split=split, download=True) for split in ("train", "val", "test")]
    write_parquet(ready / "vision/textures_dtd_ood.parquet", shrunk(every(*parts)), parts[0].classes)


DOWNLOADS = {"textures": Download(("vision/textures_dtd_ood.parquet",), prepare, ABOUT)}

TEXTURES = colour_source("Textures", "vision/textures_dtd_ood.parquet", "textures", 5_640, about=ABOUT)
