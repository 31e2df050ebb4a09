"""Numbered columns of a table (logit_0, logit_1, ...): a matrix in pieces."""

import re
from collections.abc import Mapping, Sequence

_NUMBERED = re.compile(r"(?P<stem>.*?)[\s_.\-\[(]*(?P<number>\d{1,7})[\])]?$")


def numbered_groups(columns: Sequence[str]) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Return the groups of numbered columns: positions by stem, in the order of the numbers; and what is amiss.

    Numbers run from 0 or from 1 without gaps. A single numbered column is no group.

    Returns:
        groups: positions of the columns by stem (``logit`` for ``logit_0``; empty for bare numbers).
        problems: by stem, a sentence on a group with gaps or repeats.

    >>> numbered_groups(["label", "logit_1", "logit_0"])
    ({'logit': [2, 1]}, {})
    >>> numbered_groups(["p0", "p2", "p3"])[1]
    {'p': 'lacks column p1 (columns must run from 0 or 1 without gaps)'}
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for position, column in enumerate(columns):
        if match := _NUMBERED.fullmatch(column.strip()):
            found.setdefault(match["stem"], []).append((int(match["number"]), position))
    groups, problems = {}, {}
    for stem, members in found.items():
        if len(members) > 1:
            members.sort()
            groups[stem] = [position for _, position in members]
            if why := _gap([number for number, _ in members], stem, columns[members[0][1]]):
                problems[stem] = why
    return groups, problems


def _gap(numbers: list[int], stem: str, first: str) -> str:
    start = 0 if numbers[0] == 0 else 1
    for expected, number in enumerate(numbers, start):
        if number < expected:
            return f"has column {stem}{number} twice"
        if number > expected:
            name = first.replace(str(numbers[0]), str(expected)) if numbers[0] != expected else f"{stem}{expected}"
            return f"lacks column {name} (columns must run from 0 or 1 without gaps)"
    return ""


def remaining(columns: Sequence[str], groups: Mapping[str, Sequence[int]]) -> list[int]:
    """Return the positions of the columns that are in no group."""
    grouped = {position for positions in groups.values() for position in positions}
    return [position for position in range(len(columns)) if position not in grouped]
