"""The task timit_ctc with everything low-passed at 4 kHz, training and test speech alike.

The noises were recorded for telephones and have nothing above 4 kHz. Here the speech has nothing there either, so that
bandwidth alone tells nothing.
"""

from dataclasses import replace

from speech.data.timit import by_speaker_below_4khz
from speech.tasks.timit_ctc import LEVELS, noisy
from speech.tasks.timit_ctc import TASK as FULL_BAND

NARROW = "Speech is low-passed at 4 kHz, as the noises are; no published figure answers to it."

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
