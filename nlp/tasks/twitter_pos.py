"""Part-of-speech tagging of tweets, from a word and its two neighbours: does confidence tell right from wrong?

Reproduces the Twitter row of table 7, Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from common.task import Budget, Model, Task
from nlp.data.twitter import TWITTER_TEST, TWITTER_TRAIN
from nlp.tagging_task import WORD_SUBSETS

# The recipe's batch is 64 words; a tweet has 15, and tweets stay whole here.
PAPER = Budget(epochs=30, batch_size=4, learning_rate=1e-3, schedule="steps", decay_at=(15,), weight_decay=5e-5)

TASK = Task(
    title="Twitter part-of-speech tags",
    in_dist="Twitter",
    train=TWITTER_TRAIN,
    test=TWITTER_TEST,
    ood=(),
    model=Model("window_tagger"),
    quick=PAPER,
    paper=PAPER,
    row_name="token",
    also_by_group=True,
    subsets=WORD_SUBSETS,
    error_name="tagging error",
    deviations_from_paper=(
        "The pretrained vectors are GloVe's of newswire and encyclopedia text, not vectors of tweets: a seventh of the "
        "words has none.",
        "Training words have a learned vector added to the pretrained one.",
        "Unknown words without a vector are told apart by their look: hashtag, with digits, without letters, with an "
        "apostrophe, other. All links are one word.",
        "A training word that occurs once is taken for unknown half of the time.",
        "A batch is 4 whole tweets, about 60 words, in place of 64 single words.",
    ),
    notes=("Errors only: the paper has no out-of-distribution set for this task.",),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
