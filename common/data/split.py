"""Classes left out by a seed's draw: what the classifier never saw is out-of-distribution."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.samples import RawDataset, Split

DRAWS = 1000
"""After so many draws that cannot be used, there is something wrong with the data."""


def held_out_classes(count: int, name: str) -> Callable[[RawDataset, RawDataset, int], Split]:
    """Return a split that leaves ``count`` classes out of training; their test examples are the OOD set ``name``.

    The seed draws the classes, each as likely as any other however rare it is. A draw is repeated, with the same
    generator, until it can be used: every class left in has a training and the classes left out together have a test
    example. A class left in without test examples is kept; it is trained on and never asked for.

    Args:
        count: how many classes to leave out; at least two must be left.
        name: of the OOD set.

    Raises:
        UserError: (by the split) there are too few classes, or no draw can be used.
    """

    def split(train: RawDataset, test: RawDataset, seed: int) -> Split:
        classes = len(train.label_names)
        if not 0 < count <= classes - 2:
            raise UserError(f"cannot leave {count} of {classes} classes out: at least two are needed for training")
        rng = np.random.default_rng(seed_of(seed, "held-out classes"))
        for _ in range(DRAWS):
            out = np.sort(rng.permutation(classes)[:count])
            if _usable(train, test, out):
                return leave_out(train, test, out, name)
        raise UserError(f"no draw of {count} of {classes} classes leaves training examples for every other class")

    return split


def leave_out(train: RawDataset, test: RawDataset, out: NDArray[np.int64], name: str) -> Split:
    """Return training and test samples without the classes ``out``, relabelled 0..C-1, and the test samples of ``out``.

    What the OOD samples keep is their text or picture; they have no labels, since no class of the model is right.
    """
    kept = np.setdiff1d(np.arange(len(train.label_names)), out)
    ood = test.take(np.flatnonzero(np.isin(test.labels, out)))
    names = tuple(train.label_names[i] for i in out)
    unlabelled = replace(ood, labels=None, label_names=())
    return Split(_only(train, kept), _only(test, kept), {name: unlabelled}, names, name="held-out classes")


def _usable(train: RawDataset, test: RawDataset, out: NDArray[np.int64]) -> bool:
    present = np.union1d(np.unique(train.labels), out)
    return len(present) == len(train.label_names) and bool(np.isin(test.labels, out).any())


def _only(samples: RawDataset, kept: NDArray[np.int64]) -> RawDataset:
    chosen = samples.take(np.flatnonzero(np.isin(samples.labels, kept)))
    names = tuple(samples.label_names[i] for i in kept)
    return replace(chosen, labels=np.searchsorted(kept, chosen.labels).astype(np.int64), label_names=names)
