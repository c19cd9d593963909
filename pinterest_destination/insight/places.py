"""Where in an event a value came from: the JSON pointers of what its paths find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .._json import join
from ..rules.path import EACH, FOLDS, Fold, Path, key_like

MOST = 50
"""Places of one value; it may be made of a thousand products."""


def places(paths: Iterable[Path], event: Any) -> list[str]:
    """Give the JSON pointers in *event* of what *paths* find there, each once, and no more than `MOST`."""
    found: dict[str, None] = {}
    for place in (place for path in paths for place in located(path, event)):
        found[place] = None
        if len(found) == MOST:
            break
    return list(found)


def located(path: Path, event: Any) -> Iterator[str]:
    """Yield the pointers of what *path* finds in *event*, as `Path.find` does."""
    return _walk(event, path.names, "", FOLDS[path.spelling])


def _walk(node: Any, names: Sequence[str], pointer: str, fold: Fold) -> Iterator[str]:
    if not names:
        yield pointer
    elif isinstance(node, dict):
        yield from _within(node, names, pointer, fold)
    elif isinstance(node, list) and names[0] == EACH:
        for n, row in enumerate(node):
            yield from _walk(row, names[1:], join(pointer, n), fold)
    elif isinstance(node, list) and names[0].isascii() and names[0].isdigit() and len(names[0]) <= 9 and int(names[0]) < len(node):
        yield from _walk(node[int(names[0])], names[1:], join(pointer, int(names[0])), fold)


def _within(node: dict[str, Any], names: Sequence[str], pointer: str, fold: Fold) -> Iterator[str]:
    for key, rest in ((".".join(names), names[:0]), (names[0], names[1:])):
        if (found := key_like(node, key, fold)) is not None:
            yield from _walk(node[found], rest, join(pointer, found), fold)
            return
    if names[0] in (EACH, "0"):  # an object that stands where a list may is the only row
        yield from _walk(node, names[1:], pointer, fold)
