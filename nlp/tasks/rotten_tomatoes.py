"""Fresh or rotten: sentiment of movie-review snippets, with a bag of embeddings and no download.

The offline sibling of ``nlp/imdb``: OOD are plot summaries (of films, without a verdict), messages and newswire.
"""

from common.task import Budget, Model, Task
from nlp.data.newsgroups import TEST as NEWSGROUPS
from nlp.data.reuters import TEST52 as REUTERS
from nlp.data.rotten_tomatoes import PLOTS, TEST, TRAIN

TASK = Task(
    title="Rotten Tomatoes, fresh or rotten",
    in_dist="Rotten Tomatoes",
    train=TRAIN,
    test=TEST,
    ood=(PLOTS, NEWSGROUPS, REUTERS),
    model=Model("bag_of_embeddings", {"positions": 40, "stop_words": False}),
    quick=Budget(epochs=10, batch_size=32, learning_rate=1e-3, validation=1000, test_examples=2500),
    paper=Budget(epochs=15, batch_size=32, learning_rate=1e-3, validation=1000),
    row_name="document",
    deviations_from_paper=("Not an experiment of the paper: its sentiment recipe on snippets of one sentence.",),
    notes=(
        "Training and test films differ; some plot summaries are of films whose reviews are in training.",
        "Only the last 40 words of a text count, so that a long text does not stand out by its length alone.",
        "An AUROC below 50 % is overconfidence laid bare: padding is part of the mean, as in the paper's recipe, so "
        "the network is less sure of a snippet of 20 words than of 40 words about something else.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
