"""Stanford Sentiment Treebank (SST): whole sentences, negative or positive (Socher et al., EMNLP 2013).

The neutral sentences have no binary label; they are skipped and counted. The sentences are those of Movie Reviews, so
neither is OOD for the other.
"""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

SENTIMENTS = ("neg", "pos")
FILE = Prepared("nlp/sst.parquet", "sst")
ABOUT = "SST, 6,920 training and 1,821 test sentences that are not neutral; no licence stated"

TRAIN = Source("SST", (Location((FILE,), text_table("train", "label_binary", SENTIMENTS)),), about=ABOUT)
TEST = Source("SST test", (Location((FILE,), text_table("test", "label_binary", SENTIMENTS)),), about=ABOUT)
