"""Reuters-52 topic classification, bag of words, 12 topics held out.

Reproduces the Reuters 40 rows of tables 5 and 6, Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136. The recipe is that
of ``nlp/reuters8``.
"""

from dataclasses import replace

from common.data.split import held_out_classes
from nlp.data.reuters import TEST52, TRAIN52
from nlp.tasks.reuters8 import TASK as REUTERS8

TASK = replace(
    REUTERS8,
    title="Reuters-52, 40 topics in and 12 out",
    in_dist="Reuters 40",
    train=TRAIN52,
    test=TEST52,
    split=held_out_classes(12, "Reuters 12"),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
