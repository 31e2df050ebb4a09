"""Rotten Tomatoes sentiment classification, bag of embeddings, no download; OOD: plots, messages, newswire.

The offline counterpart of ``nlp/imdb``. The OOD sets are plot summaries of films, Usenet messages and newswire.
"""

from common.task import Budget, Model, Task
from nlp.data.newsgroups import TEST as NEWSGROUPS
from nlp.data.outliers import TEXT_OUTLIERS, with_outliers
from nlp.data.reuters import TEST52 as REUTERS
from nlp.data.rotten_tomatoes import PLOTS, TEST, TRAIN

TASK = Task(
    title="Rotten Tomatoes, fresh or rotten",
    in_dist="Rotten Tomatoes",
    train=TRAIN,
    test=TEST,
    ood=(PLOTS, NEWSGROUPS, REUTERS),
    outliers=TEXT_OUTLIERS,
    options=with_outliers(epochs=10),
    model=Model("bag_of_embeddings", {"positions": 40, "stop_words": False}),
    quick=Budget(epochs=6, batch_size=32, learning_rate=1e-3, validation=1000, test_examples=1000),
    paper=Budget(epochs=15, batch_size=32, learning_rate=1e-3, validation=1000),
    row_name="document",
    deviations_from_paper=("Not an experiment of the paper: its sentiment recipe on snippets of one sentence.",),
    notes=(
        "Training and test films differ; some plot summaries are of films in the training set.",
        "Texts are truncated to their last 40 words, so that length alone does not reveal a long text.",
        "An AUROC below 50 % means overconfidence on OOD texts: padding is part of the mean, as in the paper's recipe, "
        "so confidence is lower for a snippet of 20 words than for an OOD text of 40 words.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
