"""Where the files of a data set may lie: a data folder, a publisher's directory, an installed package."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Protocol, runtime_checkable

from common.base.border import border
from common.base.errors import UserError
from common.data.samples import Kind, RawDataset
from common.store.files import sha256


@dataclass(frozen=True)
class Folders:
    """Folders of prepared data, searched in order, and the folder of cached files."""

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
    """A folder inside a data folder, such as a corpus as its publisher ships it; case-insensitive.

    Attributes:
        path: of the folder, ``speech/timit``.
        holds: description of the files that belong there, for the message to the user.
    """

    path: str
    holds: str

    @property
    def remedy(self) -> str:
        """Instruction that fixes a missing folder."""
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
            UserError: the package is installed, but the file is missing or damaged.
        """
        path = package_file(self.package, self.path)
        if path is None:
            return None
        if not path.is_file() or path.stat().st_size != self.size or sha256(path) != self.sha256:
            state = "damaged" if path.is_file() else "missing"
            raise UserError(f"{path} is {state}; mend it with: {self.remedy}")
        return path


def package_file(package: str, path: str) -> Path | None:
    """Return the location of ``path`` of a distribution, or None if the distribution is not installed."""
    try:
        return Path(str(metadata.distribution(package).locate_file(path)))
    except metadata.PackageNotFoundError:
        return None


@runtime_checkable
class TableReader(Protocol):
    """A reader of a table that says which columns it reads."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""

    def __call__(self, path: Path) -> RawDataset:
        """Read the table."""


@dataclass(frozen=True)
class Location:
    """One location of a data set: its files, and ``read(*paths)``, which returns a ``RawDataset``.

    ``kind`` None: ``read`` decides, because a data folder may hold the full data or a sample under the same name.
    ``columns`` are those of the file that are read, where the reader does not say so itself.
    """

    files: tuple[File, ...]
    read: Callable[..., RawDataset]
    kind: Kind | None = "full"
    columns: tuple[str, ...] = ()

    @property
    def asked_columns(self) -> tuple[str, ...]:
        """Columns of the file that are read; () where it has none or the reader does not say."""
        return self.columns or (self.read.columns if isinstance(self.read, TableReader) else ())

    def find(self, folders: Folders) -> tuple[Path, ...] | None:
        """Return the paths of all files, or None if one is absent."""
        paths = [file.find(folders) for file in self.files]
        return None if None in paths else tuple(path for path in paths if path is not None)


@contextmanager
def reading(paths: Sequence[Path], remedy: str) -> Iterator[None]:
    """Turn any exception of a reader on a damaged or unexpected file into a ``UserError`` that names the file."""
    with border(Path(", ".join(str(path) for path in paths)), f"get it again with: {remedy}"):
        yield
