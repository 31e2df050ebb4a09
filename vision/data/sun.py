"""SUN: photographs of scenes, resized to 32x32.

Xiao, Hays, Ehinger, Oliva & Torralba, "SUN database", CVPR 2010. The download is SUN397; a data folder may hold a part.
"""

from pathlib import Path

from common.data.download import Download
from common.data.fetching import fetch
from common.data.unpacking import unpack
from vision.data.prepared import colour_source, every, shrunk, write_parquet

ABOUT = "37 GB shrunk to 0.3 GB, research use, vision.princeton.edu"
URL = "http://vision.princeton.edu/projects/2010/SUN/SUN397.tar.gz"
MD5 = "md5:8ca2778205c41d23104230ba66911c7a"


def prepare(work: Path, ready: Path) -> None:
    """Fetch SUN397 and resize it."""
    from torchvision.datasets import SUN397

    unpack(fetch(URL, work, MD5), work)
    fetched = SUN397(work)
    write_parquet(ready / "vision/sun_scenes_ood.parquet", shrunk(every(fetched)), fetched.classes)


DOWNLOADS = {"sun": Download(("vision/sun_scenes_ood.parquet",), prepare, ABOUT)}

SUN = colour_source("SUN", "vision/sun_scenes_ood.parquet", "sun", 108_754, about=ABOUT)
