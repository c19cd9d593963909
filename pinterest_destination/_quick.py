"""Reading JSON with `orjson`, which comes with the extra `fast`, wherever it says the same as the standard library."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

_DIGIT, _OPENING = ord("0"), ord("{")
_SEEN = bytes(_DIGIT if byte in b"0123456789" else _OPENING if byte in b"{[" else ord(" ") for byte in range(256))
_LONG = b"0" * 19
"""Digits that may be more than 64 bits: orjson makes a float of such a number, and the id that it was is lost."""
_MANY = 500
"""Lists and objects in one text that may nest deeper than the standard library follows; orjson follows to another depth."""


def has_long_number(data: bytes) -> bool:
    """Tell whether there is something in JSON text that may be a number which orjson would change."""
    return _LONG in data.translate(_SEEN)


@functools.cache
def quick() -> Callable[[bytes], Any]:
    """Give what parses a JSON text, and raises `ValueError` for every text that is left to the standard library.

    That is all that is no JSON or no UTF-8, so that there is one way of saying what is wrong; NaN, infinite numbers and halves
    of surrogate pairs, which only the standard library takes; and what the two might understand differently.
    """
    try:
        from orjson import loads
    except ModuleNotFoundError:
        return _left

    def read(data: bytes) -> Any:
        seen = data.translate(_SEEN)
        return _left(data) if _LONG in seen or seen.count(b"{") > _MANY else loads(data)

    return read


def _left(_: bytes) -> Any:
    raise ValueError
