"""The data sets of one task with one seed, as its model takes them: each read, drawn and encoded when first needed."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from common.base.errors import MissingData
from common.base.seeds import seed_of
from common.data.disjoint import check_items, origins
from common.data.locations import Folders
from common.data.samples import RawDataset, Split
from common.data.sources import AnySource, draws_label
from common.own_data import IN_TRAINING, OwnSource, in_training, overlap, unknown_note
from common.store.outputs import OodKey
from common.task import Budget, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from common.data.examples import TensorDataset

HELD_OUT = 1000
"""Training samples at most that are held out where options of detectors are chosen."""

KEPT_BYTES = 2**30
"""Examples beside the task's own up to so much memory are kept for further objectives; more are made again."""


@dataclass
class EncodedData:
    """Training, test and OOD examples.

    Attributes:
        task: names the sources and the split.
        architecture: makes the encoder.
        budget: how many examples are drawn and held back.
        seed: of every draw.
        folders: where sources look.
        dropped: what readers left out, by data set and reason, as far as sets have been read.
        notes: what readers say of the data, as far as sets have been read.
        scored: what detectors say that read the data and nothing of a model, by name, for further objectives.
    """

    task: Task
    architecture: Any
    budget: Budget
    seed: int
    folders: Folders
    dropped: dict[str, int] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    scored: dict[str, Any] = field(default_factory=dict)
    _kept: "dict[Hashable, TensorDataset]" = field(default_factory=dict)

    @cached_property
    def train_source(self) -> AnySource:
        """The training data that will be read."""
        return self.required(self.task.train)

    @cached_property
    def test_source(self) -> AnySource:
        """The test data that will be read."""
        return self.required(self.task.test)

    @cached_property
    def ood_sources(self) -> list[AnySource]:
        """The OOD sets that are there, stand-ins included."""
        return [found for source in self.task.ood if (found := source.resolve(self.folders)) is not None]

    @property
    def missing(self) -> list[AnySource]:
        """The OOD sets that are not there and have no stand-in."""
        return [source for source in self.task.ood if source.resolve(self.folders) is None]

    def require(self) -> None:
        """Raise ``MissingData`` if the training or test data is not there."""
        self.required(self.task.train)
        self.required(self.task.test)

    def required(self, source: AnySource) -> AnySource:
        """Return the source that will be read for one that must be there.

        Raises:
            MissingData: neither it nor a stand-in is there.
        """
        found = source.resolve(self.folders)
        if found is None:
            raise MissingData(f"{source.name} is not here", source.remedy)
        return found

    @cached_property
    def _split(self) -> tuple[Split, str]:
        """What the seed makes of the data, and the kind of the data."""
        train = self.train_source.load(self.folders, self.seed)
        self._note_dropped("train", train)
        if self.test_source is self.train_source:  # a corpus that the split divides
            test = train
        else:
            test = self.test_source.load(self.folders, self.seed)
            self._note_dropped("test", test)
        kind = next(kind for kind in ("synthetic", "sample", "full") if kind in (train.kind, test.kind))
        split = self.task.split(train, test, self.seed) if self.task.split else Split(train, test)
        self.notes |= dict.fromkeys(split.notes)
        return split, kind

    @cached_property
    def train_samples(self) -> RawDataset:
        """What the model is fitted to."""
        return self._divided[0]

    @cached_property
    def test_samples(self) -> RawDataset:
        """The test set, less what the budget leaves out."""
        return self._drawn(self._split[0].test, self.budget.test_examples, "test")

    @cached_property
    def _divided(self) -> tuple[RawDataset, RawDataset | None]:
        """The drawn training samples, less those held back to choose an epoch; and these."""
        train = self._drawn(self._split[0].train, self.budget.examples, "examples")
        if not self.budget.validation:
            return train, None
        count = self.budget.validation_size(len(train))
        order = np.random.default_rng(seed_of(self.seed, "dev")).permutation(len(train))
        return train.take(np.sort(order[count:])), train.take(np.sort(order[:count]))

    @cached_property
    def preprocessor(self) -> Any:
        """What turns samples into examples, made from the training samples alone."""
        return self.architecture.preprocessor(self.train_samples)

    @cached_property
    def train(self) -> "TensorDataset":
        """The training examples."""
        return self.encode(self.train_samples)

    @cached_property
    def validation(self) -> "TensorDataset | None":
        """The examples that choose the best epoch, or None."""
        validation_size = self._divided[1]
        return self.encode(validation_size) if validation_size else None

    @cached_property
    def test(self) -> "TensorDataset":
        """The test examples."""
        self._note_unknown("the test set", self.test_samples)
        return self.encode(self.test_samples)

    @property
    def facts(self) -> dict[str, Any]:
        """What a run's record says of the data: see ``common.experiment.TaskOutputs``."""
        split, kind = self._split
        return {
            "data": kind,
            "held_out": list(split.held_out) if split.held_out is not None else None,
            "split": split.name,
            "class_names": list(self.train_samples.label_names),
            "n_train": sum(len(part) for part in self._divided if part),
            "n_batched": len(self.train),
            "dropped": self.dropped,
            "notes": list(self.notes),
        }

    def encode_sources(self, sources: Sequence[AnySource]) -> "TensorDataset":
        """Return the examples of auxiliary sources put together; what is made of others is made of training samples."""
        from common.data.examples import concatenated

        return concatenated([self.encode(self._loaded(source)) for source in sources])

    def encode_outliers(self, sources: Sequence[AnySource]) -> "TensorDataset":
        """Return the examples of auxiliary outliers put together.

        Raises:
            UserError: an outlier is also a training, test or OOD example.
        """

        def checked() -> "TensorDataset":
            check_items({source.name: self._origins(source) for source in sources}, self._other_items())
            return self.encode_sources(sources)

        return self.kept(("outliers", *(source.name for source in sources)), checked)

    def kept(self, key: Hashable, make: "Callable[[], TensorDataset]") -> "TensorDataset":
        """Return the examples of that key: made once, unless more than ``KEPT_BYTES`` would be held."""
        if key in self._kept:
            return self._kept[key]
        examples = make()
        if examples.nbytes + sum(one.nbytes for one in self._kept.values()) <= KEPT_BYTES:
            self._kept[key] = examples
        return examples

    def _loaded(self, source: AnySource) -> RawDataset:
        samples = source.load(self.folders, self.seed, self.train_samples)
        self._note_dropped(source.name, samples)
        return samples

    @property
    def named_sources(self) -> dict[str, AnySource]:
        """The training, test and OOD sets by what messages call them."""
        sets = {"training set": self.train_source, "test set": self.test_source}
        return {f"{role} {source.name}": source for role, source in sets.items()} | {
            f"OOD set {source.name}": source for source in self.ood_sources
        }

    def _origins(self, source: AnySource) -> Iterator[RawDataset]:
        return (one.load(self.folders, self.seed) for one in origins(source, self.folders))

    def _other_items(self) -> Iterator[tuple[str, Iterable[RawDataset]]]:
        """Yield what outliers must not share: all items of the split's sets, and of what OOD sets are made of."""
        split = self._split[0]
        yield f"training set {self.train_source.name}", [split.train]
        yield f"test set {self.test_source.name}", [split.test]
        yield from ((f"OOD set {name}", [samples]) for name, samples in split.ood.items())
        yield from ((f"OOD set {source.name}", self._origins(source)) for source in self.ood_sources)

    def encode(self, samples: RawDataset) -> "TensorDataset":
        """Return raw data as examples."""
        examples: TensorDataset = self.preprocessor(samples)
        return examples

    @cached_property
    def tuning_samples(self) -> tuple[RawDataset, RawDataset]:
        """What choosing an option may learn from, and what it is judged on: held-out in-distribution data.

        Held out are the validation samples where the budget has some; else a tenth of the training samples, at most
        ``HELD_OUT``, which the network has seen and the option's method has not.
        """
        train, validation = self._divided
        if validation is not None:
            return train, validation
        order = np.random.default_rng(seed_of(self.seed, "tuning")).permutation(len(train))
        count = max(min(HELD_OUT, len(train) // 10), 1)
        return train.take(np.sort(order[count:])), train.take(np.sort(order[:count]))

    def distorted(self) -> "TensorDataset":
        """Return the training samples, distorted as the task says, as examples."""
        assert self.task.distorted is not None, "asked for where the task has some"
        samples = self.task.distorted(self.train_samples, np.random.default_rng(seed_of(self.seed, "distorted")))
        self._note_dropped("distorted", samples)
        return self.encode(samples)

    def ood_examples(self) -> "Iterator[tuple[OodKey, TensorDataset]]":
        """Yield the encoded OOD sets, one in memory at a time but for ``KEPT_BYTES`` that further objectives use."""
        for key in self._ood_sets:
            yield key, self.kept(key, partial(self._encoded_ood, key))

    @property
    def _ood_sets(self) -> dict[OodKey, AnySource | RawDataset]:
        """What the split left out of training, and the sources of the others."""
        left_out = {OodKey(name): samples for name, samples in self._split[0].ood.items()}
        return left_out | {one.key: one for one in self.ood_sources}

    def _encoded_ood(self, key: OodKey) -> "TensorDataset":
        return self.encode(self.ood_samples(key))

    def ood_samples(self, key: OodKey) -> RawDataset:
        """Return the samples of an OOD set, less what the budget leaves out, in the order of the model's outputs."""
        source = self._ood_sets[key]
        if not isinstance(source, RawDataset):
            source = source.load(self.folders, self.seed, self.test_samples)
        self._note_dropped(key.label, source)
        if self.own:
            self.notes |= dict.fromkeys(overlap(self._split[0].train, source, f"OOD set {key.label}"))
        self._note_unknown(key.label, source)
        samples = _own_labels(source, self.train_samples)
        return self._drawn(samples, self.budget.test_examples, (key.name, draws_label(key)))

    def _note_unknown(self, called: str, samples: RawDataset) -> None:
        """Note the fraction of the user's words or word pieces that the model does not know, if it can say so."""
        if self.own and hasattr(self.preprocessor, "unknown"):
            self.notes[unknown_note(self.preprocessor.unknown(samples), called)] = None

    @property
    def own(self) -> bool:
        """Whether the training data is of the user's own, so that what training and test share is looked for."""
        return isinstance(self.task.train, OwnSource)

    @property
    def test_extras(self) -> "dict[str, NDArray[np.bool_]]":
        """What the outputs on the test set say of its rows beside what the model says, by name."""
        if not self.own or not isinstance(self.test_samples.labels, np.ndarray):  # a row is no example there
            return {}
        return {IN_TRAINING: in_training(self._split[0].train, self.test_samples)}

    def _note_dropped(self, name: str, samples: RawDataset) -> None:
        self.dropped |= {f"{name}: {why}": count for why, count in samples.dropped.items() if count}
        self.notes |= dict.fromkeys(samples.notes)

    def _drawn(self, samples: RawDataset, count: int | None, what: object) -> RawDataset:
        """Return at most ``count`` of the samples, a seeded draw in the original order."""
        if count is None or count >= len(samples):
            return samples
        rng = np.random.default_rng(seed_of(self.seed, "draw", what))
        return samples.take(np.sort(rng.permutation(len(samples))[:count]))


def _own_labels(samples: RawDataset, train: RawDataset) -> RawDataset:
    """Return the samples without their labels, unless these are of the classes that the model knows."""
    return samples if samples.label_names == train.label_names else replace(samples, labels=None)
