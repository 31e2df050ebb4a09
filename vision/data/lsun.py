"""LSUN: the 10,000 test photographs of scenes, resized to 32x32.

Yu, Seff, Zhang, Song, Funkhouser & Xiao, "LSUN", 2015, arXiv:1506.03365.
"""

import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from common.base.errors import UserError
from common.data.download import Download
from common.data.fetching import fetch
from common.data.unpacking import unpack
from vision.data.prepared import central_square, colour_source, png, write_parquet

URL = "http://dl.yf.io/lsun/scenes/test_lmdb.zip"
ABOUT = "170 MB, research use, dl.yf.io (publishes no checksum: the first download is remembered)"


def prepare(work: Path, ready: Path) -> None:
    """Fetch the test database and resize its images.

    torchvision's ``LSUN`` neither downloads nor reads without a pickled index, so the database is read directly.
    """
    archive = fetch(URL, work, checksum=None)
    unpack(archive, work / "unpacked")
    write_parquet(ready / "vision/lsun_test.parquet", _images(work / "unpacked/test_lmdb"), ("scene",))


def _images(database: Path) -> Iterable[tuple[bytes, int]]:
    try:
        import lmdb
    except ImportError as error:
        raise UserError("LSUN is an LMDB database; install its reader with: uv pip install lmdb") from error
    with lmdb.open(str(database), readonly=True, lock=False) as environment, environment.begin() as transaction:
        for _, content in transaction.cursor():
            with Image.open(io.BytesIO(content)) as image:
                yield png(central_square(image, 32)), 0


DOWNLOADS = {"lsun": Download(("vision/lsun_test.parquet",), prepare, ABOUT)}

LSUN = colour_source("LSUN", "vision/lsun_test.parquet", "lsun", 10_000, about=ABOUT)
