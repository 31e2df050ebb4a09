"""TREC: questions by the kind of their answer (Li & Roth, COLING 2002). 11 test questions are also in training."""

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tables import text_table

KINDS = ("ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM")
FILE = Prepared("nlp/trec.parquet", "trec")
ABOUT = "TREC, 5,452 training and 500 test questions, 6 kinds; no licence stated"

TRAIN = Source("TREC", (Location((FILE,), text_table("train", "label", KINDS)),), about=ABOUT)
TEST = Source("TREC test", (Location((FILE,), text_table("test", "label", KINDS)),), about=ABOUT)
