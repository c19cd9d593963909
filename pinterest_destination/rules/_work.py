"""How much may be done for one event: a mapping can make of a small event one without end, if it uses what it made again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

MAX_WORK = 1_000_000
"""Rows, parts and characters that a mapping may make of one event. An order of a thousand products takes less than a tenth of it."""
_USUAL = 500
"""Parts of a mapping; no form that a person fills in gives more, and the presets have fewer."""

Spend = Callable[[int], None]


class TooMuch(Exception):
    """An event for which too much was to be done."""

    def __init__(self, place: str) -> None:
        """*place* is the JSON pointer of the part of the mapping that was to do it."""
        super().__init__(f"the mapping makes more than {MAX_WORK:,} rows, parts and characters of the event")
        self.place = place


class Work(threading.local):
    """What may still be done for the event that a thread is at."""

    left = 0

    def begin(self) -> None:
        """Begin with another event."""
        self.left = MAX_WORK

    def at(self, place: str) -> Spend:
        """Give what takes note of work at *place*, before it is done. That raises `TooMuch`."""

        def spend(amount: int) -> None:
            self.left -= amount
            if self.left < 0:
                raise TooMuch(place)

        return spend


def measure(value: Any, spend: Spend) -> None:
    """Spend what writing all of *value* would take; parts that stand in several places count for each."""
    level = [value]
    while level:
        deeper: list[Any] = []
        for node in level:
            if isinstance(node, str):
                spend(len(node))
            elif isinstance(node, dict | list):
                spend(len(node))
                deeper += node.values() if isinstance(node, dict) else node
        level = deeper


def grows(mapping: Any) -> bool:
    """Tell whether what *mapping* gives can be very much larger than the event, without that being noticed on the way.

    It reads what it has made itself, or reads the same over and over.
    """
    return _transforms(mapping) or size(mapping) > _USUAL


def _transforms(node: Any) -> bool:
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return (isinstance(node, dict) and "@transform" in node) or any(map(_transforms, parts))


def size(node: Any) -> int:
    """Count the parts of a mapping."""
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return 1 + sum(map(size, parts))
