"""Held-out classes: a seed draws classes that are removed from training; their test examples are OOD."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.samples import RawDataset, Split

DRAWS = 1000
"""Largest number of draws before the split gives up."""


def held_out_classes(count: int, name: str) -> Callable[[RawDataset, RawDataset, int], Split]:
    """Return a split that holds ``count`` classes out of training; their test examples are the OOD set ``name``.

    The seed draws the held-out classes uniformly. The draw is repeated with the same generator until every kept class
    has a training example and the held-out classes together have a test example. A kept class may have no test example.

    Args:
        count: number of held-out classes; at least two classes must be kept.
        name: of the OOD set.

    Raises:
        UserError: (by the split) there are too few classes, or no draw is usable.
    """

    def split(train: RawDataset, test: RawDataset, seed: int) -> Split:
        classes = len(train.label_names)
        if not 0 < count <= classes - 2:
            raise UserError(
                f"cannot hold out {count} of {classes} classes: training needs at least two; hold out fewer"
            )
        rng = np.random.default_rng(seed_of(seed, "held-out classes"))
        for _ in range(DRAWS):
            out = np.sort(rng.permutation(classes)[:count])
            if _usable(train, test, out):
                return leave_out(train, test, out, name)
        raise UserError(f"no draw of {count} of {classes} classes leaves training examples for every other class")

    return split


def leave_out(train: RawDataset, test: RawDataset, out: NDArray[np.int64], name: str) -> Split:
    """Hold out the classes ``out``: training and test data without them, relabelled 0..C-1, and their test data as OOD.

    The OOD data has no labels, since no class of the model is right for it.
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
