"""Numbered columns of a table (logit_0, logit_1, ...): a matrix in pieces."""

import re
from collections.abc import Mapping, Sequence

from common.base.display import shown

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
            if why := _gap([(number, columns[position].strip()) for number, position in members]):
                problems[stem] = why
    return groups, problems


def _gap(members: list[tuple[int, str]]) -> str:
    """Return what is amiss with numbered columns in ascending order; empty if nothing is."""
    start = 0 if members[0][0] == 0 else 1
    for expected, (number, column) in enumerate(members, start):
        if number < expected:
            return f"has column {shown(column)} twice"
        if number > expected:
            lacking = column.replace(str(number), str(expected))
            return f"lacks column {shown(lacking)} (columns must run from 0 or 1 without gaps)"
    return ""


def remaining(columns: Sequence[str], groups: Mapping[str, Sequence[int]]) -> list[int]:
    """Return the positions of the columns that are in no group."""
    grouped = {position for positions in groups.values() for position in positions}
    return [position for position in range(len(columns)) if position not in grouped]
