"""What a method learns from: the rows of the training set, as the model sees them."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from common.base.errors import UserError
from common.features.linear_head import LinearHead
from common.features.moments import Moments, axes, mean_of, moments
from common.features.quantiles import quantile_of
from common.features.standardised import even_sample, scale_of
from common.features.subspace import WIDE, largest_variance, leading, second_moment, zero_logits

WIDE_ROWS = 4_000
"""Rows of wider inputs that directions are learned from."""

SEARCHED_STEPS = 5_000
"""Steps of sequences at most among which neighbours are sought; the method's own source samples its bank too."""

COMPONENTS = 128
"""Principal directions of the input at most."""


class NotApplicable(UserError):
    """A method has no meaning for a model; the message says why, and nothing else is lost."""


@dataclass(frozen=True)
class TrainingViews:
    """Rows of the training set, or a seeded sample of whole examples of it: R of them.

    Rows whose most likely class is not scored (a CTC blank) are left out.

    Attributes:
        logits: (R, S) of the scored classes.
        layers: (R, D_l) hidden layers, first to last; the last are the features. The features alone, unless a method
            asked for all.
        labels: (R,) int64 true classes, or None where rows have none (a transcript's frames).
        row_of: (R,) int64 the example that each row is part of.
        inputs: (R, I) the input of each row as one vector, where a method asked for it; or None.
        head: the last layer, or None where it is not linear.
        input_std: standard deviation of the embedded input: the unit of input steps.
        total: how many rows there were; more than R if these are a sample.
        dropout: whether the model drops values in training, so that passes can differ.
        extras: names of the model's further outputs of each row.
        held_out: the same of validation examples, which chose the epoch and which no gradient saw; None where the
            budget holds none back.
        shared: results that settings of one probe compute once for all of them, by a key of theirs.
    """

    logits: Tensor
    layers: tuple[Tensor, ...]
    row_of: Tensor
    labels: Tensor | None = None
    inputs: Tensor | None = None
    head: LinearHead | None = None
    input_std: float = 1.0
    total: int = 0
    dropout: bool = False
    extras: frozenset[str] = frozenset()
    held_out: "TrainingViews | None" = None
    shared: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)
    _moments: dict[tuple[int, bool], Moments] = field(default_factory=dict)
    _quantiles: dict[float, Tensor] = field(default_factory=dict)

    @property
    def features(self) -> Tensor:
        """(R, D) inputs of the last layer."""
        return self.layers[-1]

    @cached_property
    def are_steps(self) -> bool:
        """Whether an example has several rows, which are much alike: frames of an utterance, tokens of a sentence."""
        return len(torch.unique(self.row_of)) < len(self.row_of)

    def searched(self, rows: Tensor) -> Tensor:
        """Return those of R rows among which neighbours are sought: all, or of steps an even sample."""
        return even_sample(rows, SEARCHED_STEPS) if self.are_steps else rows

    @cached_property
    def bank(self) -> Tensor:
        """(N, D) features among which neighbours are sought."""
        return self.searched(self.features)

    @cached_property
    def bank_directions(self) -> Tensor:
        """(N, D) the same, scaled to length 1."""
        return functional.normalize(self.bank)

    @cached_property
    def mean(self) -> Tensor:
        """(D,) float64 mean of the features."""
        return mean_of(self.features)

    @cached_property
    def scale(self) -> dict[str, Tensor]:
        """Mean and standard deviation of each feature, see ``scale_of``."""
        return scale_of(self.features)

    @cached_property
    def input_components(self) -> tuple[Tensor, Tensor]:
        """(I,) mean of the inputs, and (I, K) their directions of largest variance, the largest last; float32.

        K is half of the input's values, at most ``COMPONENTS``. Made once for all that need some of them.
        """
        assert self.inputs is not None, "asked for by a probe of inputs"
        mean = mean_of(self.inputs)
        count = max(1, min(COMPONENTS, len(mean) // 2))
        if len(mean) <= WIDE:  # taken apart exactly, which takes time with the cube of the columns
            return mean.float(), largest_variance(axes(second_moment(self.inputs, mean)), count).float()
        rows = even_sample(self.inputs, WIDE_ROWS)
        return mean.float(), leading(rows, mean, count)

    @cached_property
    def around_zero_logits(self) -> tuple[Tensor, Tensor]:
        """(D,) ``zero_logits`` of the last layer, and (D, D) axes of the features' second moment around it."""
        assert self.head is not None, "asked for after ``linear_head``"
        origin = zero_logits(self.head)
        return origin, axes(second_moment(self.features, origin, torch.float32))

    @property
    def class_count(self) -> int:
        """S, the number of scored classes."""
        return self.logits.shape[1]

    @cached_property
    def predicted(self) -> Tensor:
        """(R,) int64 most likely of the scored classes."""
        return self.logits.argmax(1)

    @property
    def classes(self) -> Tensor:
        """(R,) int64 class of each row: its label, or where there is none the predicted class."""
        return self.predicted if self.labels is None else self.labels

    @cached_property
    def negative_fraction(self) -> float:
        """Fraction of the absolute sum of the features that is negative."""
        total = float(self.features.abs().sum(dtype=torch.float64))
        return -float(self.features.clamp_max(0).sum(dtype=torch.float64)) / max(total, 1e-300)

    def quantile(self, fraction: float) -> Tensor:
        """Return the quantile of all values of the features, whatever their unit: one number for all D; made once."""
        if fraction not in self._quantiles:
            self._quantiles[fraction] = quantile_of(self.features, fraction)
        return self._quantiles[fraction]

    def with_held_out(self, held_out: "TrainingViews") -> "TrainingViews":
        """Return the same rows beside those of validation examples; what was computed of them is kept."""
        beside = replace(self, held_out=held_out)
        computed = {name: value for name, value in vars(self).items() if name not in vars(beside)}
        vars(beside).update(computed)
        return beside

    def without(self, examples: Tensor) -> "TrainingViews":
        """Return the rows that are part of none of the (n,) examples; nothing that was computed of all rows is kept."""
        kept = ~torch.isin(self.row_of, examples)
        return replace(
            self,
            logits=self.logits[kept],
            layers=tuple(layer[kept] for layer in self.layers),
            row_of=self.row_of[kept],
            labels=None if self.labels is None else self.labels[kept],
            inputs=None if self.inputs is None else self.inputs[kept],
            total=round(self.total * int(kept.sum()) / max(len(kept), 1)),
            shared={},
            _moments={},
            _quantiles={},
        )

    def moments(self, layer: int = -1, normalised: bool = False) -> Moments:
        """Return class means and covariances of a layer, of rows scaled to length 1 if ``normalised``; made once."""
        key = (layer % len(self.layers), normalised)
        if key not in self._moments:
            rows = self.layers[layer]
            self._moments[key] = moments(functional.normalize(rows) if normalised else rows, self.classes)
        return self._moments[key]

    def linear_head(self, method: str) -> LinearHead:
        """Return the last layer for a method that cannot do without it.

        Raises:
            NotApplicable: it is not linear.
        """
        if self.head is None:
            raise NotApplicable(f"detector {method} needs a linear last layer, and this model's is none")
        return self.head
