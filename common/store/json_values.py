"""Whether a value that JSON held can be that of a field, by the type of the field."""

import math
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin


def fits(value: Any, kind: Any) -> bool:
    """Whether a JSON value is valid for a field of type ``kind``; a number must be finite.

    >>> fits(1, float), fits(True, int), fits([1, 2], tuple[int, ...]), fits({"a": "b"}, Mapping[str, float])
    (True, False, True, False)
    """
    origin, arguments = _parts(kind)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in arguments)
    if origin is Literal:
        return isinstance(value, str) and value in arguments
    if origin is tuple:
        return isinstance(value, list) and all(fits(one, arguments[0]) for one in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(fits(one, arguments[1]) for one in value.values())
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and finite(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return value is None if kind is NoneType else isinstance(value, kind)


@cache
def always(kind: Any) -> frozenset[type]:
    """Return the types, floats aside, of which every value that JSON can hold is valid for a field of type ``kind``.

    >>> always(str | None) == {str, NoneType}, always(float | None) == {NoneType}, len(always(tuple[int, ...]))
    (True, True, 0)
    """
    origin, arguments = _parts(kind)
    if origin in (Union, UnionType):
        return frozenset().union(*(always(one) for one in arguments))
    return frozenset({kind} & {str, int, bool, NoneType})


@cache
def _parts(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the origin of a type and its arguments, taken apart once."""
    return get_origin(kind), get_args(kind)


def finite(value: float) -> bool:
    """Whether a number is finite as a float; an integer of 400 digits is not."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def brief(value: Any) -> str:
    """Return a value as messages show it."""
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a whole number of more than 20 digits"
    return f"{value!r}"[:60]
