"""Signs that something is amiss with labels: each a sentence beside the figures."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.reporting.document import percent
from common.store.outputs import Outputs

ROWS_A_CLASS = 5
"""Labelled rows a class that there must be before another order of the classes is looked for."""
MOST_CLASSES = 1000
"""Classes of which another order is looked for."""


@dataclass
class Answers:
    """Counts of a classifier's answers by label, which any number of examples add up to.

    Attributes:
        classes: number of classes.
        labels: (C,) rows of each label.
        shifts: (2 C,) rows by predicted class minus label, plus C.
        table: (C, C) rows by label and predicted class; None for more than ``MOST_CLASSES`` classes.
    """

    classes: int
    labels: NDArray[np.int64] = field(init=False)
    shifts: NDArray[np.int64] = field(init=False)
    table: NDArray[np.int64] | None = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no answers."""
        self.labels = np.zeros(self.classes, np.int64)
        self.shifts = np.zeros(2 * self.classes, np.int64)
        self.table = np.zeros((self.classes, self.classes), np.int64) if self.classes <= MOST_CLASSES else None

    def add(self, outputs: Outputs) -> None:
        """Count the answers of labelled rows."""
        labels, count = outputs.labels, self.classes
        assert labels is not None, "the caller has looked"
        predicted = outputs.scored_logits.argmax(axis=1)
        self.labels += np.bincount(labels, minlength=count)
        self.shifts += np.bincount(predicted - labels + count, minlength=2 * count)
        if self.table is not None:
            self.table += np.bincount(labels * count + predicted, minlength=count**2).reshape(count, count)


def label_hints(test: Outputs) -> list[str]:
    """Return what the answers on a test set say about its labels; see ``hints_of``."""
    if test.labels is None:
        return []
    answers = Answers(test.logits.shape[1])
    answers.add(test)
    return hints_of(answers)


def hints_of(answers: Answers) -> list[str]:
    """Return what the error of a test set says about its labels.

    An error above that of the most frequent class as every answer has another cause than a poor model. If half of it or
    less remains after a shift of the labels, or in another order of the classes, that is named.
    """
    total = int(answers.labels.sum())
    if answers.classes < 2 or not total:
        return []
    error, guessing = float(1 - answers.shifts[answers.classes] / total), 1 - answers.labels.max() / total
    hints = []
    if error > guessing and total >= 20:
        hints.append(
            f"The error, {percent(error)} %, is above that of always answering the most frequent class,"
            f" {percent(guessing)} %: look at the labels and at the order of the classes."
        )
    if error > 0.3 and (fit := _other_order(answers, total, error)):
        hints.append(fit)
    return hints


def _other_order(answers: Answers, total: int, error: float) -> str:
    """Return how labels fit better: after a shift, or in another order; empty if they do not."""
    best = int(answers.shifts.argmax())
    after = 1 - answers.shifts[best] / total
    if best != answers.classes and after <= error / 2:
        return (
            f"Labels shifted by {best - answers.classes:+d} would give an error of {percent(after)} % instead of"
            f" {percent(error)} %: do labels and logits count the classes from the same number?"
        )
    if total < ROWS_A_CLASS * answers.classes or answers.table is None:
        return ""
    from scipy.optimize import linear_sum_assignment

    matched = answers.table[linear_sum_assignment(answers.table, maximize=True)].sum()
    after = 1 - matched / total
    if after > error / 2:
        return ""
    return (
        f"In another order of the classes the error would be {percent(after)} % instead of {percent(error)} %: are the"
        " classes of the labels and of the logits in the same order (10 before 2, if sorted as words)?"
    )
