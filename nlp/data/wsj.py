"""Wall Street Journal part-of-speech tags: the Penn Treebank (LDC99T42), or NLTK's sample of it (a tenth).

The sample has no official split; the prepared file splits it by document (``train`` wsj_0001-0121, ``dev``, which is
validation, 0122-0142, ``test`` 0143-0199). ``nlp/data/tagging.py`` says how to make the file of the whole treebank.
"""

from functools import partial

from common.data.locations import Location, Prepared
from common.data.sources import Source
from nlp.data.tagging import PENN_TAGS, tagged_table

_FILE = Prepared("nlp/pos_wsj.parquet")
_ABOUT = "3,914 sentences of the Penn Treebank (NLTK's fragment), 94,084 tokens, 45 tags; non-commercial use"

_read = partial(tagged_table, PENN_TAGS)

WSJ_TRAIN = Source("WSJ train", (Location((_FILE,), _read({"split": "train"}), kind="sample"),), about=_ABOUT)
WSJ_TEST = Source("WSJ", (Location((_FILE,), _read({"split": "test"}), kind="sample"),), about=_ABOUT)
