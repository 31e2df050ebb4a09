"""Labels as people have them: whole numbers, perhaps as floats or one-hot rows, with marks for missing ones."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

UNLABELLED = (-1, -100)
"""Labels that stand for none: scikit-learn's, and the one that PyTorch's losses ignore."""


class Labels(NamedTuple):
    """Classes of rows that have one.

    Attributes:
        classes: (N,) int64; -1 where a row has no label.
        missing: how many have none.
        notes: sentences on how they were taken.
    """

    classes: NDArray[np.int64]
    missing: int
    notes: tuple[str, ...]


def as_labels(values: NDArray[Any], rows: int, classes: int) -> Labels:
    """Return the labels of ``rows`` rows.

    Raises:
        ValueError: they are no whole numbers in [0, classes), or not one a row; the message has a remedy.
    """
    flat, notes = _one_a_row(values, rows, classes)
    if flat.dtype.kind in "USO":
        raise ValueError(
            f"labels are words ({str(flat[0])[:40]!r}), and the order of the classes is unknown; give the number of"
            " each row's class, 0 for the first logit"
        )
    if flat.dtype.kind not in "biuf":
        raise ValueError(f"labels must be whole numbers, not {flat.dtype}")
    whole = _whole(flat)
    missing = np.isin(whole, UNLABELLED)
    _check_range(np.where(missing, 0, whole), whole, classes)
    if missing.any() and classes == 2 and set(np.unique(whole)) == {-1, 1}:
        raise ValueError(
            "labels are -1 and 1: give 0 and 1, by (labels + 1) // 2; or, if -1 means that a row has no label, leave"
            " these rows out, since what remains has one class"
        )
    return Labels(np.where(missing, -1, whole), int(missing.sum()), notes)


def _one_a_row(values: NDArray[Any], rows: int, classes: int) -> tuple[NDArray[Any], tuple[str, ...]]:
    if values.size == rows and values.ndim <= 2:
        return values.reshape(-1), ()
    if values.shape == (rows, classes) and values.dtype.kind in "biuf":
        if np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all():
            return values.argmax(axis=1), ("The labels are one-hot rows: their positions are the classes.",)
        raise ValueError(
            f"labels have shape {values.shape}, as the logits; give one class a row, such as labels.argmax(1)"
        )
    hint = f"; the logits are ({rows}, {classes}), so perhaps logits.T is meant" if values.size == classes else ""
    raise ValueError(f"labels must be ({rows},), one value per row of the logits, not {values.shape}{hint}")


def _whole(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return whole numbers; NaN is -1."""
    if values.dtype.kind != "f":
        if values.dtype == np.uint64 and values.max() > np.iinfo(np.int64).max:
            raise ValueError(f"label {values.max()} in row {values.argmax()} is no class")
        return values.astype(np.int64)
    filled = np.where(np.isnan(values), -1, values)
    bad = np.flatnonzero((filled != np.round(filled)) | (np.abs(filled) > 2**53))
    if bad.size:
        raise ValueError(f"labels must be whole numbers, not {values[bad[0]]:g} in row {bad[0]}")
    return filled.astype(np.int64)


def _check_range(filled: NDArray[np.int64], labels: NDArray[np.int64], classes: int) -> None:
    bad = np.flatnonzero((filled < 0) | (filled >= classes))
    if not bad.size:
        return
    found = np.unique(labels)
    hint = ""
    if found[0] == 1 and found[-1] == classes:
        hint = f"; they run from 1 to {classes}: subtract 1"
    elif (others := np.setdiff1d(found, [255, *UNLABELLED])).size and 255 in found and others[-1] < classes:
        hint = "; 255 is often a mark to ignore: write -1 for it"
    raise ValueError(f"label {labels[bad[0]]} in row {bad[0]} is outside 0..{classes - 1}{hint}")
