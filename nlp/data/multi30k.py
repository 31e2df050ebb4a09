"""Multi30k: English captions of photographs (Elliott et al., 2016); from Flickr30k, as those of SNLI."""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

MULTI30K = Source(
    "Multi30k",
    (
        Location(
            (Prepared("nlp/multi30k_en.parquet", "multi30k"),),
            text_table(("val", "test_2016_flickr", "test_2017_flickr")),
        ),
    ),
    about="3,014 captions of the validation and test splits; no licence stated",
    family="captions of Flickr30k",
    distance="far",
)
