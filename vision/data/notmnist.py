"""notMNIST: glyphs of the letters A to J from many fonts, 28x28, white on black (Bulatov 2011)."""

from dataclasses import replace
from pathlib import Path

from common.data import Place, Prepared, Samples, Source
from vision.data.fonts import FONT_LETTERS
from vision.data.images import read_npz

LETTERS = tuple("ABCDEFGHIJ")


def read(path: Path) -> Samples:
    """Read the glyphs, without their labels: to a digit classifier they are no class at all."""
    return replace(read_npz(path, label_names=LETTERS), labels=None)


NOTMNIST = Source(
    "notMNIST",
    (Place((Prepared("vision/notmnist_10k.npz", download="notmnist"),), read),),
    stand_in=FONT_LETTERS,
    about="10,000 glyphs of Bulatov's notMNIST; some are blank, solid or ornaments",
)
