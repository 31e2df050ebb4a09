"""English Web Treebank: tagged sentences of web logs, with Penn Treebank tags and spelling.

Five tags of this corpus are not in the Wall Street Journal's set (1 % of the web log's tokens). Each is read as the tag
that the older guidelines gave such a token: a hyphen that stands alone (HYPH) and decoration (NFP) as ``:``, an address
(ADD) as NN, a prefix (AFX) as JJ, a piece of a split word (GW) as NN.
"""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tagging import PENN_TAGS, penn_spelling, tagged_table

_FILE = Prepared("nlp/pos_ewt.parquet")

WEB_TAGS = {"HYPH": ":", "NFP": ":", "ADD": "NN", "AFX": "JJ", "GW": "NN"}
"""Tags of the Web Treebank that the Wall Street Journal's set lacks, and the tag that replaces each."""

WEBLOG = Source(
    "Weblog",
    (
        Location(
            (_FILE,),
            tagged_table(PENN_TAGS, {"genre": "weblog", "split": "test"}, aliases=WEB_TAGS, rewrite=penn_spelling),
        ),
    ),
    about="214 test sentences of web logs, UD_English-EWT; CC BY-SA 4.0",
)
