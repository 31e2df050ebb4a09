"""What a model said about one data set: the point where every modality ends and every score begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.store.files import read_tensors, write_tensors


@dataclass(frozen=True)
class Outputs:
    """Logits of N rows, with what belongs to them.

    A row is an example (an image, a document), or a part of one: a token of a sentence, a frame of an utterance.

    Attributes:
        logits: (N, C) float32; -inf for a class that cannot be, but not for all.
        features: (N, D) float32 inputs of the last layer, or None.
        labels: (N,) int64 true classes in [0, C), or None where there are none.
        groups: (N,) int64, ascending from 0 without gaps: the example that a row is part of; None if rows are examples.
        extras: further named arrays, one value a row (a head's score, whether a word was seen in training) or one a
            group (edit distances of an utterance).
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32] | None = None
    labels: NDArray[np.int64] | None = None
    groups: NDArray[np.int64] | None = None
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check shapes and values once, so that nothing downstream has to."""
        rows = self._check_logits()
        if self.features is not None and (self.features.ndim != 2 or len(self.features) != rows):
            raise ValueError(f"features must be ({rows}, D), not {self.features.shape}")
        for name, value in (("labels", self.labels), ("groups", self.groups)):
            if value is not None and value.shape != (rows,):
                raise ValueError(f"{name} must be ({rows},), one a row of the logits, not {value.shape}")
        self._check_labels()
        self._check_groups()
        for name, value in self.extras.items():
            if len(value) not in (rows, self.units):
                raise ValueError(f"extras[{name!r}] must have a value a row ({rows}) or a group, not {len(value)}")

    def _check_logits(self) -> int:
        if self.logits.ndim != 2:
            raise ValueError(f"logits must have two axes (examples, classes), not shape {self.logits.shape}")
        if not self.logits.size:
            raise ValueError(f"logits are empty: shape {self.logits.shape}")
        largest = self.logits.max(axis=1)  # NaN if the row holds one
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
            raise ValueError(f"groups must ascend from 0 without gaps; row {bad[0] if bad.size else 0} does not")

    @property
    def units(self) -> int:
        """Number of groups, or of rows where rows stand alone."""
        return len(self.logits) if self.groups is None else int(self.groups[-1]) + 1

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(N,) whether the largest logit is the label's; ties go to the lowest class, as in ``argmax``."""
        if self.labels is None:
            raise ValueError("these outputs have no labels, so right and wrong are not defined")
        return np.asarray(self.logits.argmax(axis=1) == self.labels)

    @cached_property
    def logit_scores(self) -> dict[str, NDArray[np.float64]]:
        """Every score that needs the logits alone, by name: one pass, whoever asks first."""
        from common.metrics.logit_scores import logit_scores

        return logit_scores(self.logits)

    def save(self, path: Path) -> None:
        """Write everything to one safetensors file, under a temporary name first."""
        arrays: dict[str, NDArray[Any]] = {"logits": self.logits}
        for name in ("features", "labels", "groups"):
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name)
        arrays |= {f"extras.{name}": value for name, value in self.extras.items()}
        write_tensors(path, arrays)

    @classmethod
    def load(cls, path: Path) -> "Outputs":
        """Read what ``save`` wrote; a damaged file is a ``UserError`` that names it."""
        arrays = read_tensors(path)
        extras = {name.removeprefix("extras."): arrays.pop(name) for name in list(arrays) if name.startswith("extras.")}
        try:
            return cls(extras=extras, **arrays)
        except (TypeError, ValueError) as error:
            raise UserError(f"{path} is not a file of model outputs: {error}; delete it and run again") from error


OodKey = tuple[str, str | None]
"""Name and variant of an OOD set."""


@dataclass(frozen=True)
class TaskOutputs:
    """What one trained model says about its test set and every OOD set, with facts about the data.

    ``meta`` holds: data (kind), held_out, dropped, seconds; n_train, how many training examples there are, those
    held back to choose the best epoch among them; n_batched, how many the encoder makes of the others.
    """

    test: Outputs
    ood: Mapping[OodKey, Outputs]
    meta: Mapping[str, Any]
