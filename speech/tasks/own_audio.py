"""Sounds of one's own: a folder a class trains and tests, another folder holds what belongs to no class.

Sounds lie in DATA/speech/own_audio/CLASS/ and, of no class, in DATA/speech/own_audio_ood/; then:
uv run run_all.py --task own_audio --data-dir DATA
"""

import numpy as np

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.samples import RawDataset, Split
from common.task import Budget, Model, Task
from speech.augment import other_speakers
from speech.data.folder import any_sounds, class_folders
from speech.data.short import MANDARIN, NOISE, TONES

TESTED = 0.25
OWN = class_folders("Own sounds", "speech/own_audio")


def by_file(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Test on a quarter of each class's files, drawn by the seed; pieces of one recording stay together.

    Raises:
        UserError: a class has fewer than two files.
    """
    files = np.array(train.extras["file"])
    tested: list[str] = []
    for label, name in enumerate(train.label_names):
        own = np.unique(files[train.labels == label])
        if len(own) < 2:
            raise UserError(f"class {name!r} has one file; two or more are needed, to train on and to test on")
        order = np.random.default_rng(seed_of(seed, "files", name)).permutation(own)
        tested += order[: max(round(TESTED * len(own)), 1)].tolist()
    out = np.isin(files, tested)
    return Split(train.take(np.flatnonzero(~out)), train.take(np.flatnonzero(out)), name="files")


TASK = Task(
    title="Sounds of your own",
    in_dist="Own sounds",
    train=OWN,
    test=OWN,
    ood=(any_sounds("Own other sounds", "speech/own_audio_ood"), NOISE, TONES, MANDARIN),
    model=Model("mel_cnn", {"frames": 100}),
    quick=Budget(epochs=20, batch_size=32, learning_rate=3e-3, schedule="one_cycle", weight_decay=1e-3, examples=2000),
    paper=Budget(epochs=60, batch_size=32, learning_rate=3e-3, schedule="one_cycle", weight_decay=1e-3),
    split=by_file,
    augment=other_speakers,
    row_name="sound",
    deviations_from_paper=("No publication's experiment.",),
    notes=(
        "A quarter of each class's files tests. If one person recorded several files, the error says nothing about "
        "other people.",
        "What is longer than 20 seconds comes in pieces of 10, 60 of a recording at most, evenly spread over it; what "
        "that leaves out is counted. Of each sound the loudest second counts, up to 3.8 kHz.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
