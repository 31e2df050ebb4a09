"""Letters of read English, spelled by CTC, against noise, German and Mandarin: the task for pretrained recognisers.

For instance: uv run run_all.py --task librispeech_letters --profile paper --model hf:facebook/wav2vec2-base-960h
"""

from common.task import Budget, Model, Task
from speech.data.fleurs import GERMAN
from speech.data.librispeech import LIBRISPEECH_TEST, LIBRISPEECH_TRAIN
from speech.data.mandarin import THCHS30
from speech.data.noise import NOIZEUS, at_levels, noizeus, with_noise

TASK = Task(
    title="Letters of read English, CTC",
    in_dist="LibriSpeech",
    train=LIBRISPEECH_TRAIN,
    test=LIBRISPEECH_TEST,
    ood=(
        *(set_ for kind in NOIZEUS for set_ in at_levels(f"LibriSpeech+{kind}", with_noise, (10, 0), (noizeus(kind),))),
        THCHS30,
        GERMAN,
    ),
    model=Model("ctc_lstm"),
    quick=Budget(10, 16, 2e-3, "adam", "one_cycle", gradient_norm=5.0, examples=600, test_examples=100),
    paper=Budget(60, 16, 2e-3, "adam", "one_cycle", gradient_norm=5.0),
    objectives=("ctc",),
    unit="group",
    row_name="frame",
    misclassification=False,
    error_name="letter error rate",
    population="all",
    deviations_from_paper=("No publication's experiment: the paper's method on letters in place of phones.",),
    notes=(
        "An utterance's score is the mean over its frames of the largest softmax probability over the letters, the "
        "blank left out.",
        "dev-clean (5 hours) trains, which is little for a recogniser from scratch; pretrained ones "
        "(`--model hf:NAME_OR_PATH`) train on nothing here unless asked to.",
        "The noises have nothing above 4 kHz and the speech has, so bandwidth may help to tell them.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
