"""A seeded part of a data set: what is enough of a far OOD set, or of one kind of outliers."""

from functools import partial
from typing import Any

import numpy as np

from common.data.samples import RawDataset
from common.data.sources import AnySource, Derived


def drawn(source: AnySource, most: int, name: str = "", **more: Any) -> Derived:
    """Return a draw of at most ``most`` items of a source, without labels, by a run's seed.

    Args:
        source: what is drawn from.
        most: items at most.
        name: of the set; the source's where empty.
        more: further fields of ``Derived``.
    """
    make = partial(_draw, most=most)
    return Derived(name or source.name, make, (source,), kind="sample", about=source.about, **more)


def some(source: AnySource, most: int) -> Derived:
    """Return a draw of ``most`` items as a set of its own, beside other draws of the same source.

    The number is part of its name, which identifies it in the store.
    """
    return drawn(source, most, f"{most:,} of {source.name}")


def _draw(test: RawDataset, rng: np.random.Generator, samples: RawDataset, most: int) -> RawDataset:
    chosen = np.sort(rng.permutation(len(samples))[:most])
    return RawDataset(samples.take(chosen).items, dropped=samples.dropped)
