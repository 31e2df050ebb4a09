"""A confidence alone, without logits: the score of every row, and whether the model is right there."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.detector import Detector
from common.store.outputs import Outputs

SCORE = "score"
DETECTOR = Detector(name=SCORE, title="The given score", extra=SCORE)
"""Higher must mean more confident."""


@dataclass(frozen=True)
class GivenScores(Outputs):
    """Outputs whose only confidence is a given score; build it with ``given_scores``.

    Attributes:
        is_right: (N,) whether the model is right, or None if unknown.
    """

    is_right: NDArray[np.bool_] | None = field(default=None)

    @property
    def scored_logits(self) -> NDArray[np.float32]:
        """A score alone has no logits."""
        raise ValueError("a score was given and no logits")

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(N,) whether the model is right."""
        if self.is_right is None:
            raise ValueError("the file has no array 'correct', so right and wrong are not defined")
        return self.is_right

    @cached_property
    def logit_scores(self) -> dict[str, NDArray[np.float64]]:
        """The log of the MSP, which is unknown: NaN."""
        return {"log_msp": np.full(len(self.logits), np.nan)}


def given_scores(score: NDArray[Any], right: NDArray[np.bool_] | None) -> GivenScores:
    """Return (N,) scores as outputs of a model; their logits are a column of zeros that nothing reads."""
    labels = None if right is None else np.zeros(len(score), np.int64)
    return GivenScores(np.zeros((len(score), 1), np.float32), labels=labels, row_extras={SCORE: score}, is_right=right)
