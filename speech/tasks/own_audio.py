"""User's sound files: one folder per class for training and testing, another folder of OOD sounds.

Put sounds into DATA/speech/own_audio/CLASS/, and OOD sounds into DATA/speech/own_audio_ood/; then run:
uv run run_all.py --task own_audio --data-dir DATA
"""

import numpy as np

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.samples import RawDataset, Split
from common.task import Budget, Model, Task
from speech.augment import other_speakers
from speech.data.folder import any_sounds, by_part, class_folders
from speech.data.short import MANDARIN, NOISE, TONES

TESTED = 0.25
USER_SOUNDS = class_folders("Own sounds", "speech/own_audio")


def by_file(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Split as the folder says, or test on a quarter of each class's files, drawn by the seed.

    Pieces of one recording stay together.

    Raises:
        UserError: a class has fewer than two files.
    """
    if "part" in train.extras and (said := by_part(train)) is not None:
        return said
    files = np.array(train.extras["file"])
    tested: list[str] = []
    for label, name in enumerate(train.label_names):
        of_class = np.unique(files[train.labels == label])
        if len(of_class) < 2:
            raise UserError(f"class {name!r} has one file; two or more are needed, for training and for testing")
        order = np.random.default_rng(seed_of(seed, "files", name)).permutation(of_class)
        tested += order[: max(round(TESTED * len(of_class)), 1)].tolist()
    out = np.isin(files, tested)
    return Split(train.take(np.flatnonzero(~out)), train.take(np.flatnonzero(out)), name="files")


TASK = Task(
    title="User's sound files",
    in_dist="Own sounds",
    train=USER_SOUNDS,
    test=USER_SOUNDS,
    ood=(any_sounds("Own other sounds", "speech/own_audio_ood"), NOISE, TONES, MANDARIN),
    model=Model("mel_cnn", {"frames": 100}),
    quick=Budget(epochs=20, batch_size=32, learning_rate=3e-3, schedule="one_cycle", weight_decay=1e-3, examples=2000),
    paper=Budget(epochs=60, batch_size=32, learning_rate=3e-3, schedule="one_cycle", weight_decay=1e-3),
    split=by_file,
    augment=other_speakers,
    row_name="sound",
    deviations_from_paper=("Not an experiment of the paper.",),
    notes=(
        "The test set is what the folder marks as such, or a quarter of each class's files. If one person recorded "
        "several files, the error does not hold for other people.",
        "Recordings longer than 20 seconds are divided into pieces of 10, at most 60 of a recording, evenly spaced; "
        "the skipped ones are counted. The model uses the loudest second of each sound, up to 3.8 kHz.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
