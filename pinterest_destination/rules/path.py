r"""Dot-paths: `a.b.c` in nested JSON; `products.0.name` for list positions; `\.` for a dot that belongs to a name.
`addresses.*.city` gathers the values of all elements of a list; an object that stands there instead is the only one.

At every level a literal key that equals the whole rest of the path wins over nesting. A path only ever reads
mappings and lists: it runs no code, reaches no attribute and takes as many steps as it has names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from attrs import field, frozen

Spelling = Literal["exact", "any_case", "any_spelling"]
"""exact: as written. any_case: without case. any_spelling: only ASCII letters and digits count, without case."""

EACH = "*"
"""The step that stands for each element of a list."""

_NOT_LETTERS_OR_DIGITS = re.compile(r"[^a-z0-9]")


def _any_spelling(name: str) -> str:
    return _NOT_LETTERS_OR_DIGITS.sub("", name.lower())


Fold = Callable[[str], str] | None
"""What names that are spelt alike have in common; None: nothing but themselves."""

FOLDS: dict[Spelling, Fold] = {
    "exact": None,
    "any_case": str.casefold,
    "any_spelling": _any_spelling,
}


@frozen
class Path:
    """A parsed dot-path. `find` reads it from an event."""

    text: str
    """As it was written, for messages."""
    names: tuple[str, ...]
    spelling: Spelling = "exact"
    rests: tuple[str, ...] = field(init=False, repr=False, eq=False)
    """The literal key that the rest of the path makes at each level."""
    gathers: bool = field(init=False, repr=False, eq=False)
    """It has a step `*`."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "gathers", EACH in self.names)
        rests = tuple(".".join(self.names[n:]) for n in range(len(self.names)))
        object.__setattr__(self, "rests", rests)

    def find(self, node: Any) -> Any:
        """Give the value at this path below *node*, or None."""
        if len(self.names) == 1 and self.spelling == "exact" and isinstance(node, dict) and not self.gathers:
            return node.get(self.names[0])
        return self._gathered(node, 0) if self.gathers else self._walked(node)

    def _walked(self, node: Any) -> Any:
        fold = FOLDS[self.spelling]
        last = len(self.names) - 1
        for n, name in enumerate(self.names):
            if isinstance(node, dict):
                if n < last and (key := key_like(node, self.rests[n], fold)) is not None:
                    return node[key]
                key = key_like(node, name, fold)
                node = None if key is None else node[key]
            elif isinstance(node, list):
                node = _at(node, name)
            else:
                return None
        return node

    def _gathered(self, node: Any, level: int) -> Any:
        """Walk on from *level*, at a step `*` with each element of a list. It goes no deeper than the path is long."""
        fold = FOLDS[self.spelling]
        for n in range(level, len(self.names)):
            name = self.names[n]
            if isinstance(node, list) and name == EACH:
                found = (self._gathered(row, n + 1) for row in node)
                return [value for value in found if value is not None] or None
            if isinstance(node, list):
                node = _at(node, name)
            elif not isinstance(node, dict):
                return None
            elif n < len(self.names) - 1 and (key := key_like(node, self.rests[n], fold)) is not None:
                return node[key]
            elif (key := key_like(node, name, fold)) is not None:
                node = node[key]
            elif name != EACH:
                return None
        return node


def parse(text: str, spelling: Spelling = "exact") -> Path:
    r"""Parse a dot-path; `\.` is a dot inside a name. Raises `ValueError` for an empty path or an empty step."""
    names = tuple(part.replace("\0", ".") for part in text.replace("\\.", "\0").split("."))
    if not all(name.strip() for name in names):
        raise ValueError("a dot-path such as properties.order_id, without empty steps")
    return Path(text, names, spelling)


def key_like(node: dict[Any, Any], name: str, fold: Fold) -> str | None:
    """Find the key of *node* that is spelt like *name*: exactly, else the first that folds to the same."""
    if name in node:
        return name
    if fold is None:
        return None
    wanted = fold(name)
    return next((key for key in node if isinstance(key, str) and fold(key) == wanted), None)


def _at(rows: list[Any], name: str) -> Any:
    """Give the list element at the position that *name* spells, or None."""
    if not (name.isascii() and name.isdigit() and len(name) <= 9):
        return None
    position = int(name)
    return rows[position] if position < len(rows) else None
