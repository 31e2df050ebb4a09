"""Movie Reviews (MR): sentences of film reviews, lower-cased and tokenised (Pang & Lee, ACL 2005).

The Stanford Sentiment Treebank consists of the same sentences, so neither is OOD for the other.
"""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

MOVIE_REVIEWS = Source(
    "Movie Reviews",
    (Location((Prepared("nlp/mr.parquet"),), text_table("train", "label", ("neg", "pos"))),),
    about="8,662 sentences, the training split of the paper's authors; no licence stated",
)
