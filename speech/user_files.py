"""User's sounds as a task, without writing code: ``run_all.py --in FOLDER --ood NAME=FOLDER``.

``--in`` is a folder with a folder of sounds a class, in one of the layouts of ``common.data.class_folders``: that of
Speech Commands among them, whose ``_background_noise_`` becomes an OOD set. ``--ood`` is a folder of sounds of any
layout. Network and split are those of the task ``own_audio``; ``--model hf:NAME_OR_PATH`` takes a checkpoint.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from common.data.samples import RawDataset, Split
from common.own_data import OwnData, own_source
from common.task import Task
from speech.data.folder import read_any, read_classes
from speech.tasks.own_audio import TASK, by_file

SUFFIXES = frozenset(
    ".wav .flac .ogg .oga .opus .mp3 .sph .nist .aif .aiff .aifc .au .snd .w64 .rf64 .caf .voc "
    ".m4a .webm .wma .amr .aac .mp4 .3gp .mkv".split()
)
"""Names of files that are taken for sounds, in lower case; those that libsndfile does not read are named one by one."""

BACKGROUND = "_background_noise_"
"""Folder of noise in Speech Commands."""


def user_task(own: OwnData) -> Task:
    """Return a task made of the user's folders of sounds.

    Raises:
        UserError: a folder is missing.
    """
    own.check("test", "text_column", "label_column")
    ood = dict(own.ood)
    if (own.data / BACKGROUND).is_dir():
        ood.setdefault("background noise", own.data / BACKGROUND)
    name = own.data.resolve().name
    sounds = own_source(name, own.data, partial(read_classes, pattern=own.label_pattern), own.label_pattern or "")
    return replace(
        TASK,
        title=name,
        in_dist=name,
        train=sounds,
        test=sounds,
        ood=tuple(own_source(called, path, read_any) for called, path in ood.items()),
        split=by_file if own.trained else all_test,
        deviations_from_paper=(),
    )


def all_test(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Return a split without training examples: what the folder marks for testing, or all, is judged."""
    parts = np.array(test.extras["part"])
    marked = next((part for part in ("test", "validation") if np.any(parts == part)), None)
    judged = test if marked is None else test.take(np.flatnonzero(parts == marked))
    return Split(train.take(np.array([], dtype=np.int64)), judged, name="all test examples")
