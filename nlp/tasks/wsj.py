"""Part-of-speech tagging of the Wall Street Journal against tweets and web logs, with a bidirectional LSTM.

Reproduces the WSJ rows of tables 7 and 8, Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from common.task import Budget, Model, Task
from nlp.data.twitter import TWEETS
from nlp.data.web_treebank import WEBLOG
from nlp.data.wsj import WSJ_TEST, WSJ_TRAIN
from nlp.tagging_task import WORD_SUBSETS

# The recipe's rate 1 and gradient norm 5 are for a loss summed over a sentence. Ours is the mean over the words, and a
# sentence has 24 of them: rate 24 and norm 5 / 24 make the same steps.
PAPER = Budget(
    epochs=13,
    batch_size=32,
    learning_rate=24.0,
    optimizer="plain_sgd",
    schedule="steps",
    decay=0.5,
    decay_at=tuple(range(4, 13)),
    gradient_norm=5 / 24,
)

TASK = Task(
    title="WSJ part-of-speech tags",
    in_dist="WSJ",
    train=WSJ_TRAIN,
    test=WSJ_TEST,
    ood=(TWEETS, WEBLOG),
    model=Model("lstm_tagger"),
    quick=PAPER,
    paper=PAPER,
    row_name="token",
    also_by_group=True,
    subsets=WORD_SUBSETS,
    error_name="tagging error",
    deviations_from_paper=(
        "Trained on NLTK's fragment of the treebank, a tenth of its words, so the error is above the published 3.68 %.",
        "A training word that occurs once is taken for unknown half of the time, so that unknown words have a vector.",
    ),
    notes=(
        "The fragment has no official split: training, development and test are different documents.",
        "Tweets and web logs are brought to the Penn Treebank's spelling of brackets and quotes first.",
        "--model lstm_tagger_glove adds pretrained word vectors, which the published tagger does not have.",
        "Sentences are scored by the mean over their words; a sentence is right if all its tags are.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
