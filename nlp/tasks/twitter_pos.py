"""Part-of-speech tagging of tweets, window tagger; misclassification only.

Reproduces the Twitter row of table 7, Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from common.task import Budget, Model, Task
from nlp.data.twitter import TWITTER_TEST, TWITTER_TRAIN
from nlp.tagging_task import WORD_SUBSETS

# The recipe's batch is 64 words. A tweet has 15, and tweets are not divided here.
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
        "The pretrained vectors are GloVe vectors of newswire and encyclopedia text, not of tweets: a seventh of the "
        "words has none.",
        "For training words, a learned vector is added to the pretrained one.",
        "Unknown words without a vector are distinguished by their shape: hashtag, with digits, without letters, with "
        "an apostrophe, other. All links are one word.",
        "In training, a word that occurs once is replaced by the unknown word with probability 1/2.",
        "A batch is 4 whole tweets, about 60 words, not 64 single words.",
    ),
    notes=("Misclassification only: the paper has no out-of-distribution set for this task.",),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
