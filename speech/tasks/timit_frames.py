"""TIMIT frame classification, multilayer perceptron, with the abnormality module; OOD: noise.

Reproduces the speech part of table 10 of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from functools import partial

from common.task import Budget, Model, Task
from speech.augment import other_voices
from speech.data.timit import TIMIT_BY_FRAME, by_speaker
from speech.distortions import with_made_up_noise
from speech.tasks.timit_ctc import ABOUT_NOISE, CHOSEN, FEWER, OF_THE_SAMPLE, noisy

TASK = Task(
    title="TIMIT frames",
    in_dist="TIMIT",
    train=TIMIT_BY_FRAME,
    test=TIMIT_BY_FRAME,
    ood=noisy((10, 5, 0)),
    model=Model("frame_mlp", {"noise": 0.3}),
    quick=Budget(2, 128, 1e-3, schedule="one_cycle"),
    paper=Budget(6, 128, 1e-3, schedule="one_cycle"),
    split=partial(by_speaker, count=4),
    objectives=("cross_entropy", "abnormality"),
    distorted=with_made_up_noise,
    options={"abnormality": {"epochs_fraction": 1.0, "schedule": "one_cycle"}},
    augment=other_voices,
    row_name="frame",
    error_name="frame error rate",
    population="correct",
    deviations_from_paper=(
        OF_THE_SAMPLE,
        "Because there are few speakers: windows warped in training to simulate other speakers, and input noise of "
        "standard deviation 0.3; 6 epochs with a one-cycle learning rate, no weight decay. Chosen by the frame error "
        "on 3 of the 12 training speakers of seed 0, held out as a validation set in three ways. " + CHOSEN,
        ABOUT_NOISE,
        "The abnormality head is trained on training utterances with white, pink and brown noise, as the authors' is, "
        "but spectra and bandwidths are random, at levels from 20 dB below active speech to 5 dB above. Without that, "
        "the noise reaches 8 kHz and the head did not generalise to noises that end at 4 kHz (seen on the test noises "
        "of seeds 0 and 1). The distribution of spectra and bandwidths and the head's epochs were then chosen on "
        "mixtures of training speakers and on non-speech sounds, without test noise. The clean frames that classifier "
        "and decoder are not fitted to are those of three training speakers.",
    ),
    notes=(
        "A frame of the glottal stop q, which has no class among the 39, counts as silence.",
        FEWER,
        "Every frame of a noisy utterance is out-of-distribution, even where the speech is much louder than the noise.",
        "The noises have no energy above 4 kHz and the speech has; timit_frames_4khz removes this difference.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
