"""The rows of one file of one's own: outputs, features, and sentences on what was taken how and what was not used."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from common.base.border import MemoryLimit
from common.base.display import shown
from common.base.errors import UserError
from common.own.entries import Entry
from common.own.files import OwnFile, open_file
from common.own.given_scores import GivenScores, given_scores
from common.own.kinds import Kind, as_logits, floats
from common.own.labels import as_labels
from common.own.roles import Roles, roles_of
from common.store.outputs import Outputs

Purpose = Literal["test", "ood", "train"]


@dataclass(frozen=True)
class UserRows:
    """What one file says.

    Attributes:
        file: where it came from, for messages.
        outputs: logits with labels, or a score.
        layers: (N, D_l) features of each layer, none where it has no features.
        kind: what the logits were made of.
        notes: sentences for the reader of the report.
        unlabelled: rows left out since they have no label.
    """

    file: Path
    outputs: Outputs
    layers: tuple[NDArray[np.float32], ...] = ()
    kind: Kind = "logits"
    notes: tuple[str, ...] = ()
    unlabelled: int = 0

    @property
    def by_score(self) -> bool:
        """Whether it has a score alone."""
        return isinstance(self.outputs, GivenScores)


@dataclass(frozen=True)
class Reading:
    """How files are read.

    Attributes:
        probabilities: whether the numbers are probabilities (True), logits (False), or told by the values (None).
        limit: memory that a file may take.
        features: whether features are wanted.
    """

    probabilities: bool | None = None
    limit: MemoryLimit = MemoryLimit()
    features: bool = True


def read_rows(
    file: Path, purpose: Purpose = "test", reading: Reading = Reading(), labels: Path | None = None
) -> UserRows:
    """Read a file of logits, with labels and features if it has some; or of a score a row.

    Args:
        file: .npz, .npy, .csv, .tsv, .parquet or .safetensors.
        purpose: of the labels of an OOD file nothing is read.
        reading: how.
        labels: a file of its labels, where they are apart.

    Raises:
        UserError: it is damaged or empty, has neither logits nor a score, or its arrays do not fit each other.
    """
    own = open_file(file, reading.limit)
    roles = roles_for(own, purpose)
    if not reading.features:
        roles = replace(roles, features=())
    given = None
    if labels:
        apart, entry = labels_apart(labels, reading.limit)
        given = apart.load([entry])[0]
    try:
        rows = _by_logits(own, roles, reading, given) if roles.matrix else _by_score(own, roles, given)
    except ValueError as error:
        raise UserError(f"{shown(file)}: {error}") from error
    return replace(rows, notes=(*unused(own, roles, purpose), *rows.notes))


def roles_for(own: OwnFile, purpose: Purpose) -> Roles:
    """Return the roles of a file's arrays; answers of an OOD file play none."""
    roles = roles_of(own)
    return replace(roles, labels=None, correct=None, predicted=None) if purpose == "ood" else roles


def labels_apart(file: Path, limit: MemoryLimit) -> tuple[OwnFile, Entry]:
    """Return a file of labels, and the array that they are: its only one, or the one under one of their names."""
    own = open_file(file, limit)
    entries = own.entries
    if len(entries) == 1:
        return own, next(iter(entries.values()))
    found = roles_of(replace(own, entries={"logits": Entry("logits", 2), **entries})).labels
    if found is None:
        raise UserError(f"{shown(file)} has no array 'labels' (it has: {own.listed})")
    return own, found


def _by_logits(own: OwnFile, roles: Roles, reading: Reading, given: NDArray[Any] | None) -> UserRows:
    assert roles.matrix is not None, "the caller has looked"
    wanted = [roles.matrix, *roles.features] + ([roles.labels] if roles.labels and given is None else [])
    matrix, *rest = own.load(wanted)
    layers = rest[: len(roles.features)]
    labels = given if given is not None else rest[-1] if roles.labels else None
    return rows_of(own.path, matrix, labels, layers, roles.said, reading.probabilities)


def rows_of(
    file: Path,
    matrix: NDArray[Any],
    labels: NDArray[Any] | None = None,
    layers: list[NDArray[Any]] | tuple[NDArray[Any], ...] = (),
    said: str = "logits",
    probabilities: bool | None = None,
) -> UserRows:
    """Return rows of arrays at hand.

    Raises:
        ValueError: they do not fit each other.
    """
    logits, kind, notes = as_logits(matrix, said, probabilities)  # type: ignore[arg-type]
    checked = tuple(_layer(place, len(layers), layer, len(logits)) for place, layer in enumerate(layers))
    if labels is None:
        return UserRows(file, Outputs(logits), checked, kind, notes)
    found = as_labels(labels, len(logits), logits.shape[1])
    notes = (*notes, *found.notes)
    if found.missing == len(logits):
        return UserRows(file, Outputs(logits), checked, kind, (*notes, "No row has a label."))
    if found.missing:
        kept = found.classes >= 0
        logits, checked = logits[kept], tuple(layer[kept] for layer in checked)
        notes = (*notes, left_out(found.missing, len(kept)))
        found = found._replace(classes=found.classes[kept])
    return UserRows(file, Outputs(logits, labels=found.classes), checked, kind, notes, found.missing)


def left_out(missing: int, rows: int) -> str:
    """Return a sentence on rows without a label."""
    return f"{missing:,} of {rows:,} rows have no label and are left out."


def _by_score(own: OwnFile, roles: Roles, given: NDArray[Any] | None) -> UserRows:
    assert roles.score is not None, "the caller has looked"
    correct = roles.correct
    pair = (roles.predicted, roles.labels) if correct is None and roles.predicted and roles.labels else ()
    score, *rest = own.load([one for one in (roles.score, correct, *pair) if one is not None])
    if given is not None and roles.predicted is not None:
        rest = [*own.load([roles.predicted]), given]
    right = rest[0] if correct and rest else agree(*rest) if len(rest) == 2 else None
    return score_rows_of(own.path, score, right)


def score_rows_of(file: Path, score: NDArray[Any], right: NDArray[Any] | None) -> UserRows:
    """Return rows of a score and whether the model is right (0 or 1, or truth values).

    Raises:
        ValueError: they do not fit each other, or are no numbers.
    """
    numbers = floats("score", score.reshape(-1) if score.size == len(score) else score)
    if numbers.ndim != 1 or not numbers.size:
        raise ValueError(f"score must be one number a row, not shape {score.shape}")
    bad = np.flatnonzero(np.isnan(numbers))
    if bad.size:
        raise ValueError(f"score is NaN in row {bad[0]} ({bad.size:,} of {numbers.size:,} rows)")
    return UserRows(file, given_scores(numbers, None if right is None else _truth(right, len(numbers))))


def _truth(right: NDArray[Any], rows: int) -> NDArray[np.bool_]:
    flat = right.reshape(-1)
    if len(flat) != rows:
        raise ValueError(f"correct must be ({rows},), one value per score, not {right.shape}")
    if flat.dtype.kind not in "biuf" or not np.isin(flat, (0, 1)).all():
        raise ValueError("correct must be 0 or 1 (or false or true) in every row: whether the model is right")
    return flat.astype(np.bool_)


def agree(predicted: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where predictions are the labels.

    Raises:
        ValueError: they cannot be compared.
    """
    one, other = predicted.reshape(-1), labels.reshape(-1)
    if one.shape != other.shape or (one.dtype.kind in "USO") != (other.dtype.kind in "USO"):
        raise ValueError(f"predicted {one.dtype} {one.shape} and labels {other.dtype} {other.shape} cannot be compared")
    return np.asarray(one == other)


def _layer(place: int, count: int, values: NDArray[Any], rows: int) -> NDArray[np.float32]:
    name = "features" if count == 1 else f"features_{place}"
    layer = floats(name, values)
    if layer.ndim != 2 or len(layer) != rows or not layer.shape[1]:
        raise ValueError(f"{name} must be ({rows}, D), one row for each row of the logits, not {layer.shape}")
    if not np.isfinite(layer).all():
        raise ValueError(f"{name} holds NaN or infinity in row {np.flatnonzero(~np.isfinite(layer).all(1))[0]}")
    return layer.astype(np.float32)


def unused(own: OwnFile, roles: Roles, purpose: Purpose) -> list[str]:
    """Return sentences on arrays of a file that play no part, or are taken by their places."""
    taken = [(entry.name, what) for what, entry in (("logits", roles.matrix), ("labels", roles.labels)) if entry]
    by_place = [f"{name} as {what}" for name, what in taken if name.startswith("arr_")]
    names = [shown(name, 40) for name in roles.unused]
    said = [f"not used: {', '.join(names[:12])}{' and others' if len(names) > 12 else ''}"] if names else []
    said += [f"arrays have no names, so they are taken by their places: {', '.join(by_place)}"] if by_place else []
    if purpose == "ood" and (there := roles_of(own).labels or roles_of(own).correct):
        said.append(f"labels of an OOD file play no part: {shown(there.name, 40)}")
    return said
