"""Reuters-8 topic classification, bag of words, 2 topics held out.

Reproduces the Reuters 6 rows of tables 5 and 6, Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from dataclasses import replace

from common.data.split import held_out_classes
from common.task import Budget, Model, Task
from nlp.data.far import FAR
from nlp.data.outliers import TEXT_OUTLIERS, with_outliers
from nlp.data.reuters import TEST8, TRAIN8

PAPER = Budget(epochs=5, batch_size=32, learning_rate=1e-3, schedule="steps", decay_at=(4,), validation=500)
QUICK = replace(PAPER, test_examples=1000)

TASK = Task(
    title="Reuters-8, 6 topics in and 2 out",
    in_dist="Reuters 6",
    train=TRAIN8,
    test=TEST8,
    ood=FAR,
    split=held_out_classes(2, "Reuters 2"),
    outliers=TEXT_OUTLIERS,
    options=with_outliers(epochs=PAPER.epochs),
    model=Model("bag_of_words"),
    quick=QUICK,
    paper=PAPER,
    row_name="document",
    deviations_from_paper=(
        "The validation stories and the vocabulary are drawn after the held-out topics are removed; the authors drew "
        "both before.",
        "Stop words are scikit-learn's, not NLTK's.",
    ),
    notes=("The seed draws the held-out topics; the published draw is unknown, so compare means over draws.",),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
