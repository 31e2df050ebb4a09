"""Customer Reviews (CR): sentences about products, lower-cased and tokenised (Hu & Liu, KDD 2004)."""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

CUSTOMER_REVIEWS = Source(
    "Customer Reviews",
    (Location((Prepared("nlp/cr.parquet"),), text_table("train", "label", ("neg", "pos"))),),
    about="2,775 sentences, the training split of the paper's authors; no licence stated",
)
