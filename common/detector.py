"""What a detector is: a named confidence of a model's outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from common.store.outputs import Outputs


def _as_it_is(scores: NDArray[Any]) -> NDArray[Any]:
    return scores


@dataclass(frozen=True)
class Detector:
    """A score of every row of a model's outputs: higher means more in-distribution, more likely right.

    Attributes:
        name: how results and the command line call it, the name of its file.
        title: how a report calls it.
        needs: the least it works from: the logits, the features, a stored extra array, or the model itself.
        score: Outputs -> (N,) one score a row.
        for_mean: what of the score is averaged where a group of rows (an utterance) gets one score. The MSP is ranked
            by its log and averaged as the probability it is.
        extra: the array of ``Outputs.extras`` that it reads, where it needs one.
    """

    name: str
    title: str
    needs: Literal["logits", "features", "extras", "model"]
    score: Callable[[Outputs], NDArray[Any]]
    for_mean: Callable[[NDArray[Any]], NDArray[Any]] = _as_it_is
    extra: str | None = None
