"""Texts of the user's own with their labels: which columns they are in, what is skipped, what is told.

**Labels.** One rule for all formats: a missing label is None, NaN, an empty string, ``nan``, ``n/a``, ``null`` or -1;
blanks around a label do not make another class; a whole number is one class however it is written (1, 1.0, "1").
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from common.base.errors import UserError, did_you_mean
from common.data.samples import RawDataset
from common.own_data import UNSPLIT, class_counts, with_note
from nlp.data.decoding import without_surrogates
from nlp.data.own_tables import OUT_OF_SCOPE, OwnTable, read_table
from nlp.data.tables import labelled_texts

TEXT_COLUMNS = (
    *("text", "sentence", "utterance", "query", "question", "review", "content", "message", "document", "tweet"),
    *("comment", "body", "input", "prompt", "description", "title", "headline", "request"),
)
LABEL_COLUMNS = (
    *("label", "intent", "category", "class", "target", "labels", "topic", "sentiment", "emotion", "label_name"),
    *("type", "tag", "polarity", "y"),
)
SPLIT_COLUMNS = ("split", "fold", "partition", "subset")
"""Usual names of columns, in lower case; the first that a file has is read."""

PARTS = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "eval": "test",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
}  # fmt: skip
MISSING = ("", "nan", "n/a", "<na>", "null", "-1")

OTHER_SPLIT = "split is neither train nor test"
UNSEEN_LABEL = "label that training does not have"
SCOPELESS = "out-of-scope requests"
"""Reasons in ``RawDataset.dropped``."""


@dataclass(frozen=True)
class ColumnNames:
    """The names of columns that the user gave; None: the usual names are tried."""

    text: str | None = None
    label: str | None = None


def read_labelled(path: Path, *others: Path, part: str, names: ColumnNames = ColumnNames()) -> RawDataset:
    """Read the training or test texts of a labelled file, or all texts where it has no column of splits.

    Args:
        path: of the file that has the part.
        others: the file of the other part, where there are two files.
        part: ``train`` or ``test``.
        names: of columns.

    Raises:
        UserError: a column is missing, the file cannot be read, or there are fewer than two labels for training.
    """
    rows = _labelled_rows(path, names, part if others else None)
    training = rows if part == "train" or not others else _labelled_rows(others[0], names, "train")
    known = {label for label, split in zip(training.labels, training.splits, strict=True) if label and split != "test"}
    whole = not others and rows.unsplit
    if not whole:
        known = {
            label for label, split in zip(training.labels, training.splits, strict=True) if label and split == "train"
        }
    classes = sorted(known, key=_numbers_first)
    if len(classes) < 2:
        raise UserError(
            f"{path} has {len(classes)} label{'s' * (len(classes) != 1)} for training; two or more are needed"
        )
    chosen = [whole or split == part for split in rows.splits]
    return _told(rows, chosen, classes, part, whole)


def _told(rows: "_Rows", chosen: Sequence[bool], classes: Sequence[str], part: str, whole: bool) -> RawDataset:
    """Return the chosen rows as a data set, with what was skipped and what a reader must know."""
    known = set(classes)
    unseen = [label is not None and label not in known for label in rows.labels]
    kept = [take and not strange for take, strange in zip(chosen, unseen, strict=True)]
    samples = labelled_texts(_where(rows.texts, kept), _where(rows.labels, kept), classes)
    if not len(samples):
        raise UserError(f"{rows.path} has no usable text{'' if whole else f' of split {part!r}'}")
    counts = {
        UNSEEN_LABEL: sum(take and strange for take, strange in zip(chosen, unseen, strict=True)),
        OTHER_SPLIT: 0 if whole or part == "test" else sum(split not in ("train", "test") for split in rows.splits),
    }
    dropped = {**samples.dropped, **{why: count for why, count in counts.items() if count}}
    dropped = {} if whole and part == "test" else dropped  # a file without splits is read twice and counted once
    samples = replace(samples, extras={UNSPLIT: np.full(len(samples), whole)}, dropped=dropped)
    called = "" if whole else f"{part.capitalize()}: "
    return with_note(samples, called + class_counts(samples), *_repeated(samples, called), *rows.notes)


def read_texts(path: Path, names: ColumnNames = ColumnNames()) -> RawDataset:
    """Read the texts of a file without their labels; of CLINC's ``data_full.json``, the out-of-scope test requests.

    Raises:
        UserError: there is no column of texts, no text in it, or the file cannot be read.
    """
    table = read_table(path)
    column = _column(table, names.text, TEXT_COLUMNS, "text")
    texts = table.columns[column]
    splits = table.columns.get("split", [])
    if f"{OUT_OF_SCOPE}test" in splits:
        texts = _where(texts, [split == f"{OUT_OF_SCOPE}test" for split in splits])
    whole, note = _whole_texts(path, column, texts)
    samples = labelled_texts(whole)
    if not len(samples):
        raise UserError(f"{path} has no text in its column {column!r}")
    return with_note(samples, table.note, note)


def has_out_of_scope(path: Path) -> bool:
    """Whether a file is JSON with out-of-scope test requests, as CLINC publishes them."""
    return path.suffix.lower() == ".json" and f'"{OUT_OF_SCOPE}test"'.encode() in path.read_bytes()


@dataclass(frozen=True)
class _Rows:
    """All rows of a file: texts, clean labels, and splits."""

    path: Path
    texts: list[str | None]
    labels: list[str | None]
    splits: list[str | None]
    unsplit: bool
    notes: tuple[str, ...]


def _labelled_rows(path: Path, names: ColumnNames, all_of: str | None) -> _Rows:
    """Return the rows of a file; ``all_of`` is the part that all of them are, if that is said elsewhere."""
    table = read_table(path)
    text = _column(table, names.text, TEXT_COLUMNS, "text")
    label = _column(table, names.label, LABEL_COLUMNS, "label", but=text)
    split = next((name for name in table.columns if name.lower() in SPLIT_COLUMNS), None)
    texts, note = _whole_texts(path, text, table.columns[text])
    count = len(texts)
    splits: list[str | None] = [all_of] * count
    if all_of is None and split is not None:
        splits = _splits(table.columns[split])
    labels = [clean_label(value, f"{path}: row {number}") for number, value in enumerate(table.columns[label], 1)]
    unsplit = all_of is None and (split is None or not any(part in ("train", "test") for part in splits))
    return _Rows(path, texts, labels, splits, unsplit, tuple(one for one in (table.note, note) if one))


def _splits(values: Iterable[Any]) -> list[str | None]:
    """Return the part of each row; validation rows are the test set where no row is a test row."""
    parts = [PARTS.get(str(value).strip().lower()) for value in values]
    if "test" in parts or "train" not in parts:
        return [*parts]
    return ["test" if part == "validation" else part for part in parts]


def clean_label(value: Any, where: str) -> str | None:
    """Return a label by the one rule, or None if it is missing.

    >>> [clean_label(value, "row 1") for value in (1.0, "1.0", " neg", float("nan"), "", -1, True)]
    ['1', '1', 'neg', None, None, None, 'True']

    Raises:
        UserError: the label is a list or an object.
    """
    if isinstance(value, (list, dict, tuple)):
        raise UserError(f"{where} has the label {value!r}; one label a text is needed")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = str(value).strip()
    head, dot, zeros = text.partition(".")
    if dot and not zeros.strip("0") and head.lstrip("-").isdecimal():
        text = head
    return None if text.lower() in MISSING else text


def _column(table: OwnTable, named: str | None, usual: Sequence[str], what: str, but: str = "") -> str:
    """Return the name of a column: the one the user named, or the first usual one."""
    there = list(table.columns)
    if named is not None:
        if named in there:
            return named
        raise UserError(f"{table.path} has no column {named!r}{did_you_mean(named, there)}; it has: {_shown(there)}")
    plain = {name.strip().lower(): name for name in reversed(there) if name != but}
    found = next((plain[name] for name in usual if name in plain), None)
    if found is None:
        near = did_you_mean(what, there)
        raise UserError(
            f"{table.path} has no column {what!r}{near}; it has: {_shown(there)}. Name the column with --{what}-column"
        )
    return found


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:20])
    return (shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")) or "nothing"


def _whole_texts(path: Path, column: str, values: Sequence[Any]) -> tuple[list[str | None], str]:
    """Return texts without halves of characters, and a sentence that counts the mended ones."""
    for number, value in enumerate(values, 1):
        if not isinstance(value, str | None):
            raise UserError(f"{path}: the column {column!r} holds {value!r} in row {number}, which is not a text")
    whole, mended = without_surrogates(value or "" for value in values)
    note = f"{path.name}: {mended:,} texts have U+FFFD, in place of half a surrogate pair or of lost characters."
    return [*whole], note if mended else ""


def _repeated(samples: RawDataset, called: str) -> tuple[str, ...]:
    """Return sentences on texts that occur more than once, and on those of them with several labels."""
    labels: dict[str, set[int]] = defaultdict(set)
    plain = [" ".join(text.casefold().split()) for text in samples.items]
    for text, label in zip(plain, samples.labels.tolist(), strict=True):
        labels[text].add(label)
    again = len(plain) - len(labels)
    split = sum(len(one) > 1 for one in labels.values())
    rare = sum(count == 1 for count in Counter(samples.labels.tolist()).values())
    return tuple(
        sentence
        for count, sentence in (
            (again, f"{called}{again:,} of {len(plain):,} texts repeat another one, but for case and blanks."),
            (split, f"{called}{split:,} texts have more than one label."),
            (rare, f"{called}{rare:,} classes have one text alone."),
        )
        if count
    )


def _where(values: Sequence[Any], kept: Sequence[bool]) -> list[Any]:
    return [value for value, keep in zip(values, kept, strict=True) if keep]


def _numbers_first(label: str) -> tuple[bool, float, str]:
    number = label.lstrip("-").isdecimal()
    return not number, float(label) if number else 0.0, label
