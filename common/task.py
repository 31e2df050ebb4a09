"""What an experiment is: its data, its model and its budgets, as plain declarations that import nothing heavy."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from common.data.samples import RawDataset, Split
from common.data.sources import AnySource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from common.store.outputs import Outputs


Tune = Literal["pseudo", "oracle", "none"]
"""How options of detectors are chosen; see ``common.tuning``."""

Schedule = Literal["constant", "steps", "cosine", "one_cycle"]


@dataclass(frozen=True)
class Budget:
    """How long and how a model is trained, and on how much.

    Attributes:
        epochs: passes over the training examples.
        batch_size: examples a step.
        learning_rate: at the start (for ``one_cycle``: the largest).
        optimizer: ``adam``, ``sgd`` (Nesterov momentum 0.9), ``plain_sgd`` (no momentum) or ``rmsprop``.
        schedule: ``constant``; ``steps`` multiplies by ``decay`` at the start of each (0-based) epoch in ``decay_at``;
            ``cosine`` falls to 0 over the run and ``one_cycle`` rises first, both step by step.
        weight_decay: coefficient of half the squared norm, on the weights that the model lists in ``decayed`` if it
            has that method, otherwise on all.
        gradient_norm: largest norm of the gradient, or None.
        mixed_precision: whether convolutions and matrix products compute in bfloat16 while training, on a GPU or a
            processor that has instructions for it; weights and all else stay float32.
        examples: use at most so many training examples (a seeded draw), or None for all.
        test_examples: the same for the test set and for each OOD set.
        validation: number of training examples held back to choose the best epoch by its error; 0 for none.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    optimizer: Literal["adam", "sgd", "plain_sgd", "rmsprop"] = "adam"
    schedule: Schedule = "constant"
    decay_at: tuple[int, ...] = ()
    decay: float = 0.1
    weight_decay: float = 0.0
    gradient_norm: float | None = None
    mixed_precision: bool = False
    examples: int | None = None
    test_examples: int | None = None
    validation: int = 0

    def validation_size(self, examples: int) -> int:
        """How many of so many training examples are held back to choose the best epoch: a fifth at most."""
        return min(self.validation, examples // 5)

    def on(self, examples: int, whole: int, batched: int) -> "Budget":
        """Return the budget on a draw of the training examples, with as many optimiser steps as on all of them.

        An epoch on n of what batches are made of has ceil(n / batch_size) steps. The epochs, and those in which the
        learning rate falls, are multiplied by (steps of an epoch on the whole) / (on the draw) and rounded: were they
        the same, a small set would also mean a short training, and the two could not be told apart.

        Args:
            examples: how many to draw.
            whole: how many this budget trains on.
            batched: how many the encoder makes of the ``whole``, less what is held back: more, where a batch is made
                of an example's parts.

        >>> Budget(epochs=5, batch_size=10, learning_rate=0.1).on(15, whole=120, batched=120).epochs
        30
        """
        kept = batched * (examples - self.validation_size(examples)) / (whole - self.validation_size(whole))
        longer = math.ceil(batched / self.batch_size) / max(math.ceil(kept / self.batch_size), 1)
        return replace(
            self,
            examples=examples,
            epochs=max(round(self.epochs * longer), 1),
            decay_at=tuple(round(epoch * longer) for epoch in self.decay_at),
        )


@dataclass(frozen=True)
class Model:
    """An architecture by the name of its file in the modality's ``models`` folder, with its options.

    ``argument`` is what a user gave with ``--model NAME:ARGUMENT``, such as a checkpoint.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    argument: str | None = None

    @property
    def label(self) -> str:
        """What results call it."""
        return self.name if self.argument is None else f"{self.name}:{self.argument}"

    def in_place_of(self, own: "Model") -> "Model":
        """Return this model for a task whose own is ``own``, whose options hold where it is the same architecture."""
        return replace(self, options={**own.options, **self.options}) if self.name == own.name else self


Subset = Callable[["Outputs"], "NDArray[np.bool_] | None"]
"""From outputs to a mask of rows, or to None where the outputs do not tell."""


@dataclass(frozen=True)
class Task:
    """An experiment: a classifier trained on one distribution and asked how far its confidence can be trusted.

    Attributes:
        title: for people.
        in_dist: name of the in-distribution, as published tables spell it.
        train, test: where its data is.
        ood: the out-of-distribution sets; ``All`` pools them where there are two or more.
        model: the task's own architecture.
        quick_model: a smaller one for the quick profile, where the task's own takes too long; or None.
        quick, paper: budgets of the two profiles.
        split: what a seed draws, ``(train, test, seed) -> Split``: held-out classes, folds of speakers.
        objectives: the ways of training that run by default.
        outliers: auxiliary outliers for objectives that learn from some, put together; never one of ``ood``.
        labelled: auxiliary labelled examples for objectives that start with some, or None.
        distortions: ``(batch, generator) -> inputs`` for objectives that learn from distorted examples: the inputs of
            a ``Batch``, every example changed so that it is no longer in-distribution. The generator is the CPU's.
        distorted: ``(train, rng) -> RawDataset`` in place of ``distortions`` where a change is made to raw data
            (waveforms) and not to a model's inputs: the training data, each changed in one way or in several.
        options: settings of an objective that are this task's own, by the objective's name.
        detectors: further detectors that run when none is named, besides those that run everywhere.
        augment: ``(inputs, generator) -> inputs`` on batches in training.
        unit: what is scored: each row, or each group of rows by the mean of its rows' scores.
        also_by_group: where rows are scored, whether groups of them (the sentences of a tagger's words) are scored too.
        subsets: parts of the rows of which right and wrong are asked too, such as the words that training saw: by
            name, from the model's outputs to a mask, or to None where these outputs do not tell.
        row_name: what a row is called: image, document, token, frame.
        misclassification: False where right and wrong have no meaning; ``notes`` then says why.
        error_name: what ``error`` is.
        published: the task's name in the tables of published figures; its own where None.
        population: the in-distribution examples that the published OOD table uses.
        deviations_from_paper: sentences that say where the task differs from the publication.
        notes: sentences that a reader of its results needs.
    """

    title: str
    in_dist: str
    train: AnySource
    test: AnySource
    ood: tuple[AnySource, ...]
    model: Model
    quick: Budget
    paper: Budget
    quick_model: Model | None = None
    split: Callable[[RawDataset, RawDataset, int], Split] | None = None
    objectives: tuple[str, ...] = ("cross_entropy",)
    outliers: tuple[AnySource, ...] = ()
    labelled: AnySource | None = None
    distortions: Callable[..., Any] | None = None
    distorted: "Callable[[RawDataset, np.random.Generator], RawDataset] | None" = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    detectors: tuple[str, ...] = ()
    augment: Callable[..., Any] | None = None
    unit: Literal["row", "group"] = "row"
    also_by_group: bool = False
    subsets: Mapping[str, Subset] = field(default_factory=dict)
    row_name: str = "example"
    misclassification: bool = True
    error_name: str = "test error"
    published: str | None = None
    population: Literal["correct", "all"] = "correct"
    deviations_from_paper: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def budget(self, profile: str) -> Budget:
        """Return the budget of a profile, ``quick`` or ``paper``."""
        return {"quick": self.quick, "paper": self.paper}[profile]

    def model_of(self, profile: str) -> Model:
        """Return the architecture that a profile trains by default."""
        return (self.quick_model if profile == "quick" else None) or self.model
