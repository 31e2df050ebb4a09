"""Auxiliary outliers for digits: Kannada numerals and doodles where a data folder has them, and signs of fonts.

None is an OOD set of the digits. Kannada is one script in Kannada-MNIST and in Omniglot, whose evaluation set has an
alphabet of it; so these numerals serve only where Omniglot's background set, which has none, is the OOD set.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from vision.data.fonts import FONT_SYMBOLS
from vision.data.images import read_npz

KANNADA_SCRIPT = "Kannada script"
NUMERALS = tuple("0123456789")


def read_kannada(path: Path, *background: Path) -> RawDataset:
    """Read the numerals 1 to 9 without labels; the Kannada 0 is drawn like ours, so it is left out and counted."""
    samples = read_npz(path, label_names=NUMERALS)
    kept = np.flatnonzero(samples.labels != 0)
    return RawDataset(samples.items[kept], dropped={"zeros, drawn like our own": len(samples) - len(kept)})


def read_cats(path: Path) -> RawDataset:
    """Read the doodles of cats without labels."""
    samples = read_npz(path)
    return RawDataset(samples.items[samples.labels == samples.label_names.index("cat")])


def read_doodles(path: Path) -> RawDataset:
    """Read doodles without labels."""
    return RawDataset(read_npz(path).items)


KANNADA_MNIST = Source(
    "Kannada-MNIST (1 to 9)",
    (Location((Prepared("vision/kannada_mnist_test.npz"), Prepared("vision/omniglot_background.npz")), read_kannada),),
    about="9,000 handwritten numerals of the test set, Prabhu 2019; used beside Omniglot's background set alone",
    family=KANNADA_SCRIPT,
)
QUICK_DRAW = Source(
    "Quick, Draw!",
    (Location((Prepared("vision/quickdraw_3k.npz"),), read_doodles, kind="sample"),),
    about="3,000 doodles of cats, rainbows and trains, Google (CC BY 4.0)",
)

CATS = replace(QUICK_DRAW, name="Cats", places=(Location(QUICK_DRAW.places[0].files, read_cats, kind="sample"),))

DIGIT_OUTLIERS = (FONT_SYMBOLS, KANNADA_MNIST, QUICK_DRAW)
