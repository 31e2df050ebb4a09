"""A model's outputs on one data set: the interface between the modalities and the scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.metrics.logit_scores import logit_scores
from common.store.files import DamagedFile, read_tensors, write_tensors


@dataclass(frozen=True)
class Outputs:
    """Logits of N rows, with labels, groups and extras.

    A row is an example (an image, a document) or a part of one (a token of a sentence, a frame of an utterance).

    Attributes:
        logits: (N, C) float32 of all classes; -inf masks a class out; a row needs a finite logit.
        features: (N, D) float32 inputs of the last layer, or None.
        labels: (N,) int64 true classes in [0, C), or None if unknown.
        groups: (N,) int64, ascending from 0 without gaps: the example that a row is part of; None if rows are examples.
        row_extras: additional arrays by name, one value per row (a head's score, whether a word was seen in training).
        group_extras: additional arrays by name, one value per group (edit distances of an utterance).
        scored_classes: how many of the classes, the first ones, are scored: all but a CTC model's blank. None: all.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32] | None = None
    labels: NDArray[np.int64] | None = None
    groups: NDArray[np.int64] | None = None
    row_extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    group_extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    scored_classes: int | None = None

    def __post_init__(self) -> None:
        """Check shapes and values."""
        rows = self._check_logits()
        if self.features is not None and (self.features.ndim != 2 or len(self.features) != rows):
            raise ValueError(f"features must be ({rows}, D), not {self.features.shape}")
        for name, value in (("labels", self.labels), ("groups", self.groups)):
            if value is not None and value.shape != (rows,):
                raise ValueError(f"{name} must be ({rows},), one value per row of the logits, not {value.shape}")
        self._check_labels()
        self._check_groups()
        self._check_extras("row_extras", self.row_extras, rows)
        self._check_extras("group_extras", self.group_extras, self.units)

    @staticmethod
    def _check_extras(kind: str, extras: Mapping[str, NDArray[Any]], count: int) -> None:
        for name, value in extras.items():
            if len(value) != count:
                raise ValueError(f"{kind}[{name!r}] must have {count} values, not {len(value)}")

    def _check_logits(self) -> int:
        if self.logits.ndim != 2:
            raise ValueError(f"logits must have two axes (examples, classes), not shape {self.logits.shape}")
        if not self.logits.size:
            raise ValueError(f"logits are empty: shape {self.logits.shape}")
        largest = self.logits.max(axis=1)  # NaN if the row contains NaN
        bad = np.flatnonzero(~np.isfinite(largest))
        if bad.size:
            what = "NaN" if np.isnan(largest[bad[0]]) else "+inf" if largest[bad[0]] > 0 else "nothing but -inf"
            raise ValueError(f"logits hold {what} in row {bad[0]} ({bad.size} of {len(largest)} rows cannot be scored)")
        return len(self.logits)

    def _check_labels(self) -> None:
        if self.labels is None:
            return
        classes = self.logits.shape[1]
        if not np.issubdtype(self.labels.dtype, np.integer):
            raise ValueError(f"labels must be whole numbers, not {self.labels.dtype}")
        bad = np.flatnonzero((self.labels < 0) | (self.labels >= classes))
        if bad.size:
            raise ValueError(f"label {self.labels[bad[0]]} in row {bad[0]} is outside 0..{classes - 1}")

    def _check_groups(self) -> None:
        if self.groups is None:
            return
        steps = np.diff(self.groups, prepend=-1)
        bad = np.flatnonzero((steps < 0) | (steps > 1))
        if bad.size or self.groups[0] != 0:
            raise ValueError(f"groups must ascend from 0 in steps of 0 or 1; row {bad[0] if bad.size else 0} does not")

    @property
    def units(self) -> int:
        """Number of groups, or of rows if there are no groups."""
        return len(self.logits) if self.groups is None else int(self.groups[-1]) + 1

    @property
    def scored_logits(self) -> NDArray[np.float32]:
        """(N, S) logits of the classes that are scored."""
        return self.logits[:, : self.scored_classes]

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(N,) whether the largest logit is the label's; ties go to the lowest class, as in ``argmax``."""
        if self.labels is None:
            raise ValueError("these outputs have no labels, so right and wrong are not defined")
        return np.asarray(self.scored_logits.argmax(axis=1) == self.labels)

    @cached_property
    def logit_scores(self) -> dict[str, NDArray[np.float64]]:
        """Every score that needs the logits alone, by name; computed once."""
        return logit_scores(self.scored_logits)

    def save(self, path: Path) -> str:
        """Write all arrays to one safetensors file, atomically; return its SHA-256."""
        arrays: dict[str, NDArray[Any]] = {"logits": self.logits}
        for name in ("features", "labels", "groups"):
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name)
        for kind in ("row_extras", "group_extras"):
            arrays |= {f"{kind}.{name}": value for name, value in getattr(self, kind).items()}
        if self.scored_classes is not None:
            arrays["scored_classes"] = np.array([self.scored_classes])
        return write_tensors(path, arrays)

    @classmethod
    def load(cls, path: Path, recorded: str | None = None) -> "Outputs":
        """Read a file that ``save`` wrote; ``recorded`` is its SHA-256 where a record holds it.

        Raises:
            DamagedFile: the file is missing, or not what was written.
        """
        arrays = read_tensors(path, recorded)
        extras = {kind: _taken(arrays, f"{kind}.") for kind in ("row_extras", "group_extras")}
        scored = arrays.pop("scored_classes", None)
        try:
            return cls(**arrays, **extras, scored_classes=None if scored is None else int(scored[0]))  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise DamagedFile(f"{path} is not a file of model outputs: {error}; delete it and run again") from error


def _taken(arrays: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Remove the arrays whose names begin with ``prefix`` from ``arrays``; return them without the prefix."""
    return {name.removeprefix(prefix): arrays.pop(name) for name in list(arrays) if name.startswith(prefix)}


class OodKey(NamedTuple):
    """The key of an OOD set among those of its task.

    Attributes:
        name: as published tables spell it.
        level_db: signal-to-noise ratio of a set that exists at several; None for other sets.
        primary: whether the set belongs to the task's default setting: published, at the task's default noise level.
    """

    name: str
    level_db: float | None = None
    primary: bool = True

    @property
    def label(self) -> str:
        """Name of the set in messages.

        >>> OodKey("car", 5.0).label, OodKey("Omniglot").label
        ('car 5 dB', 'Omniglot')
        """
        return self.name if self.level_db is None else f"{self.name} {self.level_db:g} dB"


@dataclass(frozen=True)
class TaskOutputs:
    """The outputs of one trained model on its test set and every OOD set, with facts about the data.

    Attributes:
        test: outputs on the test set.
        ood: outputs on the OOD sets.
        meta: data (kind), held_out, split (name), dropped, seconds; n_train, the number of training examples,
            validation examples included; n_batched, the number of items that the preprocessor makes of the training
            examples, validation excluded.
        detector_options: the options of each detector with a probe, given or chosen.
        skipped: one sentence for each probe that is not defined for the model.
    """

    test: Outputs
    ood: Mapping[OodKey, Outputs]
    meta: Mapping[str, Any]
    detector_options: Mapping[str, Mapping[str, float | int | str | bool]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
