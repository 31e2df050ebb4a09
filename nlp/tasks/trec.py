"""TREC question classification, bag of embeddings, 2 of the 6 kinds held out.

Not an experiment of Hendrycks & Gimpel (ICLR 2017): their text categorisation, applied to short questions. The other
OOD sets are those of Outlier Exposure (Hendrycks et al., ICLR 2019), arXiv:1812.04606.
"""

from common.data.split import held_out_classes
from common.task import Budget, Model, Task
from nlp.data.multi30k import MULTI30K
from nlp.data.outliers import TEXT_OUTLIERS, with_outliers
from nlp.data.snli import SNLI
from nlp.data.trec import TEST, TRAIN
from nlp.data.web_text import WEB_TEXT
from nlp.data.wmt16 import WMT16
from nlp.data.yelp import YELP

TASK = Task(
    title="TREC, 4 kinds of question in and 2 out",
    in_dist="TREC 4",
    train=TRAIN,
    test=TEST,
    ood=(SNLI, MULTI30K, WMT16, YELP, WEB_TEXT),
    split=held_out_classes(2, "TREC 2"),
    outliers=TEXT_OUTLIERS,
    options=with_outliers(epochs=8),
    model=Model("bag_of_embeddings", {"positions": 20, "stop_words": False}),
    quick=Budget(epochs=8, batch_size=32, learning_rate=3e-3, validation=400, test_examples=2000),
    paper=Budget(epochs=20, batch_size=32, learning_rate=3e-3, schedule="steps", decay_at=(15,), validation=400),
    row_name="question",
    deviations_from_paper=(
        "Not an experiment of the paper. Stop words are kept, since who, where and when distinguish the kinds.",
    ),
    notes=(
        "The seed draws the held-out kinds.",
        "SNLI and Multi30k describe photographs of the same collection, so they are not independent.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
