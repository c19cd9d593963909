"""One record of the input: an event, or the problem that it is none."""

from __future__ import annotations

import json
from typing import Any, Literal

from attrs import frozen

from .._quick import quick
from ..errors import InputError, Problem, problem

MAX_BYTES = 64 * 1024 * 1024
"""More than any event has: a bound for the memory that input which is none can take."""

TOO_LONG = f"longer than {MAX_BYTES // 1024 // 1024} MiB"
TOO_DEEP = "nested too deep"

_KINDS = {list: "a list", str: "text", bool: "a boolean", int: "a number", float: "a number", type(None): "null"}


@frozen
class Record:
    """What stands at one place of the input."""

    unit: Literal["line", "index"]
    """The line of JSON Lines, counted from 1, or the position in an array, from 0."""
    number: int
    content: dict[str, Any] | Problem
    """The event, or why there is none."""


def refused(unit: Literal["line", "index"], number: int, why: str) -> Record:
    """Make the record of something that is no event."""
    return Record(unit, number, problem("invalid_input", message=why))


def event(data: bytes) -> dict[str, Any]:
    """Parse one event. Raises `InputError`, which tells why without a word of the content."""
    try:
        value = quick()(data)
    except ValueError:
        value = _slowly(data)
    return as_event(value)


def _slowly(data: bytes) -> object:
    try:
        return _parsed(data.decode())
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise InputError(f"not JSON at {line}column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise InputError(TOO_DEEP) from None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python's limit for the digits of an integer
        return LONG_NUMBERS.decode(text)


def whole_number(digits: str) -> int | float:
    """Give the number; one with more digits than Python reads as an integer is beyond all use, and so infinite, as 1e999 is."""
    return int(digits) if len(digits) < 1000 else float("-inf" if digits.startswith("-") else "inf")


LONG_NUMBERS = json.JSONDecoder(parse_int=whole_number)
"""Slower, and only for text that Python itself refuses for the digits of a number: they cost no event."""


def as_event(value: object) -> dict[str, Any]:
    """Give *value* if it is an event. Raises `InputError` for other JSON."""
    if not isinstance(value, dict):
        raise InputError(f"{_KINDS[type(value)]}, but an event is a JSON object")
    return value
