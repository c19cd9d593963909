"""Where in an event a source is: the JSON pointers of what an explanation says that a value came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._json import join
from ..plan.explain import Explained
from ..rules.path import EACH, FOLDS, parse

MOST = 50
"""Places of one value; it may be made of a thousand products."""

_LISTS = re.compile(r", (?:from|by \S+ of) | of |, by ")
"""What stands before the paths in the words for a source that is none itself."""
_OF_ITEMS = re.compile(r"\w+ of the items' (\w+)")


def places(source: str, event: Any, fields: Sequence[Explained] = ()) -> list[str]:
    """Give the JSON pointers in *event* of the *source* of an `Explained`; none for what no place gave, such as a setting.

    *fields* are all that is explained of the event: the sum of products' prices is found at the prices.
    """
    if made := _OF_ITEMS.fullmatch(source):
        rows = (one.source for one in fields if one.field == made[1] and one.source != source)
        return list(dict.fromkeys(found for row in rows for found in located(row, event)))[:MOST]
    if found := located(source, event):
        return found[:MOST]
    *_, paths = _LISTS.split(source)
    return [found for path in paths.split(", ") for found in located(path, event)][:MOST] if paths != source else []


def located(path: str, event: Any) -> list[str]:
    """Give the pointers of what the dot-path *path* finds in *event*: spelt so if there is such a key, else in another spelling."""
    try:
        names = parse(path).names
    except ValueError:
        return []
    for fold in FOLDS.values():
        if found := list(_walk(event, names, "", fold)):
            return found
    return []


def _walk(node: Any, names: Sequence[str], pointer: str, fold: Callable[[str], str] | None) -> Iterator[str]:
    """Follow *names* as `Path.find` does, and yield the places where they end."""
    if not names:
        yield pointer
    elif isinstance(node, dict):
        yield from _within(node, names, pointer, fold)
    elif isinstance(node, list) and names[0] == EACH:
        for n, row in enumerate(node):
            yield from _walk(row, names[1:], join(pointer, n), fold)
    elif isinstance(node, list) and names[0].isdecimal() and len(names[0]) <= 9 and int(names[0]) < len(node):
        yield from _walk(node[int(names[0])], names[1:], join(pointer, int(names[0])), fold)


def _within(node: dict[str, Any], names: Sequence[str], pointer: str, fold: Callable[[str], str] | None) -> Iterator[str]:
    whole = [(".".join(names), names[:0])] if EACH not in names else []
    for key, rest in (*whole, (names[0], names[1:])):
        if (found := _key(node, key, fold)) is not None:
            yield from _walk(node[found], rest, join(pointer, found), fold)
            return
    if names[0] in (EACH, "0"):  # an object that stands where a list may is the only row
        yield from _walk(node, names[1:], pointer, fold)


def _key(node: dict[str, Any], name: str, fold: Callable[[str], str] | None) -> str | None:
    if name in node or fold is None:
        return name if name in node else None
    wanted = fold(name)
    return next((key for key in node if fold(key) == wanted), None)
