"""Stand-ins drawn or cut by us: no digit among the glyphs, nothing blank, the same every time."""

from importlib import metadata

import numpy as np
import pytest
from matplotlib.ft2font import FT2Font

from common.data.locations import Folders
from common.data.sources import Source
from vision.data.fonts import FONT_LETTERS, LETTERS, OTHER_SCRIPTS, SCRIPTS
from vision.data.photographs import PHOTOGRAPH_PATCHES

NOWHERE = Folders()
CHARACTERS = "".join(SCRIPTS.values())


def test_every_letter_of_the_other_scripts_is_in_every_font_that_draws_it() -> None:
    for place in OTHER_SCRIPTS.places:
        for file in place.files:
            known = FT2Font(str(file.find(NOWHERE))).get_charmap()
            assert [character for character in CHARACTERS if ord(character) not in known] == []


def test_no_glyph_is_a_digit_or_one_of_the_letters_drawn_like_a_digit() -> None:
    looks_like_a_digit = set("ΟΙΒΖΘοιβδθσςρЗОІЧБбзоьчЭэՕՁԶՅՉՏօՇշסוזןרვოცძმზ")
    assert not looks_like_a_digit & set(CHARACTERS)
    assert not any(character.isnumeric() for character in CHARACTERS + LETTERS)
    assert len(set(CHARACTERS)) == len(CHARACTERS) >= 150


def test_no_drawn_glyph_is_the_same_picture_as_a_digit_of_its_font() -> None:
    """Draws the ten digits as the scripts are drawn, and finds none of them among the scripts."""
    from vision.data.fonts import _glyphs

    paths = [path for file in OTHER_SCRIPTS.places[0].files if (path := file.find(NOWHERE))]
    digits = np.stack(list(_glyphs(paths, "0123456789", (1.0,), (0.0,), box=20))).reshape(-1, 784).astype(float)
    glyphs = OTHER_SCRIPTS.load(NOWHERE).items[1::3].reshape(-1, 784).astype(float)
    nearest = np.corrcoef(digits, glyphs)[: len(digits), len(digits) :].max()
    assert nearest < 0.9


@pytest.mark.parametrize(("source", "count"), [(FONT_LETTERS, 22 * 10 * 9), (OTHER_SCRIPTS, 4 * len(CHARACTERS) * 3)])
def test_glyphs_are_white_on_black_centred_and_none_is_blank(source: Source, count: int) -> None:
    samples = source.load(NOWHERE)
    assert samples.items.shape == (count, 28, 28) and samples.items.dtype == np.uint8 and samples.kind == "sample"
    assert (samples.items.max(axis=(1, 2)) > 150).all()
    assert (samples.items.mean(axis=(1, 2)) < 200).all()
    ink = samples.items.sum(axis=0).astype(float)
    assert np.allclose([ink.sum(0) @ np.arange(28) / ink.sum(), ink.sum(1) @ np.arange(28) / ink.sum()], 13.5, atol=1)


def test_letters_fill_the_frame_as_in_notmnist_and_other_scripts_20_pixels_as_digits_do() -> None:
    for source, box in ((FONT_LETTERS, 28), (OTHER_SCRIPTS, 20)):
        inked = source.load(NOWHERE).items > 0
        longer = np.maximum(_extent(inked.any(axis=2)), _extent(inked.any(axis=1)))
        assert (longer <= box).all() and (longer >= box - 1).all()


def _extent(inked: np.ndarray) -> np.ndarray:
    """Return how far it is from the first to the last inked line, both counted; (N, 28) -> (N,)."""
    return 28 - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1)


@pytest.mark.parametrize("source", [FONT_LETTERS, OTHER_SCRIPTS, PHOTOGRAPH_PATCHES], ids=lambda source: source.name)
def test_a_stand_in_is_the_same_every_time_and_says_what_it_stands_for(source: Source) -> None:
    np.testing.assert_array_equal(source.load(NOWHERE, 0).items, source.load(NOWHERE, 1).items)
    assert ", for " in source.name


def test_a_font_of_another_version_is_refused() -> None:
    assert metadata.version("matplotlib").startswith("3.11.")
    for file in FONT_LETTERS.places[0].files:
        assert file.find(NOWHERE) is not None  # checks size and checksum


def test_photograph_patches_are_grey_scenes_with_contrast() -> None:
    samples = PHOTOGRAPH_PATCHES.load(NOWHERE)
    assert samples.items.shape[1:] == (28, 28) and samples.items.dtype == np.uint8 and len(samples) >= 2000
    assert np.median(samples.items.std(axis=(1, 2))) > 25
    neighbours = [
        np.corrcoef(image[:, :-1].ravel(), image[:, 1:].ravel())[0, 1] for image in samples.items[::50].astype(float)
    ]
    assert np.mean(neighbours) > 0.7  # pictures, not noise
