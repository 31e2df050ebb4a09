"""Which class of a trained classifier each label of the user's data is."""

import re
from collections.abc import Sequence

from common.base.errors import UserError


def class_positions(labels: Sequence[str], known: Sequence[str] | None, count: int, whose: str) -> tuple[int, ...]:
    """Return the classifier's class of each label.

    A label is a class of the same name, whatever the case and whether blanks are written as blanks, ``_`` or ``-``; a
    class may have several names (``tench, Tinca tinca``). Of a classifier whose classes have no names, labels that are
    numbers are positions; other labels are the classes in order if there are as many.

    Args:
        labels: of the user's data, in the order of its classes.
        known: names of the classifier's classes, or None if it has none.
        count: number of its classes.
        whose: what messages call the classifier.

    Raises:
        UserError: a label is none of the classes; the message names it.
    """
    if known is None:
        return _by_position(labels, count, whose)
    place = {_plain(part): position for position, name in reversed(list(enumerate(known))) for part in _names(name)}
    unknown = [label for label in labels if _plain(label) not in place]
    if unknown:
        raise UserError(
            f"{whose} has no class {', '.join(map(repr, unknown[:5]))}; it has {_shown(known)}. Rename the labels, or "
            "train a new last layer: leave out --no-train, or for sounds use --model hf:NAME,head"
        )
    return tuple(place[_plain(label)] for label in labels)


def named_classes(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the names, or None where they are mere numbers (``LABEL_0``), which tell nothing."""
    if not names or all(re.fullmatch(r"(LABEL_)?\d+", str(name)) for name in names):
        return None
    return tuple(map(str, names))


def _by_position(labels: Sequence[str], count: int, whose: str) -> tuple[int, ...]:
    if all(re.fullmatch(r"(LABEL_)?\d+", label) for label in labels):
        numbers = tuple(int(label.removeprefix("LABEL_")) for label in labels)
        if max(numbers) < count:
            return numbers
    if len(labels) == count:
        return tuple(range(count))
    raise UserError(
        f"{whose} has {count} classes without names, and the data has {len(labels)}: {_shown(labels)}. Name the labels "
        "0, 1, ... as the classifier counts, or train a new last layer: leave out --no-train, or for sounds use "
        "--model hf:NAME,head"
    )


def _names(name: str) -> list[str]:
    return [name, *name.split(",")]


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[_\-\s]+", " ", name).split()).casefold()


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
