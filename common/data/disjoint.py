"""Auxiliary outliers share nothing with what a run trains on or tests: neither a kind of content nor a single item.

Outliers that a test set also holds would be learned by heart, and the figures would say nothing. Two questions are
asked: whether the sources say that they are of one family (``Source.family``; those that say nothing are of none), and
whether an item of one is an item of the other. A set that is made of another one, such as noisy speech, is of that
one's family and has its items.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from common.base.errors import UserError
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.data.sources import AnySource, Derived, Source


def check_families(outliers: Collection[AnySource], others: Mapping[str, AnySource], folders: Folders) -> None:
    """Refuse outliers of a family that a training, test or OOD set belongs to.

    Args:
        outliers: as they will be read.
        others: the other sets by what messages call them: ``OOD set Omniglot``.
        folders: where sources look.

    Raises:
        UserError: two share a family; the message names both.
    """
    families = {name: families_of(source, folders) for name, source in others.items()}
    for source in outliers:
        own = families_of(source, folders)
        for name, theirs in families.items():
            if shared := own & theirs:
                raise _refusal(source.name, name, f"both are {min(shared)}")


def check_items(
    outliers: Mapping[str, Iterable[RawDataset]], others: Iterable[tuple[str, Iterable[RawDataset]]]
) -> None:
    """Refuse outliers of which an item is also in a training, test or OOD set.

    Args:
        outliers: what each set of outliers is made of, by name.
        others: what each other set is made of, with what messages call it; taken one by one.

    Raises:
        UserError: two share an item; the message names both and says how many.
    """
    own = {name: digests(parts) for name, parts in outliers.items()}
    for other, parts in others:
        theirs = digests(parts)
        for name, digested in own.items():
            if shared := len(digested & theirs):
                raise _refusal(name, other, f"{shared:,} items are in both")


def origins(source: AnySource, folders: Folders) -> Iterator[Source]:
    """Yield the sources that are read for ``source``: itself, or all that it is made of."""
    if isinstance(source, Source):
        yield source
    else:
        for part in source.resolved_inputs(folders):
            yield from origins(part, folders)


def digests(parts: Iterable[RawDataset]) -> frozenset[bytes]:
    """Return a digest of each distinct item: equal for equal pixels or samples, and for texts equal but for case."""
    return frozenset(digest(item) for samples in parts for item in samples.items)


def digest(item: Any) -> bytes:
    """Return the digest of one item; see ``digests``."""
    if isinstance(item, np.ndarray):
        content = f"{item.dtype} {item.shape}".encode() + np.ascontiguousarray(item).tobytes()
    else:
        text = item if isinstance(item, str) else " ".join(item)
        content = " ".join(text.casefold().split()).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=16).digest()


def families_of(source: AnySource, folders: Folders) -> frozenset[str]:
    """Return the families of a source and of all that it is made of."""
    parts = source.resolved_inputs(folders) if isinstance(source, Derived) else []
    inherited = (families_of(part, folders) for part in parts)
    return frozenset({source.family} - {""}).union(*inherited)


def _refusal(outliers: str, other: str, why: str) -> UserError:
    return UserError(f"the outliers {outliers} and the {other} are not disjoint: {why}; leave one of them out")
