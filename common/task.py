"""The declaration of an experiment: data, model, budgets. Importing it does not import torch."""

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
    """The training recipe of a model: epochs, optimiser, schedule, and number of examples.

    Attributes:
        epochs: passes over the training examples.
        batch_size: examples per step.
        learning_rate: at the start (for ``one_cycle``: the largest).
        optimizer: ``adam``, ``sgd`` (Nesterov momentum 0.9), ``plain_sgd`` (no momentum) or ``rmsprop``.
        schedule: ``constant``; ``steps`` multiplies by ``decay`` at the start of each (0-based) epoch in ``decay_at``;
            ``cosine`` falls to 0 over the run and ``one_cycle`` rises first, both step by step.
        weight_decay: coefficient of half the squared norm of the weights that ``Classifier.decayed`` returns.
        gradient_norm: the gradient is clipped to this norm; None: no clipping.
        mixed_precision: whether convolutions and matrix products compute in bfloat16 while training, on a GPU or a
            processor that has instructions for it; weights and all else stay float32.
        examples: largest number of training examples (a seeded draw), or None for all.
        test_examples: the same for the test set and for each OOD set.
        validation: number of training examples set aside for validation: the epoch with the smallest validation error
            is kept. 0: no validation.
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
        """Number of validation examples out of ``examples`` training examples: at most a fifth of them."""
        return min(self.validation, examples // 5)

    def on(self, examples: int, full_size: int, batched: int) -> "Budget":
        """Return the budget for a smaller training set, with as many optimiser steps as on the full one.

        An epoch over n batched items has ceil(n / batch_size) steps. The number of epochs and the epochs in
        ``decay_at`` are multiplied by (steps per epoch on the full set) / (steps per epoch on the smaller set) and
        rounded. With the same number of epochs a smaller set would also mean a shorter training, and the effects of
        the two could not be separated.

        Args:
            examples: size of the smaller training set.
            full_size: size of the full training set, validation examples included.
            batched: number of items that the preprocessor makes of the full training set without its validation
                examples: larger where a batch consists of parts of examples.

        >>> Budget(epochs=5, batch_size=10, learning_rate=0.1).on(15, full_size=120, batched=120).epochs
        30
        """
        batched_smaller = (
            batched * (examples - self.validation_size(examples)) / (full_size - self.validation_size(full_size))
        )
        steps = math.ceil(batched / self.batch_size)
        factor = steps / max(math.ceil(batched_smaller / self.batch_size), 1)
        return replace(
            self,
            examples=examples,
            epochs=max(round(self.epochs * factor), 1),
            decay_at=tuple(round(epoch * factor) for epoch in self.decay_at),
        )


@dataclass(frozen=True)
class Model:
    """The name of an architecture (a file in the modality's ``models`` folder) and its options.

    ``argument`` is the part after the colon of ``--model NAME:ARGUMENT``, such as a checkpoint.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    argument: str | None = None

    @property
    def label(self) -> str:
        """Name of the model in results."""
        name = self.name if self.argument is None else f"{self.name}:{self.argument}"
        return f"{name} as it is" if self.untrained else name

    @property
    def untrained(self) -> bool:
        """Whether the model is a trained classifier that is judged as it is."""
        return self.options.get("trained") == "nothing"

    def as_it_is(self) -> "Model":
        """Return this model with nothing of it trained; architectures that cannot be so refuse the option."""
        return replace(self, options={**self.options, "trained": "nothing"})

    def in_place_of(self, default: "Model") -> "Model":
        """Return this model, with the options of the task's ``default`` model where both have the same architecture."""
        return replace(self, options={**default.options, **self.options}) if self.name == default.name else self


Subset = Callable[["Outputs"], "NDArray[np.bool_] | None"]
"""Function that maps outputs to a mask of rows, or to None where the outputs lack what it needs."""


@dataclass(frozen=True)
class Task:
    """An experiment: a classifier is trained on one distribution; its confidence is then evaluated.

    Attributes:
        title: shown in reports.
        in_dist: name of the in-distribution, as published tables spell it.
        train, test: sources of the training and test data.
        ood: the out-of-distribution sets; two or more are also pooled as ``All``.
        model: the task's default architecture.
        quick_model: a smaller architecture for the quick profile, where ``model`` takes too long; or None.
        quick, paper: budgets of the two profiles.
        split: ``(train, test, seed) -> Split``: draws held-out classes or folds of speakers; None: as published.
        objectives: names of the training objectives that run by default.
        outliers: auxiliary outliers for objectives that train on outliers, concatenated; never one of ``ood``.
        labelled: auxiliary labelled examples for objectives that pretrain on them, or None.
        distortions: ``(batch, generator) -> inputs`` for objectives that train on distorted examples: returns the
            inputs of a ``Batch``, each example distorted so that it is out-of-distribution. A CPU generator is given.
        distorted: ``(train, rng) -> RawDataset``, used instead of ``distortions`` where raw data (waveforms) is
            distorted and not a model's inputs: returns one or several distorted copies of each training example.
        options: options of objectives for this task, by the objective's name.
        detectors: detectors that this task runs by default, besides those that every task runs.
        augment: ``(inputs, generator) -> inputs``, applied to training batches.
        unit: what is scored: each row, or each group of rows by the mean of its rows' scores.
        also_by_group: where rows are scored, whether groups of rows (a tagger's sentences) are scored too.
        subsets: subsets of the rows on which misclassification detection is evaluated too, such as the words seen in
            training: by name, a function from the model's outputs to a mask of rows.
        row_name: what a row is called: image, document, token, frame.
        misclassification: False where right and wrong are not defined; ``notes`` then says why.
        error_name: name of the error that results report, such as ``phone error rate``.
        published: name of the task in the tables of published figures; None: the task's own name.
        population: the in-distribution examples that the published OOD table uses: all, or the correct ones.
        deviations_from_paper: sentences that say where the task differs from the publication.
        notes: sentences that a reader of the results needs.
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
        """Return the default architecture of a profile, ``quick`` or ``paper``."""
        return (self.quick_model if profile == "quick" else None) or self.model
