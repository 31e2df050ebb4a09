"""Counts of skipped items by reason, for ``RawDataset.dropped``: the first are named, the others are counted."""

from collections import Counter
from collections.abc import Mapping, Sequence

NAMED = 20
"""Largest number of unreadable files that are named; the others are counted."""


def listed(bad: Sequence[str]) -> dict[str, int]:
    """Return skipped files for ``RawDataset.dropped``: the first ``NAMED`` by name, the others as a count."""
    return first_named(Counter(bad), "further files that cannot be read")


def first_named(counts: Mapping[str, int], further: str) -> dict[str, int]:
    """Return the first ``NAMED`` counts, and the sum of the others under the name ``further``."""
    entries = list(counts.items())
    rest = sum(count for _, count in entries[NAMED:])
    return dict(entries[:NAMED]) | ({further: rest} if rest else {})


def added_up(*dropped: Mapping[str, int]) -> dict[str, int]:
    """Return the sum of several counts of skipped items by reason.

    >>> added_up({"a.wav: no audio": 1, "silent": 2}, {"silent": 3})
    {'a.wav: no audio': 1, 'silent': 5}
    """
    total: Counter[str] = Counter()
    for counts in dropped:
        total.update(counts)
    return dict(total)
