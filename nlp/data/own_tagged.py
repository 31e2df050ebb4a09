"""Tagged sentences of the user's own: CoNLL-U, or a token and its tag a line with blank lines between sentences.

CoNLL-U has ten columns, of which FORM and UPOS are read, or the tag that ``--label-column`` names (xpos, deprel, ...).
Comments, the lines of multiword tokens (1-2) and empty nodes (1.1) are left out, as is usual.
"""

from collections import Counter
from pathlib import Path

import numpy as np

from common.base.errors import UserError, did_you_mean
from common.base.seeds import seed_of
from common.data.samples import RawDataset, Split
from common.own_data import TEST_FRACTION, UNSPLIT, class_counts, with_note
from nlp.data.decoding import read_text

SUFFIXES = frozenset({".conllu", ".conll"})
COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
UNSEEN_TAG = "sentence with a tag that training does not have"
"""Reason in ``RawDataset.dropped``."""

Sentence = list[tuple[str, str]]


def read_tagged(path: Path, *others: Path, part: str, column: str | None = None) -> RawDataset:
    """Read the sentences of a file with their tags.

    Args:
        path: of the file that has the part.
        others: the file of the other part, where there are two files.
        part: ``train`` or ``test``.
        column: name of the tag's column; None: ``upos`` of CoNLL-U, the last column of other files.

    Raises:
        UserError: the file has no sentence, or a line has too few columns; the message names the line.
    """
    found, note = sentences(path, column)
    taught = found if part == "train" or not others else sentences(others[0], column)[0]
    tags = sorted({tag for sentence in taught for _, tag in sentence})
    place = {tag: label for label, tag in enumerate(tags)}
    kept = [sentence for sentence in found if all(tag in place for _, tag in sentence)]
    if not kept or len(tags) < 2:
        raise UserError(f"{path} has {len(kept)} usable sentences with {len(tags)} tags; two tags or more are needed")
    labels = [np.array([place[tag] for _, tag in sentence], dtype=np.int64) for sentence in kept]
    dropped = {UNSEEN_TAG: len(found) - len(kept)} if len(kept) < len(found) else {}
    words = [[form for form, _ in sentence] for sentence in kept]
    samples = RawDataset(words, labels, tuple(tags), {UNSPLIT: np.full(len(kept), not others)}, dropped)
    flat = RawDataset([], np.concatenate(labels), tuple(tags))
    return with_note(samples, f"{len(kept):,} sentences. {class_counts(flat)}", note)


def read_words(path: Path) -> RawDataset:
    """Read the sentences of a file without their tags."""
    found, note = sentences(path, None)
    return with_note(RawDataset([[form for form, _ in sentence] for sentence in found]), note)


def sentences(path: Path, column: str | None) -> tuple[list[Sentence], str]:
    """Return the sentences of a file as (form, tag) pairs, and a note if its encoding was guessed."""
    text, note = read_text(path)
    found: list[Sentence] = [[]]
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.rstrip("\r").split("\t" if "\t" in line else None)
        if not any(field.strip() for field in fields):
            found.append([])
        elif not _is_comment(path, line, fields):
            token = _token(path, number, fields, column)
            found[-1] += [token] if token else []
    whole = [sentence for sentence in found if sentence]
    if not whole:
        raise UserError(f"{path} has no sentence")
    return whole, note


def _is_comment(path: Path, line: str, fields: list[str]) -> bool:
    """Return whether a line is a comment, and not the token ``#`` with its tag."""
    return line.startswith("#") and "\t" not in line and (path.suffix.lower() == ".conllu" or len(fields) != 2)


def _token(path: Path, number: int, fields: list[str], column: str | None) -> tuple[str, str] | None:
    """Return a line's form and tag, or None for a multiword token or an empty node."""
    if path.suffix.lower() != ".conllu":
        if len(fields) < 2:
            raise UserError(f"{path}: line {number} has {len(fields)} column, not a token and a tag")
        return fields[0], fields[-1]
    if len(fields) != len(COLUMNS):
        raise UserError(f"{path}: line {number} has {len(fields)} columns, not the {len(COLUMNS)} of CoNLL-U")
    name = (column or "upos").lower()
    if name not in COLUMNS:
        near = did_you_mean(name, list(COLUMNS))
        raise UserError(f"CoNLL-U has no column {name!r}{near}; it has: {', '.join(COLUMNS)}")
    if not fields[0].isdigit():
        return None
    return fields[1], fields[COLUMNS.index(name)]


def split_sentences(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Return two files as they are, or a seeded fifth of one file's sentences as the test set.

    Test sentences with a tag that no training sentence has are left out of both sets.
    """
    if not train.extras[UNSPLIT].all():
        return Split(train, test, name="as given")
    if len(train) < 2:
        raise UserError("too few sentences: training and testing need one each")
    order = np.random.default_rng(seed_of(seed, "own split")).permutation(len(train))
    count = len(order) - max(round(TEST_FRACTION * len(order)), 1)
    seen = Counter(np.concatenate([train.labels[i] for i in order[:count]]).tolist())
    tested = [i for i in order[count:] if all(label in seen for label in train.labels[i].tolist())]
    if not tested:
        raise UserError("too few sentences: every test sentence has a tag that no training sentence has")
    return Split(train.take(np.sort(order[:count])), train.take(np.sort(tested)), name="seeded fifth")
