"""CLINC150 intent classification, bag of words; OOD: requests that belong to none of the 150 intents.

Not an experiment of Hendrycks & Gimpel (ICLR 2017). The data and the question (is a request out of scope?) are those
of Larson et al., "An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction" (EMNLP-IJCNLP 2019),
arXiv:1909.02027.
"""

from dataclasses import replace

from common.task import Budget, Model, Task
from nlp.data.clinc150 import OUT, TEST, TRAIN
from nlp.data.outliers import TEXT_OUTLIERS, with_outliers

QUICK = Budget(epochs=8, batch_size=32, learning_rate=1e-3)

TASK = Task(
    title="CLINC150, 150 intents in and other requests out",
    in_dist="CLINC150",
    train=TRAIN,
    test=TEST,
    ood=(replace(OUT, distance="near"),),
    outliers=TEXT_OUTLIERS,
    options=with_outliers(epochs=QUICK.epochs),
    model=Model("bag_of_words", {"words": 5000, "stop_words": False}),
    quick=QUICK,
    paper=QUICK,
    row_name="request",
    deviations_from_paper=(
        "Not an experiment of the paper. Stop words are kept, since requests are short and most of their words count.",
    ),
    notes=(
        "The 200 out-of-scope requests of the training and validation splits are not used: the network learns from the "
        "150 intents alone.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
