"""TIMIT's frames, each given a phone, against noise; with the abnormality module.

Reproduces the speech part of table 10 of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from functools import partial

from common.task import Budget, Model, Task
from speech.data.timit import TIMIT_BY_FRAME, by_speaker
from speech.distortions import with_coloured_noise
from speech.tasks.timit_ctc import noisy

TASK = Task(
    title="TIMIT frames",
    in_dist="TIMIT",
    train=TIMIT_BY_FRAME,
    test=TIMIT_BY_FRAME,
    ood=noisy((10, 5, 0)),
    model=Model("frame_mlp"),
    quick=Budget(2, 128, 1e-3, schedule="one_cycle"),
    paper=Budget(5, 128, 1e-3, schedule="one_cycle"),
    split=partial(by_speaker, count=4),
    objectives=("cross_entropy", "abnormality"),
    distorted=with_coloured_noise,
    row_name="frame",
    error_name="frame error rate",
    population="correct",
    departures=(
        "Trained on 12 speakers and 120 utterances of the TIMIT sample, a thirtieth of the publication's 462 speakers "
        "and 3,696 utterances; tested on 4 other speakers, another 4 with each seed.",
        "5 epochs with a learning rate that rises and falls: on so few utterances more of them fit the training "
        "speakers and not the others.",
        "Noise is NOIZEUS's, recorded for AURORA like the publication's; subway is not part of it, station is more. "
        "At which level the publication added noise is not known: ours is 10 dB below active speech, other levels "
        "are variants.",
        "What the abnormality head learns from is distorted by chance: coloured noise, other frames, turned frames; "
        "the publication's distortions of speech are not known in detail.",
    ),
    notes=(
        "A frame of the glottal stop q, which has no class among the 39, counts as silence.",
        "A frame of a noisy utterance is out-of-distribution also where the speech drowns the noise.",
    ),
)

if __name__ == "__main__":
    from common.cli import main

    main(__spec__.name)
