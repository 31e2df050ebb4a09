"""Signs that something is amiss with labels: each a sentence beside the figures."""

import numpy as np
from numpy.typing import NDArray

from common.reporting.document import percent
from common.store.outputs import Outputs

ROWS_A_CLASS = 5
"""Labelled rows a class that there must be before another order of the classes is looked for."""


def label_hints(test: Outputs) -> list[str]:
    """Return what the error of the test set says about its labels.

    An error above that of the most frequent class as every answer has another cause than a poor model. If half of it or
    less remains after a shift of the labels, or in another order of the classes, that is named.
    """
    if test.labels is None or test.logits.shape[1] < 2:
        return []
    labels, classes = test.labels, test.logits.shape[1]
    predicted = test.scored_logits.argmax(axis=1)
    error, guessing = float((predicted != labels).mean()), 1 - np.bincount(labels).max() / len(labels)
    hints = []
    if error > guessing and len(labels) >= 20:
        hints.append(
            f"The error, {percent(error)} %, is above that of always answering the most frequent class,"
            f" {percent(guessing)} %: look at the labels and at the order of the classes."
        )
    if error > 0.3 and (fit := _other_order(predicted, labels, classes, error)):
        hints.append(fit)
    return hints


def _other_order(predicted: NDArray[np.int64], labels: NDArray[np.int64], classes: int, error: float) -> str:
    """Return how labels fit better: after a shift, or in another order; empty if they do not."""
    shifts = np.bincount(predicted - labels + classes, minlength=2 * classes)
    best = int(shifts.argmax())
    after = 1 - shifts[best] / len(labels)
    if best != classes and after <= error / 2:
        return (
            f"Labels shifted by {best - classes:+d} would give an error of {percent(after)} % instead of"
            f" {percent(error)} %: do labels and logits count the classes from the same number?"
        )
    if len(labels) < ROWS_A_CLASS * classes or classes > 1000:
        return ""
    from scipy.optimize import linear_sum_assignment

    table = np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)
    matched = table[linear_sum_assignment(table, maximize=True)].sum()
    after = 1 - matched / len(labels)
    if after > error / 2:
        return ""
    return (
        f"In another order of the classes the error would be {percent(after)} % instead of {percent(error)} %: are the"
        " classes of the labels and of the logits in the same order (10 before 2, if sorted as words)?"
    )
