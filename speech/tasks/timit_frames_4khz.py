"""TIMIT frame classification with training and test speech low-passed at 4 kHz; OOD: noise. See timit_ctc_4khz."""

from dataclasses import replace

from speech.data.timit import by_speaker_below_4khz
from speech.distortions import with_narrow_noise
from speech.tasks.timit_ctc_4khz import NARROW
from speech.tasks.timit_frames import TASK as FULL_BAND

TASK = replace(
    FULL_BAND,
    title="TIMIT frames below 4 kHz",
    in_dist="TIMIT below 4 kHz",
    split=by_speaker_below_4khz,
    distorted=with_narrow_noise,
    deviations_from_paper=(NARROW, *FULL_BAND.deviations_from_paper),
    notes=FULL_BAND.notes[:-1],
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
