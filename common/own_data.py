"""Data of the user's own: what the command line says of it, and how its files become sources of a task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.base.border import absent
from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.disjoint import digest, digests
from common.data.locations import Folders, Location
from common.data.samples import RawDataset, Split
from common.data.sources import Source
from common.store.outputs import Outputs
from common.task import Model

TEST_FRACTION = 0.2
"""Fraction of the examples that becomes the test set where nothing says which are for testing."""

UNSPLIT = "unsplit"
"""Extra of own data: True where nothing says which examples are for training and which for testing."""


IN_TRAINING = "in_training"
"""Row extra of own test data: whether the example is in the training set too."""


def not_in_training(outputs: Outputs) -> NDArray[np.bool_] | None:
    """Return (R,) which rows are of examples that training does not have; None if that is so of all rows."""
    seen = outputs.row_extras.get(IN_TRAINING)
    return ~seen.astype(bool) if seen is not None and seen.any() else None


SUBSETS = {"not in the training set": not_in_training}
"""Subsets of own data on which misclassification detection is evaluated too."""


@dataclass(frozen=True)
class OwnData:
    """What the command line says.

    Attributes:
        data: file or folder of labelled examples (``--in``).
        ood: files or folders of OOD examples by name (``--ood``).
        test: a second file or folder, of labelled test examples (``--test``), or None.
        text_column, label_column: names of columns; None: the usual names are tried.
        label_pattern: regular expression that finds the class in a file's name, or None.
        model: that ``--model`` named; it may say in which form it wants its inputs.
        trained: False where the model is judged as it is (``--no-train``), so that every example is a test example.
    """

    data: Path
    ood: Mapping[str, Path] = field(default_factory=dict)
    test: Path | None = None
    text_column: str | None = None
    label_column: str | None = None
    label_pattern: str | None = None
    model: Model | None = None
    trained: bool = True

    def check(self, *unused: str) -> None:
        """Refuse what does not exist, and options that the modality does not take.

        Args:
            unused: names of the attributes that the modality does not take.

        Raises:
            UserError: a path does not exist, or such an option was given.
        """
        if given := [f"--{name.replace('_', '-')}" for name in unused if getattr(self, name) is not None]:
            raise UserError(f"{given[0]} is not for data of this kind; leave it out")
        for path in (self.data, *([self.test] if self.test else []), *self.ood.values()):
            if not path.exists():
                raise absent(path)


@dataclass(frozen=True)
class OwnPath:
    """A file or folder of the user, by its path."""

    path: Path

    @property
    def remedy(self) -> str:
        """What to do if it is missing."""
        return f"check the path {self.path}"

    def find(self, folders: Folders) -> Path | None:
        """Return its path, or None if it is missing."""
        return self.path if self.path.exists() else None


@dataclass(frozen=True)
class OwnSource(Source):
    """A data set whose name, columns and form the user chose: its fingerprint has them too."""

    settings: str = ""

    def fingerprint(self, folders: Folders) -> str:
        """Return what identifies the content, the name and the settings of the reader."""
        return f"{self.name} {self.settings} {super().fingerprint(folders)}"


def own_source(name: str, path: Path, read: Callable[[Path], RawDataset], settings: object = "") -> OwnSource:
    """Return the source of one file or folder; ``settings`` are what ``read`` depends on besides the content."""
    return OwnSource(name, (Location((OwnPath(path),), read),), settings=str(settings))


def own_split(trained: bool) -> Callable[[RawDataset, RawDataset, int], Split]:
    """Return the split of own data: as the data says, or a seeded fifth for testing.

    Every label keeps an example for training. Where nothing is trained, an unsplit data set is all test set.
    """

    def split(train: RawDataset, test: RawDataset, seed: int) -> Split:
        if not np.all(train.extras[UNSPLIT]):
            return _noted(Split(train, test, name="as given"))
        if not trained:
            return Split(train.take(np.array([], dtype=np.int64)), train, name="all test examples")
        return _noted(seeded_fifth(train, seed))

    return split


FEW = 100
"""Test examples below which a sentence says that figures are rough."""


def _noted(split: Split) -> Split:
    """Return the split with a sentence on the test examples that are in the training set too, and on their number."""
    few = (f"The test set has {len(split.test)} examples, so figures are rough.",) if len(split.test) < FEW else ()
    return replace(split, notes=(*split.notes, *overlap(split.train, split.test, "test set"), *few))


def overlap(train: RawDataset, other: RawDataset, called: str) -> tuple[str, ...]:
    """Return a sentence that says how many of a set's examples training has too; () if it has none of them."""
    count = int(in_training(train, other).sum())
    if not count:
        return ()
    return (f"{count:,} of {len(other):,} examples of the {called} are in the training set too.",)


def unknown_note(fraction: float, called: str) -> str:
    """Return a sentence on the fraction of a set's words that a model does not know, and what many may mean."""
    hint = " The model may not know their script or language." if fraction > MANY_UNKNOWN else ""
    return f"{100 * fraction:.1f} % of the words or word pieces of {called} are unknown to the model.{hint}"


MANY_UNKNOWN = 0.5
"""Fraction of unknown words from which on a note says what that may mean."""


def in_training(train: RawDataset, other: RawDataset) -> NDArray[np.bool_]:
    """(N,) whether each item of ``other`` is an item of ``train``: equal pixels, or texts equal but for case."""
    known = digests([train])
    return np.array([digest(item) in known for item in other.items], dtype=bool)


def seeded_fifth(samples: RawDataset, seed: int) -> Split:
    """Return a split whose test set is a seeded fifth; each label keeps an example for training.

    Raises:
        UserError: there are too few examples.
    """
    order = np.random.default_rng(seed_of(seed, "own split")).permutation(len(samples))
    first = np.unique(samples.labels[order], return_index=True)[1]
    order = np.concatenate([order[first], np.delete(order, first)])
    count = max(len(order) - max(round(TEST_FRACTION * len(order)), 1), len(first))
    if count == len(order):
        raise UserError("too few rows: each label needs a row for training, and the test set needs at least one more")
    train, test = samples.take(np.sort(order[:count])), samples.take(np.sort(order[count:]))
    return Split(train, test, name="seeded fifth")


def class_counts(samples: RawDataset) -> str:
    """Return a sentence with the classes of a labelled set and how many examples each has.

    >>> labels = np.array([0, 1, 1])
    >>> class_counts(RawDataset(["x", "y", "z"], labels, ("cat", "dog")))
    '2 classes: cat 1, dog 2.'
    """
    counts = np.bincount(samples.labels, minlength=len(samples.label_names))
    named = [f"{name} {count:,}" for name, count in zip(samples.label_names, counts, strict=True)]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return f"{len(named)} classes: {', '.join(named[:MOST_NAMED])}{more}."


MOST_NAMED = 20
"""Classes that a sentence names; the others are counted."""


def with_note(samples: RawDataset, *notes: str) -> RawDataset:
    """Return the data set with further sentences for the report; empty ones are left out."""
    return replace(samples, notes=(*samples.notes, *(note for note in notes if note)))
