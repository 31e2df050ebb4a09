"""SNLI: the hypotheses, sentences written about image captions (Bowman et al., EMNLP 2015)."""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

SNLI = Source(
    "SNLI",
    (Location((Prepared("nlp/snli.parquet", "snli"),), text_table("test")),),
    about="9,824 hypotheses of the test split; CC BY-SA 4.0",
    family="captions of Flickr30k",
    distance="far",
)
