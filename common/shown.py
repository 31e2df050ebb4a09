"""How people are shown an input of a modality: the contract of ``MODALITY/shown.py``, which defines ``SHOWING``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.store.outputs import Outputs

FILE = "examples.json"
"""In the folder of a run: the chosen inputs of all tasks, as ``common.examples`` writes and the report reads them."""


@dataclass(frozen=True)
class Shown:
    """One input, in a form that a page can show.

    Attributes:
        text: of the input, cut where it is long; empty for an image or a sound.
        marked: start and end of the part of ``text`` that is judged; None: all of it.
        image: PNG: the input itself, or a picture of it.
        sound: MP3 or FLAC, by ``sound_type``.
        sound_type: media type of ``sound``, such as ``audio/mpeg``.
        about: what is shown, in a few words: its size, and the part of the input that it is.
    """

    text: str = ""
    marked: tuple[int, int] | None = None
    image: bytes = b""
    sound: bytes = b""
    sound_type: str = ""
    about: str = ""


@dataclass(frozen=True)
class Showing:
    """What a modality supplies.

    Attributes:
        show: an item of a data set, and the position of the judged row in it (None: the whole item is judged), to what
            is shown.
        rows: number of rows of an item, where rows are parts of items: tokens of a sentence, frames of an utterance.
        said: what a model says of an item whose rows are pooled to one score: a transcript; "" for no words of its own.
        count: how many inputs of each kind are shown.
    """

    show: Callable[[Any, int | None], Shown]
    rows: Callable[[Any], int] = lambda item: 1
    said: Callable[[Outputs, tuple[str, ...]], str] = lambda outputs, names: ""
    count: int = 6
