"""Folders of files by class, as people have them: which file has which class, and which is for testing.

Read are: a folder a class; ``train/`` and ``test/`` (or ``val/``) with a folder a class in each; a folder a class
beside the lists ``testing_list.txt`` and ``validation_list.txt`` of Speech Commands; a table ``metadata.csv`` (or
``labels.csv``) with the columns ``file_name`` and ``label``; and files whose names hold the class, by a pattern.
"""

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from common.base.border import border
from common.base.errors import UserError

Part = Literal["train", "test", "validation"]

PARTS: dict[str, Part] = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
}  # fmt: skip
"""Names of folders that are a part of the data and no class, in lower case."""

LISTS: dict[str, Part] = {"testing_list.txt": "test", "validation_list.txt": "validation"}
TABLES = ("metadata.csv", "labels.csv")
FILE_COLUMNS = ("file_name", "filename", "file", "path", "image", "audio", "id")
LABEL_COLUMNS = ("label", "class", "category", "target")
ASIDE = "folders that are no class"
"""Reason in ``ClassFiles.dropped``: a name that begins with an underscore, such as ``_background_noise_``."""


@dataclass(frozen=True)
class ClassFiles:
    """Files with their classes.

    Attributes:
        files: with the name of the class and the part of each; the part is None where nothing says it.
        dropped: number of files that are of no class, by reason.
    """

    files: tuple[tuple[Path, str, Part | None], ...]
    dropped: dict[str, int]

    @property
    def unsplit(self) -> bool:
        """Whether nothing says which files are for testing."""
        return all(part is None for _, _, part in self.files)

    @property
    def names(self) -> tuple[str, ...]:
        """The classes in alphabetical order."""
        return tuple(sorted({name for _, name, _ in self.files}))

    def of(self, part: Part) -> list[tuple[Path, str]]:
        """Return the files of a part, all of them where nothing says the part.

        Files of the validation part are the test set where no file is of that part, and of no part otherwise.
        """
        parts = {found for _, _, found in self.files}
        wanted = "validation" if part == "test" and "test" not in parts else part
        return [(path, name) for path, name, found in self.files if found in (None, wanted)]


def class_files(root: Path, suffixes: Collection[str] | None, pattern: str | None = None) -> ClassFiles:
    """Return the files below a folder with their classes.

    Args:
        root: of the data; a folder that holds one folder alone stands for that one.
        suffixes: of the files wanted, in lower case, others are not looked at; None: all files.
        pattern: regular expression for the names of files: its group ``label``, or its first group, is the class.

    Raises:
        UserError: no class can be told, or there are fewer than two.
    """
    root = _inner(root)
    found = _by_pattern(root, suffixes, pattern) if pattern else _by_table(root) or _by_folders(root, suffixes)
    if len(found.names) < 2:
        raise UserError(
            f"{root} has {_some(found.names)}; two classes or more are needed: a folder of files for each class, "
            "a metadata.csv with the columns file_name and label, or --label-pattern where the names hold the class"
        )
    return found


def files_below(folder: Path, suffixes: Collection[str] | None) -> list[Path]:
    """Return all files below a folder with one of the suffixes (None: any), except hidden ones, sorted by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    found = (path for path in files if suffixes is None or path.suffix.lower() in suffixes)
    return sorted(path for path in found if not any(_hidden(part) for part in path.relative_to(folder).parts))


def _inner(root: Path) -> Path:
    """Return the folder where the data begins: archives are often unpacked into a folder of their own name."""
    while True:
        entries = [entry for entry in root.iterdir() if not _hidden(entry.name)]
        if len(entries) != 1 or not entries[0].is_dir() or not any(entry.is_dir() for entry in entries[0].iterdir()):
            return root
        root = entries[0]


def _by_folders(root: Path, suffixes: Collection[str] | None) -> ClassFiles:
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir() and not _hidden(entry.name))
    if folders and all(folder.name.lower() in PARTS for folder in folders):
        parts = [(PARTS[folder.name.lower()], _classes(_inner(folder), suffixes)) for folder in folders]
        files = tuple((path, name, part) for part, classes in parts for path, name in classes[0])
        return ClassFiles(files, _aside(sum(classes[1] for _, classes in parts)))
    classes, aside = _classes(root, suffixes)
    listed = _listed(root)
    default: Part | None = "train" if listed else None
    named = ((path, name, listed.get(path.relative_to(root).as_posix(), default)) for path, name in classes)
    return ClassFiles(tuple(named), _aside(aside))


def _classes(root: Path, suffixes: Collection[str] | None) -> tuple[list[tuple[Path, str]], int]:
    """Return the files of the folders of a folder with the folders' names, and how many are in no class."""
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir() and not _hidden(entry.name))
    found = [(path, folder.name) for folder in folders for path in files_below(folder, suffixes)]
    classes = [(path, name) for path, name in found if not name.startswith("_")]
    return classes, len(found) - len(classes)


def _listed(root: Path) -> dict[str, Part]:
    return {
        line.strip(): part
        for name, part in LISTS.items()
        if (root / name).is_file()
        for line in (root / name).read_text(encoding="utf-8", errors="replace").splitlines()
    }


def _by_table(root: Path) -> ClassFiles | None:
    table = next((root / name for name in TABLES if (root / name).is_file()), None)
    if table is None:
        return None
    with border(table), table.open(encoding="utf-8-sig", errors="replace", newline="") as content:
        rows = list(csv.DictReader(content))
    columns = {name.strip().lower(): name for name in (rows[0] if rows else {}) if name}
    file_column = next((columns[name] for name in FILE_COLUMNS if name in columns), None)
    label_column = next((columns[name] for name in LABEL_COLUMNS if name in columns), None)
    if file_column is None or label_column is None:
        raise UserError(f"{table} needs the columns file_name and label; it has: {', '.join(columns) or 'nothing'}")
    found = [(_inside(root, row[file_column], table), row) for row in rows if row[label_column]]
    files = [(path, row[label_column].strip(), _part(row.get(columns.get("split", "")))) for path, row in found]
    there = tuple(entry for entry in files if entry[0].is_file())
    missing = {f"files that {table.name} names and the folder lacks": len(files) - len(there)}
    return ClassFiles(there, {why: count for why, count in missing.items() if count})


def _inside(root: Path, name: str, table: Path) -> Path:
    """Return a file that a table names.

    Raises:
        UserError: it lies outside the table's folder.
    """
    path = root / name.strip()
    if not path.resolve().is_relative_to(root.resolve()):
        raise UserError(f"{table} names {name!r}, which is outside its folder; take that row out")
    return path


def _part(text: str | None) -> Part | None:
    return PARTS.get((text or "").strip().lower())


def _by_pattern(root: Path, suffixes: Collection[str] | None, pattern: str) -> ClassFiles:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UserError(f"--label-pattern {pattern!r} is not a regular expression ({error})") from error
    if not compiled.groups:
        raise UserError(f"--label-pattern {pattern!r} has no group; put the part that is the class in brackets")
    files = files_below(root, suffixes)
    group = "label" if "label" in compiled.groupindex else 1
    found = [(path, match[group], _own_part(path, root)) for path in files if (match := compiled.search(path.name))]
    other = len(files) - len(found)
    return ClassFiles(tuple(found), {f"names without {pattern!r}": other} if other else {})


def _own_part(path: Path, root: Path) -> Part | None:
    first = path.relative_to(root).parts[0].lower()
    return PARTS.get(first) if path.parent != root else None


def _aside(count: int) -> dict[str, int]:
    return {ASIDE: count} if count else {}


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _some(names: Collection[str]) -> str:
    return f"one class, {next(iter(names))}" if names else "no class"


def suffixes_below(folder: Path, most: int = 2000) -> Iterator[str]:
    """Yield the suffixes of at most ``most`` files below a folder, in lower case."""
    files = (path for path in folder.rglob("*") if path.is_file())
    for path, _ in zip(files, range(most), strict=False):
        yield path.suffix.lower()
