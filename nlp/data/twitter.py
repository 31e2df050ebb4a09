"""Tweets with 25 coarse part-of-speech tags (Gimpel et al., ACL 2011), as used by the baseline paper.

Tokens are lower-cased, user names and links are masked in the file (``<@MENTION>``, ``<URL-host>``); the host is
removed here, so that all links are one word.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from nlp.data.tagging import penn_spelling, tagged_table

_FILE = Prepared("nlp/pos_twitter_gimpel2011.parquet")
_ABOUT = "1,827 tweets, 26,594 tokens, 25 tags (Gimpel et al. 2011); annotations CC BY 3.0"

TWITTER_TAGS = tuple("!#$&,@ADEGLMNOPRSTUVXYZ^~")
"""The 25 tags: N noun, ^ name, V verb, # hashtag, @ user name, U link, E emoticon, ~ retweet and so on."""


def _one_link(tokens: list[str], tags: Sequence[str]) -> list[str]:
    return ["<URL>" if token.startswith("<URL-") else token for token in tokens]


def _as_penn(tokens: list[str], tags: Sequence[str]) -> list[str]:
    return penn_spelling(tokens)


def _read(split: str) -> Callable[[Path], RawDataset]:
    return tagged_table(TWITTER_TAGS, {"split": split}, rewrite=_one_link)


TWITTER_TRAIN = Source("Twitter train", (Location((_FILE,), _read("train")),), about=_ABOUT)
TWITTER_TEST = Source("Twitter", (Location((_FILE,), _read("test")),), about=_ABOUT)

TWEETS = Source(
    "Twitter",
    (Location((_FILE,), tagged_table(TWITTER_TAGS, {"split": "test"}, rewrite=_as_penn, labelled=False)),),
    about="the 500 test tweets in the Penn Treebank's spelling of brackets and quotes, without tags",
)
