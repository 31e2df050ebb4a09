"""Where a data set is found, what it holds, and how one is made from another."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Literal, Protocol
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np

from common.base.errors import MissingData, UserError
from common.data.samples import Kind, RawDataset
from common.store.files import checksum, sha256
from common.store.outputs import OodKey

Distance = Literal["near", "far"]
"""How far an OOD set is from the in-distribution: ``near`` shares its kind of content, ``far`` does not."""


@dataclass(frozen=True)
class Folders:
    """Where prepared data may lie, searched in order, and where what is made once may be kept."""

    data: tuple[Path, ...] = ()
    cache: Path = Path("runs/cache")


class File(Protocol):
    """A file that a data set is read from."""

    @property
    def remedy(self) -> str:
        """The command that brings the file."""

    def find(self, folders: Folders) -> Path | None:
        """Return its path, or None where it is absent."""


@dataclass(frozen=True)
class Prepared:
    """A file of a data folder, ``DIR/<modality>/<name>.{parquet,npz}``; ``--download`` knows it as ``download``."""

    path: str
    download: str | None = None

    @property
    def remedy(self) -> str:
        """The command that brings the file."""
        if self.download:
            return f"uv run run_all.py --download {self.download}"
        return f"put {self.path} into a folder and name that with --data-dir"

    def find(self, folders: Folders) -> Path | None:
        """Return its path in the first data folder that has it."""
        return next((folder / self.path for folder in folders.data if (folder / self.path).is_file()), None)


@dataclass(frozen=True)
class Directory:
    """A folder of files inside a data folder, such as a corpus as its publisher ships it; case does not matter.

    Attributes:
        path: of the folder, ``speech/timit``.
        holds: what belongs there, for whoever has to put it there.
    """

    path: str
    holds: str

    @property
    def remedy(self) -> str:
        """What to do where it is missing."""
        return f"put {self.holds} into {self.path}/ of a folder and name that with --data-dir"

    def find(self, folders: Folders) -> Path | None:
        """Return its path in the first data folder that has it."""
        return next((found for folder in folders.data if (found := self._below(folder)) is not None), None)

    def _below(self, folder: Path) -> Path | None:
        for name in self.path.split("/"):
            if not folder.is_dir():
                return None
            matches = sorted(entry for entry in folder.iterdir() if entry.name.lower() == name.lower())
            if not matches:
                return None
            folder = matches[0]
        return folder if folder.is_dir() else None


@dataclass(frozen=True)
class Packaged:
    """A file inside an installed Python package, which is never imported; checked by size and SHA-256."""

    package: str
    path: str
    size: int
    sha256: str

    @property
    def remedy(self) -> str:
        """The command that brings the file."""
        return f"uv sync --reinstall-package {self.package}"

    def find(self, folders: Folders) -> Path | None:
        """Return its path; None where the package is not installed.

        Raises:
            UserError: the package is there and the file is missing or damaged.
        """
        path = package_file(self.package, self.path)
        if path is None:
            return None
        if not path.is_file() or path.stat().st_size != self.size or sha256(path) != self.sha256:
            state = "damaged" if path.is_file() else "missing"
            raise UserError(f"{path} is {state}; mend it with: {self.remedy}")
        return path


def package_file(package: str, path: str) -> Path | None:
    """Return where ``path`` of an installed distribution lies, or None where that is not installed."""
    try:
        return Path(str(metadata.distribution(package).locate_file(path)))
    except metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True)
class Location:
    """One way to have a data set: its files, and ``read(*paths)``, which makes ``RawDataset`` of them.

    ``kind`` None leaves it to the reader: a data folder may hold the whole or a part under the same name.
    """

    files: tuple[File, ...]
    read: Callable[..., RawDataset]
    kind: Kind | None = "full"

    def find(self, folders: Folders) -> tuple[Path, ...] | None:
        """Return the paths of all files, or None if one is absent."""
        paths = [file.find(folders) for file in self.files]
        return None if None in paths else tuple(path for path in paths if path is not None)


@dataclass(frozen=True)
class Source:
    """A named data set and the places it can come from; the first that is there serves.

    Attributes:
        name: as published tables spell it.
        places: in order of preference; ``read`` of a place gets its paths.
        stand_in: what serves where this is not found; its own name says so.
        about: one line: size, licence, where it comes from.
        level_db, primary, distance: of an OOD set; see ``Derived``.
        family: the content that it shares with other sets of this family, though no item is the same: one script, one
            collection of captions. Outliers of a family are kept from a run that trains on or tests another of it.
    """

    name: str
    places: tuple[Location, ...]
    stand_in: "AnySource | None" = None
    about: str = ""
    level_db: float | None = None
    primary: bool = True
    distance: Distance | None = None
    family: str = ""

    @property
    def key(self) -> OodKey:
        """What tells it from the task's other OOD sets."""
        return OodKey(self.name, self.level_db, self.primary)

    def resolve(self, folders: Folders) -> "AnySource | None":
        """Return the source that will be read: this one, its stand-in, or None."""
        if self._place(folders) is not None:
            return self
        return self.stand_in.resolve(folders) if self.stand_in else None

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
        """Return what identifies the content: checksums of the files that would be read."""
        _, paths = self._found(folders)
        return "+".join(checksum(path) for path in paths)

    def load(self, folders: Folders, seed: int = 0, test: RawDataset | None = None) -> RawDataset:
        """Read the data set.

        Raises:
            UserError: it is not there, or a file of it is damaged; the message names the file and the remedy.
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
class Derived:
    """A data set made by a function: noise, glyphs of fonts, or the test examples changed.

    ``make(test, rng, *inputs)`` gets the in-distribution test samples, a seeded generator and the samples of
    ``inputs``. What it makes is identified by the project's code, the test data, the seed, the inputs and the version
    of the libraries, so it must depend on nothing else. A set that comes at several noise levels has one ``Derived``
    for each, of the same name; each level has rows and an ``All`` of its own.

    Attributes:
        name: as published tables spell it.
        make: see above.
        inputs: what it is made of, besides the test samples.
        kind: of the data made.
        stand_in: what serves where an input is not found.
        about: one line: what it is.
        level_db: signal-to-noise ratio in dB of a set that comes at several; None for others.
        primary: whether the set belongs to the task's own setting: published, and at the task's own level.
        distance: how far the set is from the in-distribution, where that is said.
        family: see ``Source``; what it is made of has families of its own.
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

    @property
    def key(self) -> OodKey:
        """What tells it from the task's other OOD sets."""
        return OodKey(self.name, self.level_db, self.primary)

    def resolve(self, folders: Folders) -> "AnySource | None":
        """Return this if all inputs are found, else the stand-in, else None."""
        if all(source.resolve(folders) is not None for source in self.inputs):
            return self
        return self.stand_in.resolve(folders) if self.stand_in else None

    @property
    def remedy(self) -> str:
        """The command that brings what is missing."""
        return "; ".join(dict.fromkeys(source.remedy for source in self.inputs))

    def fingerprint(self, folders: Folders) -> str:
        """Return what identifies the content, the code apart."""
        inputs = [source.fingerprint(folders) for source in self.resolved_inputs(folders)]
        return "+".join([f"{self.name} {draws_label(self.key)}", *inputs])

    def load(self, folders: Folders, seed: int = 0, test: RawDataset | None = None) -> RawDataset:
        """Make the data set; the generator depends on the seed, the set's name and its noise level alone."""
        rng = np.random.default_rng([seed, *f"{self.name} {draws_label(self.key)}".encode()])
        inputs = [source.load(folders, seed, test) for source in self.resolved_inputs(folders)]
        return replace(self.make(test, rng, *inputs), kind=self.kind)

    def resolved_inputs(self, folders: Folders) -> "list[AnySource]":
        """Return what it will be made of.

        Raises:
            UserError: an input is not there.
        """
        found = [source.resolve(folders) for source in self.inputs]
        missing = [source.name for source, there in zip(self.inputs, found, strict=True) if there is None]
        if missing:
            raise UserError(f"{self.name} needs {', '.join(missing)}; get it with: {self.remedy}")
        return [source for source in found if source is not None]


AnySource = Source | Derived


def draws_label(key: OodKey) -> str | None:
    """Return what tells the random draws of one setting of an OOD set from those of its others.

    These words are part of a seed: other words would be other noise and other figures.

    >>> draws_label(OodKey("car", 10.0)), draws_label(OodKey("car", 5.0, primary=False))
    (None, '5 dB')
    """
    if key.primary:
        return None
    return "further" if key.level_db is None else f"{key.level_db:g} dB"


@contextmanager
def reading(paths: Sequence[Path], remedy: str) -> Iterator[None]:
    """Turn what a reader raises on a damaged or unexpected file into a ``UserError`` that names the file."""
    try:
        yield
    except (OSError, ValueError, KeyError, IndexError, EOFError, BadZipFile, ZlibError) as error:
        # pyarrow's ArrowInvalid is a ValueError, soundfile's and Pillow's errors are OSErrors or ValueErrors.
        names = ", ".join(str(path) for path in paths)
        raise UserError(f"{names} cannot be read ({_one_line(error)}); get it again with: {remedy}") from error


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
