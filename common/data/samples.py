"""Data sets in memory before any model has a say in their form, and what a seed makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["full", "sample", "synthetic"]


@dataclass(frozen=True)
class RawDataset:
    """One data set in memory, before any model has a say in its form.

    Attributes:
        items: N images as one array (uint8, or float32 in units of [0, 1]), or a list of N texts, token lists or
            waveforms.
        labels: (N,) int64; for sequences a list of N integer arrays; None where there are none.
        label_names: name of each class.
        extras: further arrays or lists with one value an item, such as the speaker.
        dropped: how many items the reader left out, by reason.
        kind: ``full`` as published, ``sample`` a part of it, ``synthetic`` made by a program in place of real data.
    """

    items: Any
    labels: Any = None
    label_names: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    kind: Kind = "full"

    def __len__(self) -> int:
        return len(self.items)

    def take(self, index: NDArray[np.int64]) -> "RawDataset":
        """Return the items at ``index``, in that order, with all that belongs to them."""
        return replace(
            self,
            items=_take(self.items, index),
            labels=_take(self.labels, index),
            extras={name: _take(values, index) for name, values in self.extras.items()},
        )


def _take(values: Any, index: NDArray[np.int64]) -> Any:
    if values is None:
        return None
    return values[index] if isinstance(values, np.ndarray) else [values[i] for i in index]


@dataclass(frozen=True)
class Split:
    """What a seed makes of the data: training and test samples, OOD samples by name, and what was drawn.

    ``name`` says by what the data was divided: ``published``, or what a seed drew (``held-out classes``, ``speakers``).
    """

    train: RawDataset
    test: RawDataset
    ood: Mapping[str, RawDataset] = field(default_factory=dict)
    held_out: tuple[str, ...] | None = None
    name: str = "published"
