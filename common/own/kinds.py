"""What the numbers of a classifier are: logits, probabilities, or log-probabilities; and logits made of them."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Kind = Literal["logits", "probabilities", "log_probabilities"]

TOLERANCE = 0.01
"""How far the sum of a row of probabilities may be from 1: half floats and rounded decimals are."""
LOOSE = 0.1
"""The same where the user says that they are probabilities."""

FEWEST = 10
"""Rows that there must be before their sums or ranges say what they are."""

REMEDIES = {
    0: "give one row of logits for each example",
    3: "average the members of an ensemble, logits.mean(0), or put tokens or frames below each other,"
    " logits.reshape(-1, C), and leave out what is padding",
    4: "put the pixels below each other, logits.transpose(0, 2, 3, 1).reshape(-1, C) and labels.reshape(-1), and leave"
    " out those with an ignore label",
}


class Classified(NamedTuple):
    """Logits of (N, C), what they were made of, and sentences on how."""

    logits: NDArray[Any]
    kind: Kind
    notes: tuple[str, ...]


def floats(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers as float32 where they are float32 or less, else as float64: nothing is narrowed further.

    Raises:
        ValueError: they are no numbers.
    """
    if values.dtype.kind not in "fiu":
        hint = "; complex numbers have no order" if values.dtype.kind == "c" else ""
        raise ValueError(f"{name} must be numbers, not {values.dtype}{hint}")
    narrow = values.dtype.kind == "f" and values.dtype.itemsize <= 4
    return values.astype(np.float32 if narrow else np.float64)


def as_logits(values: NDArray[Any], said: Kind = "logits", probabilities: bool | None = None) -> Classified:
    """Return logits of whatever stands for them.

    Rows that are non-negative and sum to 1 are probabilities, and rows whose exponentials do are log-probabilities. The
    logits of probabilities are their logarithms. One column z is a classifier of two classes with logits [0, z]; if all
    of it lies in [0, 1] it is the probability of the second class.

    Args:
        values: (N, C), (N, 1) or (N,).
        said: what their name says.
        probabilities: what the user says: True, False (they are logits), or None to go by the values.

    Raises:
        ValueError: another shape, no numbers, percentages, or no probabilities although the user or the name says so.
    """
    if values.ndim not in (1, 2):
        remedy = REMEDIES.get(values.ndim, REMEDIES[3])
        raise ValueError(f"logits must have two axes (examples, classes), not shape {values.shape}; {remedy}")
    if not values.size:
        raise ValueError(f"logits are empty: shape {values.shape}")
    numbers = floats("logits", values)
    if numbers.ndim == 1 or numbers.shape[1] == 1:
        return _two_classes(numbers.reshape(-1), said, probabilities)
    if probabilities or (probabilities is None and said == "probabilities"):
        _require(numbers)
        return _logarithms(numbers)
    if probabilities is None and _are_probabilities(numbers, TOLERANCE):
        return _logarithms(numbers)
    if said == "log_probabilities" or _are_log_probabilities(numbers):
        return Classified(
            numbers, "log_probabilities", ("The logits are log-probabilities: they are taken as they are.",)
        )
    return Classified(numbers, "logits", _signs(numbers) if probabilities is None else ())


def _are_probabilities(values: NDArray[Any], tolerance: float) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        sums = values.sum(axis=1, dtype=np.float64)
        return bool((values >= -1e-6).all() and (np.abs(sums - 1) <= tolerance).all())


def _signs(values: NDArray[Any]) -> tuple[str, ...]:
    """Return a note where the numbers look like something else than logits.

    Raises:
        ValueError: every row is non-negative and sums to 100, as percentages do.
    """
    if len(values) < FEWEST or not (values >= 0).all():
        return ()
    sums = values.sum(axis=1, dtype=np.float64)
    if (np.abs(sums - 100) <= 1).all():
        raise ValueError(
            "every row is non-negative and sums to 100, so these are percentages; divide them by 100, or say --logits"
            " if they are logits"
        )
    if np.isfinite(sums[0]) and (np.abs(sums - sums[0]) <= 1e-6 * sums[0]).all():
        return (
            f"Every row is non-negative and sums to {sums[0]:g}. If these are votes, divide them by that, and they are"
            " taken as probabilities.",
        )
    if (values <= 1).all():
        return (
            "All numbers lie in [0, 1] and rows do not sum to 1. If they are sigmoids, a class each, give their logits,"
            " log(p / (1 - p)): the softmax of the sigmoids themselves says little.",
        )
    return ()


def _are_log_probabilities(values: NDArray[Any]) -> bool:
    if not (values <= 1e-3).all():
        return False
    with np.errstate(under="ignore"):
        sums = np.exp(values.astype(np.float64)).sum(axis=1)
    return bool((np.abs(sums - 1) <= 1e-3).all())


def _require(values: NDArray[Any]) -> None:
    sums = values.sum(axis=1, dtype=np.float64)
    bad = np.flatnonzero(~((values >= -1e-6).all(axis=1) & (np.abs(sums - 1) <= LOOSE)))
    if bad.size:
        row = bad[0]
        what = f"sums to {sums[row]:g}" if (values[row] >= -1e-6).all() else f"holds {values[row].min():g}"
        raise ValueError(
            f"probabilities must be non-negative and sum to 1, and row {row} {what} ({bad.size:,} of {len(values):,}"
            " rows are none); if they are logits, say --logits"
        )


def _logarithms(values: NDArray[Any]) -> Classified:
    with np.errstate(divide="ignore"):
        logits = np.log(np.maximum(values.astype(np.float64), 0.0))
    notes = ["The rows are probabilities (non-negative, and each sums to 1): their logarithms are the logits."]
    if tied := int((np.isneginf(logits).sum(axis=1) == logits.shape[1] - 1).sum()):
        notes.append(
            f"{tied:,} of {len(logits):,} rows give all probability to one class, so they tie at the top; logits would"
            " tell them apart."
        )
    return Classified(logits, "probabilities", tuple(notes))


def _two_classes(column: NDArray[Any], said: Kind, probabilities: bool | None) -> Classified:
    inside = bool(((column >= 0) & (column <= 1)).all())
    if probabilities and not inside:
        raise ValueError(
            "probabilities of one class must lie in [0, 1], and some do not; if they are logits, say --logits"
        )
    if inside and (probabilities or (probabilities is None and len(column) > 1)):
        both = np.stack([1 - column.astype(np.float64), column], axis=1)
        with np.errstate(divide="ignore"):
            return Classified(
                np.log(both), "probabilities", ("One column in [0, 1]: the probability of class 1 of two.",)
            )
    both = np.stack([np.zeros_like(column), column], axis=1)
    return Classified(both, "logits", ("One column z: a classifier of two classes, with logits [0, z].",))
