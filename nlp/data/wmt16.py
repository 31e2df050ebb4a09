"""WMT16: English sentences of news and politics, lower-cased and tokenised; some are translations."""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

WMT16 = Source(
    "WMT16",
    (Location((Prepared("nlp/wmt16_en.parquet"),), text_table()),),
    about="5,000 of the 22,169 sentences of the Outlier Exposure paper; no licence stated",
    distance="far",
)
