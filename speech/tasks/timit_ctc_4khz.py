"""TIMIT phone recognition, CTC, with training and test speech low-passed at 4 kHz; OOD: noise.

The noises were recorded for telephones and have no energy above 4 kHz. Here the speech has none either, so that
bandwidth does not identify noisy speech.
"""

from dataclasses import replace

from speech.data.timit import by_speaker_below_4khz
from speech.tasks.timit_ctc import LEVELS, noisy
from speech.tasks.timit_ctc import TASK as FULL_BAND

NARROW = "Not an experiment of the paper: speech is low-passed at 4 kHz, the bandwidth of the noises."

TASK = replace(
    FULL_BAND,
    title="TIMIT phones below 4 kHz, CTC",
    in_dist="TIMIT below 4 kHz",
    ood=noisy(LEVELS),
    split=by_speaker_below_4khz,
    deviations_from_paper=(NARROW, *FULL_BAND.deviations_from_paper),
    labelled=None,
    notes=FULL_BAND.notes[:3],
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
