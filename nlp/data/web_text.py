"""English Web Treebank as plain text: sentences of web logs, newsgroups, e-mails, reviews and answers."""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

WEB_TEXT = Source(
    "Web Treebank",
    (Location((Prepared("nlp/pos_ewt.parquet"),), text_table("test")),),
    about="2,077 test sentences of five genres, UD_English-EWT; CC BY-SA 4.0",
    distance="far",
)
