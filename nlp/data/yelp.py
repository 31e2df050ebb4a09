"""Yelp: short sentences of reviews of shops and restaurants (Shen et al., NeurIPS 2017), lower-cased."""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

YELP = Source(
    "Yelp",
    (Location((Prepared("nlp/yelp_sentences.parquet"),), text_table("test")),),
    about="5,000 sentences, not the full reviews of the Outlier Exposure paper; academic use",
    distance="far",
)
