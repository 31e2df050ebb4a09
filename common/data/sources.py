"""Sources of data sets: files in data folders or packages, and data sets derived from others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from common.base.errors import MissingData, UserError
from common.data.locations import Folders, Location, reading
from common.data.samples import Kind, RawDataset
from common.store.files import checksum
from common.store.outputs import OodKey

Distance = Literal["near", "far"]
"""Distance of an OOD set from the in-distribution: ``near`` has the same kind of content, ``far`` does not."""


class _NamedSet:
    """What both kinds of source have in common; their fields are declared below."""

    name: str
    stand_in: "AnySource | None"
    level_db: float | None
    primary: bool

    @property
    def key(self) -> OodKey:
        """What tells it from the task's other OOD sets."""
        return OodKey(self.name, self.level_db, self.primary)

    def stand_in_of(self, folders: Folders) -> "AnySource | None":
        """Return the source that is read where this one is missing, or None."""
        return self.stand_in.resolve(folders) if self.stand_in else None


@dataclass(frozen=True)
class Source(_NamedSet):
    """A named data set and its possible locations; the first that exists is read.

    Attributes:
        name: as published tables spell it.
        places: locations in order of preference.
        stand_in: replaces the data set if no location exists; it has a different name.
        about: one line: size, licence, origin.
        level_db, primary, distance: of an OOD set; see ``Derived``.
        family: name of the content that several sets have in common without common items: a script, a collection of
            captions. A run does not use outliers of a family that it trains on or tests.
    """

    name: str
    places: tuple[Location, ...]
    stand_in: "AnySource | None" = None
    about: str = ""
    level_db: float | None = None
    primary: bool = True
    distance: Distance | None = None
    family: str = ""

    def resolve(self, folders: Folders) -> "AnySource | None":
        """Return the source that will be read: this one, its stand-in, or None."""
        return self if self._place(folders) is not None else self.stand_in_of(folders)

    def _place(self, folders: Folders) -> tuple[Location, tuple[Path, ...]] | None:
        for place in self.places:
            paths = place.find(folders)
            if paths is not None:
                return place, paths
        return None

    @property
    def remedy(self) -> str:
        """The command that brings what is missing."""
        return self.places[0].files[0].remedy

    def fingerprint(self, folders: Folders) -> str:
        """Return the checksums of the files to read, which identify the content."""
        _, paths = self._found(folders)
        with reading(paths, self.remedy):
            return "+".join(checksum(path) for path in paths)

    def load(self, folders: Folders, seed: int = 0, test: RawDataset | None = None) -> RawDataset:
        """Read the data set.

        Raises:
            UserError: the data set is missing or a file is damaged; the message names the file and the remedy.
        """
        place, paths = self._found(folders)
        with reading(paths, self.remedy):
            samples = place.read(*paths)
        return replace(samples, kind=place.kind or samples.kind)

    def _found(self, folders: Folders) -> tuple[Location, tuple[Path, ...]]:
        found = self._place(folders)
        if found is None:
            raise MissingData(f"{self.name} is not here", self.remedy)
        return found


@dataclass(frozen=True)
class Derived(_NamedSet):
    """A data set made by a function: noise, glyphs of fonts, or modified test examples.

    ``make(test, rng, *inputs)`` gets the in-distribution test data, a seeded generator and the data of
    ``inputs``. The project's code, the test data, the seed, the inputs and the library versions identify the result, so
    ``make`` must depend on nothing else. A set that exists at several noise levels has one ``Derived`` of the same name
    per level; each level has separate rows and a separate ``All``.

    Attributes:
        name: as published tables spell it.
        make: see above.
        inputs: sources that ``make`` uses besides the test data.
        kind: of the resulting data.
        stand_in: replaces the data set if an input is missing.
        about: one-line description.
        level_db: signal-to-noise ratio in dB of a set that exists at several; None for other sets.
        primary: whether the set belongs to the task's default setting: published, at the default noise level.
        distance: declared distance of the set from the in-distribution, or None.
        family: see ``Source``; each input has its own families.
    """

    name: str
    make: Callable[..., RawDataset]
    inputs: "tuple[AnySource, ...]" = ()
    kind: Kind = "synthetic"
    stand_in: "AnySource | None" = None
    about: str = "made by a program"
    level_db: float | None = None
    primary: bool = True
    distance: Distance | None = None
    family: str = ""

    def resolve(self, folders: Folders) -> "AnySource | None":
        """Return this source if all inputs are found, else the stand-in, else None."""
        found = all(source.resolve(folders) is not None for source in self.inputs)
        return self if found else self.stand_in_of(folders)

    @property
    def remedy(self) -> str:
        """The command that brings what is missing."""
        return "; ".join(dict.fromkeys(source.remedy for source in self.inputs))

    def fingerprint(self, folders: Folders) -> str:
        """Return the identity of the content, apart from the code."""
        inputs = [source.fingerprint(folders) for source in self.resolved_inputs(folders)]
        return "+".join([f"{self.name} {draws_label(self.key)}", *inputs])

    def load(self, folders: Folders, seed: int = 0, test: RawDataset | None = None) -> RawDataset:
        """Make the data set; its generator depends only on the seed, the set's name and its noise level."""
        rng = np.random.default_rng([seed, *f"{self.name} {draws_label(self.key)}".encode()])
        inputs = [source.load(folders, seed, test) for source in self.resolved_inputs(folders)]
        return replace(self.make(test, rng, *inputs), kind=self.kind)

    def resolved_inputs(self, folders: Folders) -> "list[AnySource]":
        """Return the sources that serve as inputs, stand-ins included.

        Raises:
            UserError: an input is missing.
        """
        found = [source.resolve(folders) for source in self.inputs]
        missing = [source.name for source, there in zip(self.inputs, found, strict=True) if there is None]
        if missing:
            raise UserError(f"{self.name} needs {', '.join(missing)}; get it with: {self.remedy}")
        return [source for source in found if source is not None]


AnySource = Source | Derived


def draws_label(key: OodKey) -> str | None:
    """Return the label of an OOD set's noise level or setting that seeds its random draws.

    The label is part of a seed: changing it would change the noise and the figures.

    >>> draws_label(OodKey("car", 10.0)), draws_label(OodKey("car", 5.0, primary=False))
    (None, '5 dB')
    """
    if key.primary:
        return None
    return "further" if key.level_db is None else f"{key.level_db:g} dB"
