"""A file of one's own in pieces: the rows of any number of examples, in bounded memory, as often as they are wanted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from common.base.display import shown
from common.base.errors import UserError
from common.own.entries import Entry, problem_of
from common.own.files import OwnFile, open_file
from common.own.kinds import Kind
from common.own.rows import Purpose, Reading, UserRows, agree, labels_apart, roles_for, rows_of, score_rows_of, unused

PIECE_BYTES = 2**23
"""Bytes of a file's arrays that are read at once."""
MOST_ROWS = 2**18


class PiecewiseFile:
    """A file of logits or scores that is read piece by piece; each iteration reads it from the beginning.

    Args:
        file: where it lies.
        purpose: what its rows are for; of the labels of an OOD file nothing is read.
        reading: how.
        labels: a file of its labels, where they are apart.

    Raises:
        UserError: it cannot be opened, or has neither logits nor a score.

    Attributes:
        file: as given.
        labelled: whether it says which answers are right.
        notes: sentences on arrays that play no part.
    """

    def __init__(self, file: Path, purpose: Purpose, reading: Reading, labels: Path | None = None) -> None:
        own = open_file(file, reading.limit)
        roles = roles_for(own, purpose)
        self.file, self._reading, self._said = file, reading, roles.said
        self.notes = tuple(unused(own, roles, purpose))
        found: dict[str, tuple[OwnFile, Entry]] = {
            name: (own, entry)
            for name in ("matrix", "score", "labels", "correct", "predicted")
            if (entry := getattr(roles, name)) is not None
        }
        if labels:
            found["labels"] = labels_apart(labels, reading.limit)
        self._held = {name: found[name] for name in _needed(found)}
        self.labelled = len(self._held) > 1

    @property
    def by_score(self) -> bool:
        """Whether it has a score alone."""
        return "score" in self._held

    @property
    def bytes(self) -> int:
        """Memory that its arrays would take."""
        return sum(entry.bytes for _, entry in self._held.values())

    @property
    def obstacle(self) -> str:
        """Why it cannot be read in pieces; empty if it can."""
        for own, entry in self._held.values():
            if entry.problem:
                return f"{shown(own.path)} cannot be read: {problem_of(entry)}"
            if entry.pieces is None or not entry.rows:
                return (
                    f"{shown(own.path)} cannot be read in pieces; save it as .npy or .npz (rows first, not Fortran"
                    " order), .parquet or .safetensors"
                )
        return ""

    def __iter__(self) -> Iterator[UserRows]:
        """Yield the rows in order, some thousands at a time; all of a file are of the kind that the first are.

        Raises:
            UserError: damage, arrays that do not fit each other, or rows of another kind than the first.
        """
        if self.obstacle:
            raise UserError(self.obstacle)
        start, kind = 0, None
        for arrays in self._arrays():
            try:
                rows = self._rows(arrays, kind)
            except ValueError as error:
                where = f" in the rows from {start:,} on" if start else ""
                raise UserError(f"{shown(self.file)}{where}: {error}") from error
            yield rows
            kind = rows.kind
            start += len(next(iter(arrays.values())))

    def _arrays(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield each array's part of the same rows."""
        width = sum(entry.bytes / entry.rows for _, entry in self._held.values())
        rows = max(1, min(MOST_ROWS, int(PIECE_BYTES / max(width, 1))))
        for own, entry in self._held.values():
            own.limit.check(own.path, rows * entry.bytes // entry.rows, entry.name)
        streams = [own.pieces(entry, rows) for own, entry in self._held.values()]
        while parts := [part for stream in streams if (part := next(stream, None)) is not None]:
            if len(parts) != len(streams) or len({len(part) for part in parts}) > 1:
                names = " and ".join(shown(entry.name, 40) for _, entry in self._held.values())
                raise UserError(f"{shown(self.file)}: {names} have different lengths; give one of each for every row")
            yield dict(zip(self._held, parts, strict=True))

    def _rows(self, arrays: dict[str, NDArray[Any]], kind: Kind | None) -> UserRows:
        if "score" in arrays:
            right = arrays.get("correct")
            if "predicted" in arrays:
                right = agree(arrays["predicted"], arrays["labels"])
            return score_rows_of(self.file, arrays["score"], right)
        said, probabilities = self._said, self._reading.probabilities
        if kind in ("logits", "probabilities") and probabilities is None:
            said, probabilities = "logits", kind == "probabilities"
        rows = rows_of(self.file, arrays["matrix"], arrays.get("labels"), (), said, probabilities)
        if kind is not None and rows.kind != kind:
            raise ValueError(f"these rows are {rows.kind} and those before are {kind}; say --logits or --probabilities")
        return rows


def _needed(found: dict[str, tuple[OwnFile, Entry]]) -> tuple[str, ...]:
    """Return which arrays say what the model thinks, and whether it is right."""
    if "matrix" in found:
        return ("matrix", "labels") if "labels" in found else ("matrix",)
    if "correct" in found:
        return ("score", "correct")
    return ("score", "predicted", "labels") if {"predicted", "labels"} <= found.keys() else ("score",)
