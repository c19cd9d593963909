"""From a document in another tool's dialect to a native one, by the dialect's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from .._json import tokens
from ..errors import Problem, problem
from ..rules.check import nearest
from ._readers import Reader, Reading, no_effect


@frozen
class Key:
    """One key of another tool."""

    to: str = ""
    """The native setting it becomes; "" for none."""
    read: Reader = no_effect
    note: str = ""
    """How its values are read, for the documentation."""
    mark: bool | Callable[[Any], bool] = True
    """Whether the key is enough to recognise the dialect by, or what its value must be for that."""
    joins: bool = False
    """Whether its value, an object, is laid over what other keys gave for the same setting."""
    beside: tuple[str, str] | None = None
    """It counts only where this other key has this value, or is absent."""

    def marks(self, value: Any) -> bool:
        """Tell whether the key with this value is enough."""
        return self.mark if isinstance(self.mark, bool) else self.mark(value)


@frozen
class Dialect:
    """The settings of another tool."""

    title: str
    keys: Mapping[str, Key]
    defaults: Mapping[str, Any]
    """Native settings that hold wherever no key says otherwise."""
    bare_paths: bool = False
    """Whether text in the list `customProperties` is a mark too."""
    note: str = ""
    changes: tuple[str, ...] = ()
    """What is done otherwise here whatever the keys say, because the tool's way does harm; told as warnings."""

    def looks_like(self, document: Mapping[str, Any]) -> bool:
        """Tell whether *document* bears a mark of this dialect."""
        paths = document.get("customProperties")
        bare = isinstance(paths, list) and any(isinstance(path, str) for path in paths)
        return (self.bare_paths and bare) or any(self.keys[name].marks(value) for name, value in document.items() if name in self.keys)


@frozen
class Translation:
    """A document in another dialect as a native one."""

    document: dict[str, Any]
    pointers: Mapping[str, str] = field(factory=dict)
    """Where each place of the native document stands in the original."""
    problems: tuple[Problem, ...] = ()


def keys_without_effect(*names: str) -> dict[str, Key]:
    """Make the keys that concern the other tool alone."""
    return dict.fromkeys(names, Key(note="no effect here", mark=False))


def translate(document: Mapping[str, Any], table: Dialect) -> Translation:
    """Turn *document*, in the dialect of *table*, into a native one; null and blank values are absent."""
    native: dict[str, Any] = {}
    pointers: dict[str, str] = {}
    problems: list[Problem] = [problem("changed_setting", "", text) for text in table.changes]
    for name, value in document.items():
        key = table.keys.get(name)
        if key is None:
            problems += _unknown(name, table)
        elif _counts(value, key, document):
            reading = key.read(value)
            taken = key.to in native and not key.joins
            clash = taken and reading.value not in (None, native[key.to])
            problems += _already_set(name, key.to) if clash else _remarks(name, reading)
            problems += _lonely(name, value, document, table)
            if not taken and reading.value is not None:
                native[key.to] = _joined(native.get(key.to, {}), reading.value) if key.joins else reading.value
                pointers |= _pointers(name, key.to, reading)
    return Translation({**table.defaults, **native}, pointers, tuple(problems))


def _counts(value: Any, key: Key, document: Mapping[str, Any]) -> bool:
    """Tell whether a key says anything: null and blank text do not."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return False
    return key.beside is None or document.get(key.beside[0]) in (key.beside[1], None, "")


def _lonely(name: str, value: Any, document: Mapping[str, Any], table: Dialect) -> list[Problem]:
    """Tell of a word that asks for another key, which says nothing."""
    asked = [other for other, key in table.keys.items() if key.beside == (name, value) and not _counts(document.get(other), key, document)]
    return [problem("changed_setting", name, f'"{value}" asks for {other}, which is missing or blank: it has no effect.') for other in asked]


def _joined(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one object over another, objects within them too."""
    return {**below, **{name: _joined(below[name], part) if isinstance(below.get(name), dict) and isinstance(part, dict) else part for name, part in above.items()}}


def _unknown(name: str, table: Dialect) -> list[Problem]:
    if name == "$schema":
        return []
    hint = nearest(name, table.keys)
    meant = f" Did you mean {hint}?" if hint else ""
    return [problem("unknown_setting", name, f"{table.title} has no such key; it has no effect.{meant}")]


def _already_set(name: str, to: str) -> list[Problem]:
    return [problem("changed_setting", name, f"`{to}` is set by another key already; this one has no effect.")]


def _remarks(name: str, reading: Reading) -> list[Problem]:
    return [
        problem("changed_setting", ".".join([name, *tokens(place)]), f"{text[0].upper()}{text[1:]}.")
        for place, text in reading.remarks
    ]


def _pointers(name: str, to: str, reading: Reading) -> dict[str, str]:
    places = {"": "", **reading.pointers}
    return {f"/{to}{native}": f"/{name}{there}" for native, there in places.items()}
