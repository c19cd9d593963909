"""Write Python functions line by line: their text, their constants, and the objects of an event that they look into."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..rules.path import Path

RESERVED = frozenset({"_event", "_browser", "_capi", "_now", "_problems", "_raw", "_items", "_rows", "_columns", "_data", "_able", "_where", "_row", "_mark"})


class Module:
    """The module that generated functions live in: their text, and the constants that they use."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names: dict[str, Any] = dict(names)
        self.told: dict[str, str] = {}
        """What some of the names stand for, in words."""
        self.parts: list[str] = []

    @property
    def text(self) -> str:
        """The whole source."""
        return "\n\n\n".join(self.parts) + "\n"

    def constant(self, name: str, value: Any, told: str = "") -> str:
        """Make *value* known as *name*, or as a name like it when another value has that one; *told* says what it is."""
        taken, n = name, 1
        while taken in self.names and not (self.names[taken] is value or (type(value) is type(self.names[taken]) and value == self.names[taken])):
            n += 1
            taken = f"{name}_{n}"
        self.names[taken] = value
        if told:
            self.told[taken] = told
        return taken


class Function:
    """One function in the making.

    *dotted* makes the slower twin that looks for literal dotted keys at every step of every path;
    the plain function hands an event that has such a key over to its twin.
    """

    def __init__(self, module: Module, name: str, parameters: Sequence[str], *, root: str = "_event", dotted: bool = False) -> None:
        self.module = module
        self.name = name
        self.parameters = ", ".join(parameters)
        self.root = root
        self.dotted = dotted
        self.where = ", _where" if "_where" in parameters else ""
        self._lines: list[str] = []
        self.depth = 1
        self._objects: dict[tuple[str, ...], str] = {}
        self._literals: set[str] = set()
        self._literal_places: dict[str, None] = {}

    def line(self, text: str = "") -> None:
        """Add a line at the present depth."""
        self._lines.append("    " * self.depth + text if text else "")

    def open_any(self, tests: Sequence[str]) -> None:
        """Add an `if` that holds when one of *tests* does; each on a line of its own."""
        if len(tests) == 1:
            self.line(f"if {tests[0]}:")
            return
        self.line("if (")
        for n, test in enumerate(tests):
            self.line(f"    {'or ' if n else ''}{test}")
        self.line("):")

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Add *header*, and whatever follows inside it."""
        self.line(header)
        self.depth += 1
        before = len(self._lines)
        yield
        if len(self._lines) == before:
            self.line("pass")
        self.depth -= 1

    def get(self, path: Path) -> str:
        """Give the expression that reads *path*."""
        direct = path.spelling == "exact" and not path.gathers and not any(map(str.isdigit, path.names))
        place = self._object(path.names[:-1]) if direct else ""
        if not direct or self.dotted:
            return f"{self.module.constant('find_' + _identifier('_'.join(path.names)), path.find)}({self.root})"
        for level in range(len(path.names) - 1):
            self._literal_places[self._object(path.names[:level])] = None
            self._literals.add(path.rests[level])
        return f"{place}.get({path.names[-1]!r})"

    def _object(self, names: tuple[str, ...]) -> str:
        """Give the local that holds the object at *names*."""
        if not names:
            return self.root
        if names not in self._objects:
            self._object(names[:-1])
            local = "_" + _identifier("_".join(names))
            while local in RESERVED or local in self._objects.values():
                local += "_"
            self._objects[names] = local
        return self._objects[names]

    def finish(self) -> None:
        """Put the function into its module: first the objects it looks into, then its lines."""
        self.module.parts.append("\n".join([f"def {self.name}({self.parameters}):", *self._looks(), *self._lines]))

    def _looks(self) -> Iterator[str]:
        if self._literals:
            yield "    _mark = len(_problems)"
        for names, local in self._objects.items():
            yield f"    {local} = {self._object(names[:-1])}.get({names[-1]!r}, NOTHING)"
            where = f"at(_where, {'.'.join(names)!r})" if self.where else repr(".".join(names))
            yield f"    if {local}.__class__ is not dict: {local} = an_object({local}, {where}, _problems)"
        if self._literals:
            literals = self.module.constant("DOTTED_KEYS", frozenset(self._literals))
            tests = " and ".join(f"{literals}.isdisjoint({place})" for place in self._literal_places)
            yield f"    if not ({tests}):"
            yield "        del _problems[_mark:]"
            yield f"        return {self.name}_dotted({self.parameters})"


def _identifier(text: str) -> str:
    return re.sub(r"\W", "_", text, flags=re.ASCII)
