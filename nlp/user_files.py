"""User's files as data sets, without writing code: ``run_all.py --in FILE --ood NAME=FILE``.

A file is CSV (with a header), JSONL or parquet, in UTF-8. ``--in`` takes a file with the columns ``text`` and
``label``. If it has a column ``split``, its values ``train`` and ``test`` say where a row belongs; otherwise a seeded
fifth of the rows is the test set, and each label keeps at least one row for training. ``--ood`` takes a file with the
column ``text``.

Skipped, and counted in the results: texts without a visible character, rows without a label, rows with another split,
and test rows whose label is not in the training set (no class of the model would be right).
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from common.base.errors import UserError, did_you_mean
from common.base.seeds import seed_of
from common.data.locations import Folders, Location
from common.data.samples import RawDataset, Split
from common.data.sources import Source
from common.task import Budget, Model, Task
from nlp.data.tables import labelled_texts

TEST_FRACTION = 0.2
"""Fraction of the rows that become the test set where the file has no column ``split``."""

OTHER_SPLIT = "split is neither train nor test"
UNSEEN_LABEL = "label that training does not have"
"""Reasons in ``RawDataset.dropped``."""

BUDGET = Budget(epochs=8, batch_size=32, learning_rate=1e-3)


@dataclass(frozen=True)
class UserFile:
    """A file of the user, by its path."""

    path: Path

    @property
    def remedy(self) -> str:
        """What to do if the file is missing."""
        return f"check the path {self.path}"

    def find(self, folders: Folders) -> Path | None:
        """Return its path, or None if it is missing."""
        return self.path if self.path.is_file() else None


class UserSource(Source):
    """A data set whose name the user chose, so its fingerprint includes the name."""

    def fingerprint(self, folders: Folders) -> str:
        """Return what identifies the content and the name."""
        return f"{self.name} {super().fingerprint(folders)}"


def user_task(in_distribution: Path, ood: Mapping[str, Path]) -> Task:
    """Return a task made of the user's files.

    Args:
        in_distribution: file with ``text`` and ``label``.
        ood: files with ``text``, by their names in the results.

    Raises:
        UserError: a file is missing, or in another format.
    """
    for file in (in_distribution, *ood.values()):
        _check(file)

    def source(name: str, file: Path, read: Callable[[Path], RawDataset]) -> Source:
        return UserSource(name, (Location((UserFile(file),), read),))

    return Task(
        title=in_distribution.name,
        in_dist=in_distribution.stem,
        train=source(f"{in_distribution.stem} train", in_distribution, partial(read_labelled, part="train")),
        test=source(in_distribution.stem, in_distribution, partial(read_labelled, part="test")),
        ood=tuple(source(name, file, read_texts) for name, file in ood.items()),
        model=Model("bag_of_words", {"words": 5000, "stop_words": False}),
        split=_split,
        quick=BUDGET,
        paper=BUDGET,
        row_name="text",
        notes=(
            "The test set is the rows of split `test`, or a seeded fifth of the rows where the file has no split.",
            f"Skipped and counted: empty texts, rows without a label, test rows with a {UNSEEN_LABEL}.",
        ),
    )


def read_labelled(path: Path, part: str) -> RawDataset:
    """Read the training or test rows of a labelled file, or all rows where it has no column ``split``.

    Raises:
        UserError: a column is missing, the file cannot be decoded, or it has fewer than two labels for training.
    """
    columns = read_file(path, ("text", "label"), optional=("split",))
    labels = [None if label is None or label == "" else str(label) for label in columns["label"]]
    splits = columns.get("split") or [None] * len(labels)
    whole = "split" not in columns
    chosen = [whole or split == part for split in splits]
    known = {label for label, split in zip(labels, splits, strict=True) if label and (whole or split == "train")}
    names = sorted(known, key=_numbers_first)
    if len(names) < 2:
        raise UserError(f"{path} has {len(names)} label{'s' * (len(names) != 1)} for training; two or more are needed")
    unseen = [label is not None and label not in known for label in labels]
    kept = [take and not strange for take, strange in zip(chosen, unseen, strict=True)]
    samples = labelled_texts(_where(columns["text"], kept), _where(labels, kept), names)
    if not len(samples):
        raise UserError(f"{path} has no usable text{'' if whole else f' of split {part!r}'}")
    counts = {
        UNSEEN_LABEL: sum(take and strange for take, strange in zip(chosen, unseen, strict=True)),
        OTHER_SPLIT: 0 if whole or part == "test" else sum(split not in ("train", "test") for split in splits),
    }
    extras = {"unsplit": np.full(len(samples), whole)}
    return replace(samples, extras=extras, dropped={**samples.dropped, **{why: n for why, n in counts.items() if n}})


def read_texts(path: Path) -> RawDataset:
    """Read the texts of a file; labels are ignored.

    Raises:
        UserError: there is no column ``text``, no text in it, or the file cannot be decoded.
    """
    samples = labelled_texts(read_file(path, ("text",))["text"])
    if not len(samples):
        raise UserError(f"{path} has no text in its column 'text'")
    return samples


def read_file(path: Path, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, list[Any]]:
    """Read columns of a CSV, JSONL or parquet file.

    Raises:
        UserError: a required column is missing, the file is empty or damaged, or its text is not UTF-8.
    """
    columns = FORMATS[path.suffix.lower()](path)
    for name in required:
        if name not in columns:
            near = did_you_mean(name, list(columns))
            there = ", ".join(columns) or "nothing"
            raise UserError(f"{path} has no column {name!r}{near}; it has: {there}")
    found = {name: columns[name] for name in (*required, *optional) if name in columns}
    if (
        "text" in found
        and (wrong := next((t for t in found["text"] if not isinstance(t, str | None)), None)) is not None
    ):
        raise UserError(f"{path}: the column 'text' holds {wrong!r}, which is not a text")
    return found


def _read_csv(path: Path) -> dict[str, list[Any]]:
    csv.field_size_limit(1 << 30)
    try:
        rows = list(csv.reader(_text(path).splitlines(keepends=True), strict=True))
    except csv.Error as error:
        raise UserError(f"{path} is not CSV ({error}); check its quotes") from error
    rows = [row for row in rows if row]
    header = rows[0] if rows else []
    if bad := next((i for i, row in enumerate(rows) if len(row) != len(header)), None):
        raise UserError(f"{path}: record {bad + 1} has {len(rows[bad])} fields, the header {len(header)}")
    return {name: [row[place] for row in rows[1:]] for place, name in enumerate(header)}


def _read_jsonl(path: Path) -> dict[str, list[Any]]:
    rows = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UserError(f"{path}: line {number} is not JSON ({error})") from error
        if not isinstance(row, dict):
            raise UserError(f'{path}: line {number} is not an object like {{"text": ..., "label": ...}}')
        rows.append(row)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _read_parquet(path: Path) -> dict[str, list[Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError(f"{path} is not a readable parquet file ({' '.join(str(error).split())[:120]})") from error
    wanted = [name for name in ("text", "label", "split") if name in table.column_names]
    return {name: table[name].to_pylist() for name in wanted} | {
        name: [] for name in table.column_names if name not in wanted
    }


FORMATS: dict[str, Callable[[Path], dict[str, list[Any]]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path} is not UTF-8 (byte 0x{raw[error.start]:02x} in line {line}); "
            "convert it first, such as with: iconv -f WINDOWS-1252 -t UTF-8"
        ) from error


def _check(file: Path) -> None:
    if file.suffix.lower() not in FORMATS:
        raise UserError(f"{file} is not one of {', '.join(FORMATS)}; convert it to one of them")
    if not file.is_file():
        raise UserError(f"{file} does not exist; check the path")


def _split(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Split a file without a column ``split``: a seeded fifth is the test set; each label keeps a row for training."""
    if not train.extras["unsplit"].all():
        return Split(train, test, name="column split")
    order = np.random.default_rng(seed_of(seed, "own split")).permutation(len(train))
    first = np.unique(train.labels[order], return_index=True)[1]
    order = np.concatenate([order[first], np.delete(order, first)])
    count = max(len(order) - max(round(TEST_FRACTION * len(order)), 1), len(first))
    if count == len(order):
        raise UserError("too few rows: each label needs a row for training, and the test set needs at least one more")
    return Split(train.take(np.sort(order[:count])), train.take(np.sort(order[count:])), name="seeded fifth")


def _where(values: list[Any], kept: list[bool]) -> list[Any]:
    return [value for value, keep in zip(values, kept, strict=True) if keep]


def _numbers_first(label: str) -> tuple[bool, float, str]:
    number = label.lstrip("-").isdecimal()
    return not number, float(label) if number else 0.0, label
