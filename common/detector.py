"""What a detector is: a named confidence of a model's outputs, or of what a model sees while it runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from numpy.typing import NDArray

from common.features.fitted import Fitted
from common.store.outputs import Outputs

if TYPE_CHECKING:  # a detector on logits runs without torch
    from torch import Tensor

    from common.features.training_views import TrainingViews
    from common.model import View

Option = float | int | str | bool
Family = Literal["supervised", "one-class", "unsupervised"]
"""What a method learns from: labels of the classes, in-distribution rows without labels, or nothing at all."""


@dataclass(frozen=True)
class Probe:
    """A score that needs more than logits: it runs while the model runs, and leaves one number a row.

    A subclass is a frozen dataclass; its fields are the method's options (a temperature, the size of a step, k), which
    stand in every row of results and in the store's key. It defines ``score``, ``fit`` if it learns from the training
    set, and ``settings`` if its options are to be chosen.

    Attributes:
        per: what ``score`` gives a number of: each row, or each group of rows (an utterance).
        gradient: whether it may ask ``View.stepped`` for an input step; ``steps`` says whether it does.
        all_layers: whether it reads hidden layers before the last.
        inputs: whether it reads ``View.inputs``, and nothing else.
    """

    per: ClassVar[Literal["row", "group"]] = "row"
    gradient: ClassVar[bool] = False
    all_layers: ClassVar[bool] = False
    inputs: ClassVar[bool] = False

    @property
    def options(self) -> dict[str, Option]:
        """The options by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def steps(self) -> bool:
        """Whether it takes an input step with these options, and so needs views with a graph."""
        return self.gradient

    def settings(self) -> Sequence["Probe"]:
        """Return the settings among which one is chosen, by data that is no test set; itself alone by default."""
        return (self,)

    def fit(self, train: "TrainingViews") -> Fitted:
        """Learn from the training set.

        Raises:
            NotApplicable: the method has no meaning for this model; the message says why.
        """
        return {}

    def score(self, view: "View", fitted: Fitted) -> "Tensor":
        """Return (R,) one score a row of the view, or (B,) one a group; higher means more in-distribution."""
        raise NotImplementedError


def _as_it_is(scores: NDArray[Any]) -> NDArray[Any]:
    return scores


def _nothing(test: Outputs) -> dict[str, Option]:
    return {}


@dataclass(frozen=True)
class Detector:
    """A score of every row of a model's outputs: higher means more in-distribution, more likely right.

    A detector on logits has ``of_outputs``, a pure function; one that reads an array that the model gives has
    ``extra``; one that needs features, layers, training data or a gradient has a ``probe``.

    Attributes:
        name: how results and the command line call it, the name of its file.
        title: how a report calls it.
        of_outputs: Outputs -> (N,) one score a row.
        extra: the array of ``Outputs.row_extras`` that is the score.
        probe: runs with the model; its scores are kept under the detector's name.
        for_mean: what of the score is averaged where a group of rows (an utterance) gets one score. The MSP is ranked
            by its log odds and averaged as the probability it is.
        default: whether it runs when no detector is named.
        family: what it learns from, for tables.
        told: what rows say of the score on the test set, beside the options of a probe.
    """

    name: str
    title: str
    of_outputs: Callable[[Outputs], NDArray[Any]] | None = None
    extra: str | None = None
    probe: Probe | None = None
    for_mean: Callable[[NDArray[Any]], NDArray[Any]] = _as_it_is
    default: bool = True
    family: Family = "supervised"
    told: Callable[[Outputs], dict[str, Option]] = _nothing

    @property
    def per(self) -> Literal["row", "group"]:
        """What it scores: rows, or groups of rows."""
        return self.probe.per if self.probe else "row"

    @property
    def source(self) -> str | None:
        """Name of the array of the outputs that it reads, or None where the logits are enough."""
        return self.name if self.probe else self.extra

    def applies(self, outputs: Outputs) -> bool:
        """Whether the outputs have what the score is made of."""
        return self.source is None or self.source in {*outputs.row_extras, *outputs.group_extras}

    def score(self, outputs: Outputs) -> NDArray[Any]:
        """Return (N,) the score of each row, or (G,) of each group."""
        if self.of_outputs is not None:
            return self.of_outputs(outputs)
        assert self.source is not None, f"detector {self.name} has nothing to score by"
        return (outputs.group_extras if self.per == "group" else outputs.row_extras)[self.source]
