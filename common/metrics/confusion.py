"""The four counts of a detector with a threshold, and the rates that people read from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from common.metrics.ranking import as_scores


@dataclass(frozen=True)
class Confusion:
    """How many examples of a class to find raise an alarm, and how many others.

    Attributes:
        found: of the class, with an alarm (true positives).
        missed: of the class, without (false negatives).
        false_alarms: others, with an alarm (false positives).
        passed: others, without (true negatives).

    The example of a class of 10 among 100, of which a detector finds 5 at the price of 10 false alarms:

    >>> one = Confusion(found=5, missed=5, false_alarms=10, passed=80)
    >>> one.accuracy, one.silent_accuracy, one.recall
    (0.85, 0.9, 0.5)
    """

    found: int
    missed: int
    false_alarms: int
    passed: int

    @property
    def total(self) -> int:
        """Number of examples."""
        return self.found + self.missed + self.false_alarms + self.passed

    @property
    def accuracy(self) -> float:
        """Fraction of right verdicts: (found + passed) / all."""
        return (self.found + self.passed) / self.total

    @property
    def silent_accuracy(self) -> float:
        """Accuracy of never raising an alarm: the fraction of the others."""
        return (self.false_alarms + self.passed) / self.total

    @property
    def precision(self) -> float | None:
        """Fraction of alarms that are right: found / (found + false alarms); None without any alarm."""
        alarms = self.found + self.false_alarms
        return self.found / alarms if alarms else None

    @property
    def recall(self) -> float | None:
        """Fraction of the class that is found, the true-positive rate: found / (found + missed); None without one."""
        wanted = self.found + self.missed
        return self.found / wanted if wanted else None

    @property
    def false_positive_rate(self) -> float | None:
        """Fraction of others with an alarm: false alarms / (false alarms + passed); None without others."""
        others = self.false_alarms + self.passed
        return self.false_alarms / others if others else None

    @property
    def silent(self) -> "Confusion":
        """The counts of never raising an alarm on the same examples."""
        return Confusion(0, self.found + self.missed, 0, self.false_alarms + self.passed)


def confusion(positive: ArrayLike, negative: ArrayLike, threshold: float) -> Confusion:
    """Count the alarms for scores below ``threshold``; ``negative`` (wrong, OOD) is the class to find.

    Raises:
        ValueError: a sample is empty, not 1-D or holds NaN.

    >>> confusion(positive=[0.9, 0.8, 0.4], negative=[0.7, 0.3], threshold=0.5)
    Confusion(found=1, missed=1, false_alarms=1, passed=2)
    """
    others, wanted = as_scores(positive, "positive"), as_scores(negative, "negative")
    found, false_alarms = int(np.count_nonzero(wanted < threshold)), int(np.count_nonzero(others < threshold))
    return Confusion(found, len(wanted) - found, false_alarms, len(others) - false_alarms)


def confusion_at_fpr95_out(n_positive: int, n_negative: int, fpr95_out: float) -> Confusion:
    """Return the counts at the threshold of ``fpr95_out``, from a row of results alone.

    That threshold rejects at least 95 % of the negatives: exactly ceil(0.95 M) of them where scores do not tie there,
    which is what is returned, and more where they do.

    >>> confusion_at_fpr95_out(n_positive=90, n_negative=10, fpr95_out=0.2)
    Confusion(found=10, missed=0, false_alarms=18, passed=72)
    """
    found = int(np.ceil(0.95 * n_negative - 1e-9))
    false_alarms = round(fpr95_out * n_positive)
    return Confusion(found, n_negative - found, false_alarms, n_positive - false_alarms)
