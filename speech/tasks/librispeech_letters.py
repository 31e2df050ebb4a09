"""Letter recognition of read English, CTC, for pretrained recognisers; OOD: noise, German and Mandarin.

For instance: uv run run_all.py --task librispeech_letters --profile paper --model hf:facebook/wav2vec2-base-960h
"""

from common.task import Budget, Model, Task
from speech.ctc_task import score_note
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
    deviations_from_paper=("Not an experiment of the paper: its method on letters, not phones.",),
    notes=(
        score_note("letters"),
        "The training set is dev-clean (5 hours), little for a recogniser without pretraining. Pretrained recognisers "
        "(`--model hf:NAME_OR_PATH`) are not trained unless the option says so.",
        "The noises have no energy above 4 kHz and the speech has, so bandwidth may help to identify noisy speech.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
