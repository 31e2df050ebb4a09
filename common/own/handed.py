"""Arrays handed over in Python as the rows of a model: NumPy's, lists, torch tensors, or a mapping of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from common.base.arrays import as_array
from common.base.display import shown
from common.base.errors import UserError
from common.own.rows import UserRows, rows_of, score_rows_of

KEYS = ("logits", "labels", "features")


def rows_by_logits(name: str, given: Any, probabilities: bool | None, labelled: bool = True) -> UserRows:
    """Return rows of logits, with labels and features.

    Args:
        name: of the set, for messages.
        given: (N, C) logits, or a mapping with ``logits`` and perhaps ``labels`` and ``features``: (N, D), or a list of
            several layers.
        probabilities: what the numbers are, see ``common.own.kinds``.
        labelled: False: labels play no part.

    Raises:
        UserError: they do not fit each other.
    """
    found = given if isinstance(given, Mapping) else {"logits": given}
    if unknown := [key for key in found if key not in KEYS]:
        raise UserError(f"{shown(name)}: {shown(unknown[0])!r} is not known; there are: {', '.join(KEYS)}")
    if found.get("logits") is None:
        raise UserError(f"{shown(name)} has no 'logits'")
    labels = found.get("labels") if labelled else None
    features = found.get("features")
    layers = features if isinstance(features, list | tuple) else [] if features is None else [features]

    def rows() -> UserRows:
        logits = as_array(found["logits"])
        return rows_of(
            Path(name), logits, optional(labels), [as_array(layer) for layer in layers], probabilities=probabilities
        )

    return _told(name, rows)


def rows_by_score(name: str, score: Any, correct: Any = None) -> UserRows:
    """Return rows of a score, and whether the model is right.

    Raises:
        UserError: they do not fit each other.
    """
    return _told(name, lambda: score_rows_of(Path(name), as_array(score), optional(correct)))


def optional(values: Any) -> NDArray[Any] | None:
    """Return values as an array, or None for None."""
    return None if values is None else as_array(values)


def _told(name: str, rows: Callable[[], UserRows]) -> UserRows:
    try:
        return rows()
    except (ValueError, TypeError) as error:
        raise UserError(f"{shown(name)}: {error}") from error
