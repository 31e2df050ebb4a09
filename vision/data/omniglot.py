"""Omniglot: handwritten characters of many alphabets (Lake et al. 2015), without digit look-alikes.

The publication used 15 of the 30 alphabets of the background set, those without characters that look like digits, and
does not name them. The alphabets here were chosen by looking at the characters, before any result was known.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from common.data.download import Download
from common.data.fetching import fetch
from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from common.data.unpacking import unpack
from vision.data.fonts import OTHER_SCRIPTS
from vision.data.images import read_npz

BACKGROUND = (
    "Alphabet_of_the_Magi",
    "Arcadian",
    "Asomtavruli_(Georgian)",
    "Balinese",
    "Bengali",
    "Blackfoot_(Canadian_Aboriginal_Syllabics)",
    "Braille",
    "Grantha",
    "Gujarati",
    "Inuktitut_(Canadian_Aboriginal_Syllabics)",
    "Japanese_(hiragana)",
    "Japanese_(katakana)",
    "Ojibwe_(Canadian_Aboriginal_Syllabics)",
    "Sanskrit",
    "Tagalog",
)
"""15 alphabets of the background set. Excluded, with the digits that a character looks like (a circle 0, a stroke 1):
Anglo-Saxon_Futhorc (1), Armenian (0, 2), Burmese (0), Cyrillic (0, 3), Early_Aramaic (0, 1), Futurama (0),
Greek (0, 1), Hebrew (0, 1), Korean (0, 1), Latin (0, 1, 2, 5), Malay (0, 1), Mkhedruli (3, 6), N_Ko (0, 1),
Syriac_(Estrangelo) (0, 1), Tifinagh (0, 1)."""

EVALUATION = ("Gurmukhi", "Kannada", "Keble", "Tibetan")
"""4 of the 20 alphabets of the evaluation set, 3,080 images. Excluded, with the digits that a character looks
like: Angelic (1, 7), Atemayar_Qelisayer (1, 7), Atlantean (6, 8, 9), Aurek-Besh (1, 7), Avesta (1, 3),
Ge_ez (0, 8), Glagolitic (3, 6), Malayalam (0), Manipuri (0, 2, 9), Mongolian (5, 6),
Old_Church_Slavonic_(Cyrillic) (0, 1, 3), Oriya (0), Sylheti (2, 5), Syriac_(Serto) (0, 1), Tengwar (2, 9), ULOG (1)."""


def read(path: Path, alphabets: tuple[str, ...]) -> RawDataset:
    """Read the characters of some alphabets without their labels; count the others as dropped.

    Raises:
        ValueError: the file lacks one of the alphabets.
    """
    samples = read_npz(path)
    missing = set(alphabets) - set(samples.label_names)
    if missing:
        raise ValueError(f"alphabets are missing: {', '.join(sorted(missing))}")
    kept = np.flatnonzero(np.isin(samples.labels, [samples.label_names.index(name) for name in alphabets]))
    excluded = len(samples) - len(kept)
    return RawDataset(samples.items[kept], dropped={"characters of alphabets with digit look-alikes": excluded})


def prepare(work: Path, ready: Path) -> None:
    """Fetch both sets, resize them to 28x28 and invert them to white on black."""
    from torchvision.datasets import Omniglot

    for side, archive in (("background", "images_background"), ("eval", "images_evaluation")):
        unpack(fetch(f"{HOME}/{archive}.zip", work / Omniglot.folder, MD5[archive]), work / Omniglot.folder)
        fetched = Omniglot(str(work), background=side == "background")
        # In the order of torchvision's items; a character is named "alphabet/character".
        characters = [fetched[i] for i in range(len(fetched))]
        of_character = [Path(name).parts[0] for name in fetched._characters]
        names = sorted(set(of_character))
        np.savez_compressed(
            ready / f"vision/omniglot_{side}.npz",
            images=np.stack([_small(image) for image, _ in characters]),
            labels=np.array([names.index(of_character[character]) for _, character in characters], np.uint8),
            characters=np.array([character for _, character in characters], np.uint16),
            label_names=np.array(names),
        )


def _small(image: Image.Image) -> np.ndarray:
    return np.asarray(ImageOps.invert(image.convert("L").resize((28, 28), Image.Resampling.LANCZOS)))


HOME = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python"
MD5 = {
    "images_background": "md5:68d2efa1b9178cc56df9314c21c6e718",
    "images_evaluation": "md5:6b91aef0f799c5bb55b94e3f2daec811",
}
FILES = ("vision/omniglot_background.npz", "vision/omniglot_eval.npz")
DOWNLOADS = {"omniglot": Download(FILES, prepare, "15 MB, MIT, github.com/brendenlake/omniglot")}


def _source(side: str, alphabets: tuple[str, ...], **more: Any) -> Source:
    file = Prepared(f"vision/omniglot_{side}.npz", download="omniglot")
    about = "Lake, Salakhutdinov & Tenenbaum (MIT licence); alphabets without digit look-alikes"
    place = Location((file,), partial(read, alphabets=alphabets))
    return Source("Omniglot", (place,), about=about, distance="near", **more)


OMNIGLOT_EVALUATION = _source(
    "eval", EVALUATION, stand_in=replace(OTHER_SCRIPTS, distance="near"), family="Kannada script"
)
OMNIGLOT = _source("background", BACKGROUND, stand_in=OMNIGLOT_EVALUATION)
"""The background set, or where that is missing the evaluation set, or where both are, drawn letters."""
