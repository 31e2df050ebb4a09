"""SST sentiment classification, GRU; the OOD sets are those of the Outlier Exposure paper.

From the text experiments of Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606.
"""

from common.task import Budget, Model, Task
from nlp.data.multi30k import MULTI30K
from nlp.data.outliers import TEXT_OUTLIERS, with_outliers
from nlp.data.snli import SNLI
from nlp.data.sst import TEST, TRAIN
from nlp.data.web_text import WEB_TEXT
from nlp.data.wmt16 import WMT16
from nlp.data.yelp import YELP

TASK = Task(
    title="Stanford Sentiment Treebank",
    in_dist="SST",
    train=TRAIN,
    test=TEST,
    ood=(SNLI, MULTI30K, WMT16, YELP, WEB_TEXT),
    outliers=TEXT_OUTLIERS,
    options=with_outliers(epochs=3),
    model=Model("gru"),
    quick=Budget(epochs=3, batch_size=64, learning_rate=1e-2, schedule="cosine", validation=690, test_examples=2000),
    paper=Budget(epochs=5, batch_size=64, learning_rate=1e-2, schedule="cosine", validation=690),
    row_name="sentence",
    population="all",
    deviations_from_paper=(
        "A tenth of the training sentences is for validation and chooses the epoch; the authors took the last epoch.",
        "Yelp has single sentences, not full reviews; WMT16 and Multi30k are parts of the published sets; no IMDB.",
    ),
    notes=(
        "SNLI and Multi30k describe photographs of the same collection, so they are not independent.",
        "Movie Reviews is not an OOD set, because the treebank consists of its sentences.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
