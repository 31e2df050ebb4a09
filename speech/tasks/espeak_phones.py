"""Phone recognition of synthetic English, CTC; OOD: noise, whisper and other languages.

Modelled on table 9 of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136. eSpeak NG synthesises all speech, so the task
needs no download.
"""

from functools import partial

from common.task import Budget, Model, Task
from speech.ctc_task import PHONE_NOTES
from speech.data.noise import IN_MADE_NOISE, at_levels, rumble, white, with_babble, with_made_noise
from speech.data.outliers import CLEAN_SPEECH_OUTLIERS
from speech.data.voices import ENGLISH_TEST, ENGLISH_TRAIN, GERMAN_SPEECH, MANDARIN_SPEECH, WHISPER

LEVELS = (10, 20, 0)

TASK = Task(
    title="Phones of synthetic speech",
    in_dist="eSpeak English",
    train=ENGLISH_TRAIN,
    test=ENGLISH_TEST,
    ood=(
        *at_levels("eSpeak+white", partial(with_made_noise, make=white), LEVELS, family=IN_MADE_NOISE),
        *at_levels("eSpeak+babble", partial(with_babble, voices=6), LEVELS),
        *at_levels("eSpeak+car-like", partial(with_made_noise, make=rumble), LEVELS, family=IN_MADE_NOISE),
        MANDARIN_SPEECH,
        GERMAN_SPEECH,
        WHISPER,
    ),
    outliers=CLEAN_SPEECH_OUTLIERS,
    options={
        "outlier_exposure": {"rate_fraction": 0.1},
        "gan": {"continues": True, "epochs": 2, "rate_fraction": 0.1},
    },
    model=Model("ctc_lstm", {"hidden": 128, "layers": 1}),
    quick=Budget(
        5, 8, 8e-3, "rmsprop", "one_cycle", gradient_norm=5.0, mixed_precision=True, examples=500, test_examples=40
    ),
    paper=Budget(20, 8, 8e-3, "rmsprop", "one_cycle", gradient_norm=5.0),
    objectives=("ctc",),
    unit="group",
    row_name="frame",
    misclassification=False,
    error_name="phone error rate",
    population="all",
    deviations_from_paper=(
        "Not an experiment of the paper: speech, labels and most noises are synthetic.",
        "The network is smaller than the paper's: one bidirectional layer of 128 units, not two of 256.",
    ),
    notes=(
        *PHONE_NOTES,
        "The noise of the first three sets is 10 dB below active speech unless another level is stated.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
