"""IMDB: 50,000 film reviews of 1 to 4 or 7 to 10 stars; training and test films differ (Maas et al., ACL 2011).

As in the original, 123 test reviews are also in the training set.
"""

import re

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

SENTIMENTS = ("neg", "pos")
FILE = Prepared("nlp/imdb.parquet", "imdb")
ABOUT = "IMDB, 25,000 training and 25,000 test reviews; no licence stated, cite Maas et al. 2011"

_LINE_BREAK = re.compile(r"<br\s*/?>")


def without_markup(text: str) -> str:
    """Return a review with its HTML line breaks, the only markup in the set, replaced by spaces."""
    return _LINE_BREAK.sub(" ", text)


def _source(name: str, split: str) -> Source:
    return Source(name, (Location((FILE,), text_table(split, "label", SENTIMENTS, clean=without_markup)),), about=ABOUT)


TRAIN = _source("IMDB", "train")
TEST = _source("IMDB test", "test")
