"""Phones of synthetic English, spelled by a network trained with CTC, against noise, whisper and other languages.

In the manner of table 9 of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, without a recording: everything is
spoken by eSpeak NG, so it runs anywhere.
"""

from functools import partial

from common.task import Budget, Model, Task
from speech.data.noise import at_levels, rumble, white, with_babble, with_made_noise
from speech.data.outliers import SPEECH_OUTLIERS
from speech.data.voices import ENGLISH_TEST, ENGLISH_TRAIN, GERMAN_SPEECH, MANDARIN_SPEECH, WHISPER

LEVELS = (10, 20, 0)

TASK = Task(
    title="Phones of synthetic speech",
    in_dist="eSpeak English",
    train=ENGLISH_TRAIN,
    test=ENGLISH_TEST,
    ood=(
        *at_levels("eSpeak+white", partial(with_made_noise, make=white), LEVELS),
        *at_levels("eSpeak+babble", partial(with_babble, voices=6), LEVELS),
        *at_levels("eSpeak+car-like", partial(with_made_noise, make=rumble), LEVELS),
        MANDARIN_SPEECH,
        GERMAN_SPEECH,
        WHISPER,
    ),
    outliers=SPEECH_OUTLIERS,
    model=Model("ctc_lstm", {"hidden": 128, "layers": 1}),
    quick=Budget(5, 8, 8e-3, "rmsprop", "one_cycle", gradient_norm=5.0, examples=500, test_examples=60),
    paper=Budget(20, 8, 8e-3, "rmsprop", "one_cycle", gradient_norm=5.0),
    objectives=("ctc",),
    unit="group",
    row_name="frame",
    misclassification=False,
    error_name="phone error rate",
    population="all",
    deviations_from_paper=(
        "No published figure answers to it: speech, labels and most noises are made by programs.",
        "The network is smaller than the publication's: one bidirectional layer of 128 in place of two of 256.",
    ),
    notes=(
        "An utterance's score is the mean over its frames of the largest softmax probability over the 39 phones, the "
        "blank left out.",
        "Right and wrong have no meaning for an utterance spelled by CTC, so there is no error detection; `error` is "
        "the phone error rate of what is decoded: the most likely path, or a beam's (`--model ctc_lstm:16`).",
        "The noise of the first three sets is 10 dB below active speech, where no other level is said.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
