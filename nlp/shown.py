"""A text as people are shown it: its beginning, or a sentence with the token that is judged."""

from collections.abc import Sequence
from typing import Any

from common.base.display import printable
from common.shown import Showing, Shown

LONGEST = 300
"""Characters of a text that are shown."""

BESIDE = 120
"""Characters of a sentence that are shown on each side of a token."""


def show(item: Any, at: int | None = None) -> Shown:
    r"""Return the beginning of a text, or a token at position ``at`` within its sentence.

    >>> show("two\nlines\x1b").text, show(["I", "like", "it"], at=1)
    ('two lines\\x1b', Shown(text='I like it', marked=(2, 6), image=b'', sound=b'', sound_type='', about=''))
    """
    if isinstance(item, str):
        return _beginning(item)
    return _beginning(" ".join(item)) if at is None else _within(item, at)


def _beginning(text: str) -> Shown:
    whole = " ".join(text.split())
    if len(whole) <= LONGEST:
        return Shown(printable(whole))
    return Shown(f"{printable(whole[:LONGEST])}…", about=f"first {LONGEST} of {len(whole):,} characters")


def _within(tokens: Sequence[str], at: int) -> Shown:
    before, token, after = (printable(" ".join(part)) for part in (tokens[:at], tokens[at : at + 1], tokens[at + 1 :]))
    start = f"…{before[-BESIDE:]}" if len(before) > BESIDE else before
    end = f"{after[:BESIDE]}…" if len(after) > BESIDE else after
    start += " " * bool(start)
    token = token[:BESIDE]
    return Shown(start + token + " " * bool(end) + end, (len(start), len(start) + len(token)))


SHOWING = Showing(show, rows=len)
