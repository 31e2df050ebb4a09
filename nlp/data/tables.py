"""Readers of text tables: parquet files whose columns are checked; skipped rows are counted by reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.data.parquet import read_columns_of
from common.data.samples import RawDataset

EMPTY = "empty text"
"""Reason in ``RawDataset.dropped``: a text without a visible character cannot be classified."""

UNLABELED = "no label"
"""Reason in ``RawDataset.dropped``: a row of a labelled set whose label is missing."""


def read_columns(
    path: Path, columns: Sequence[str], where: Mapping[str, str | Sequence[str]] | None = None
) -> dict[str, list[Any]]:
    """Read named columns of a parquet file as lists.

    Args:
        path: of the file.
        columns: what to return.
        where: for further columns, the value or values of the rows to read: ``{"split": "train"}``.

    Raises:
        ValueError: a column is missing, or no row is left.
    """
    import pyarrow.compute

    wanted = {name: [value] if isinstance(value, str) else list(value) for name, value in (where or {}).items()}
    table = read_columns_of(path, list(dict.fromkeys((*columns, *wanted))))
    for name, values in wanted.items():
        table = table.filter(pyarrow.compute.is_in(table[name], value_set=pyarrow.array(values)))
    if not len(table):
        raise ValueError(f"no row has {', '.join(f'{name} in {values}' for name, values in wanted.items())}")
    return {name: table[name].to_pylist() for name in columns}


def labelled_texts(
    texts: Iterable[str | None],
    labels: Iterable[Any] | None = None,
    label_names: Sequence[str] = (),
    clean: Callable[[str], str] | None = None,
) -> RawDataset:
    """Return texts with their labels; rows that cannot be used are skipped and counted.

    A row is skipped if its text is missing or has no visible character, or if the set is labelled and its label is
    missing; it is counted under the first of these reasons.

    Args:
        texts: N of them.
        labels: N class names, or their positions in ``label_names``; None for a set without labels.
        label_names: name of each class.
        clean: applied to each text first.

    Raises:
        ValueError: a label is not in ``label_names``.
    """
    place = {name: index for index, name in enumerate(label_names)} | {i: i for i in range(len(label_names))}
    kept: list[str] = []
    classes: list[int] = []
    dropped: Counter[str] = Counter()
    for text, label in zip(texts, _forever(labels), strict=labels is not None):
        text = clean(text) if text and clean else text
        if not text or not text.strip():
            dropped[EMPTY] += 1
        elif labels is not None and label is None:
            dropped[UNLABELED] += 1
        else:
            kept.append(text)
            classes.append(_class(label, place) if labels is not None else 0)
    labelled = np.array(classes, dtype=np.int64) if labels is not None else None
    return RawDataset(kept, labelled, tuple(label_names) if labels is not None else (), dropped=dict(dropped))


@dataclass(frozen=True, eq=False)
class TextTable:
    """A reader of a prepared parquet file with one text per row; ``text_table`` makes one.

    Attributes:
        text: column of the texts.
        label: column of the labels, None for a set without labels.
        label_names: name of each class.
        conditions: values that other columns must have.
        clean: applied to each text.
    """

    text: str
    label: str | None
    label_names: Sequence[str]
    conditions: Mapping[str, str | Sequence[str]]
    clean: Callable[[str], str] | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the file that are read."""
        return tuple(dict.fromkeys([self.text, *([self.label] if self.label else []), *self.conditions]))

    def __call__(self, path: Path) -> RawDataset:
        """Read the file."""
        wanted = [self.text, self.label] if self.label else [self.text]
        columns = read_columns(path, wanted, self.conditions)
        labels = columns[self.label] if self.label else None
        return labelled_texts(columns[self.text], labels, self.label_names, self.clean)


def text_table(
    split: str | Sequence[str] | None = None,
    label: str | None = None,
    label_names: Sequence[str] = (),
    *,
    text: str = "text",
    where: Mapping[str, str | Sequence[str]] | None = None,
    clean: Callable[[str], str] | None = None,
) -> TextTable:
    """Return a reader of a prepared parquet file with one text per row.

    Args:
        split: value, or values, of the column ``split``; None for all rows.
        label: column of the labels, None for a set without labels.
        label_names: name of each class.
        text: column of the texts.
        where: see ``read_columns``.
        clean: applied to each text.
    """
    conditions = {**({"split": split} if split is not None else {}), **(where or {})}
    return TextTable(text, label, label_names, conditions, clean)


def _class(label: Any, place: Mapping[Any, int]) -> int:
    if label not in place:
        known = ", ".join(name for name in place if isinstance(name, str))
        raise ValueError(f"label {label!r} is none of {known}")
    return place[label]


def _forever(labels: Iterable[Any] | None) -> Iterable[Any]:
    from itertools import repeat

    return repeat(None) if labels is None else labels
