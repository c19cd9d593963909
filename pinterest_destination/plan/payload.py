"""What a spec reads of payloads, and what a mapping fills in them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from .._json import join
from ..rules.directives import ROOT, compile_mapping, directive, paths_read, shape, steps
from ..rules.model import Condition, DigestSource, Field, GiveSource, PathSource, Spec
from ..rules.path import Path
from .runtime import Event

PAYLOAD = "payload"
"""Where the rules find the payload, beside the parts of the event itself."""

Place = tuple[str, ...]
"""Where something stands in a payload; "*" for any position in a list."""


def reads_payload(spec: Spec) -> bool:
    """Tell whether any field of *spec* reads a payload."""
    return any(path.names[0] == PAYLOAD for field in spec.fields.values() for path in _paths(field))


def _paths(field: Field) -> Iterator[Path]:
    for source in (*field.sources, *(path for paths in field.prefer.values() for path in paths)):
        if isinstance(source, PathSource):
            yield source.path
        elif isinstance(source, DigestSource):
            yield from source.paths
        elif isinstance(source, GiveSource):
            conditions: tuple[Condition, ...] = (*source.when, *source.unless)
            yield from (condition.path for condition in conditions)


def places_read(spec: Spec) -> set[Place]:
    """Give every place in a payload that *spec* reads."""
    fields = {path.names[1:] for field in spec.fields.values() for path in _paths(field) if path.names[0] == PAYLOAD}
    rows = {path.names for field in spec.items.fields.values() for path in _paths(field)}
    items = {(*path.names[1:], "*", *row) for path in spec.items.paths if path.names[0] == PAYLOAD for row in rows}
    return fields | items


def places_filled(mapping: Any, pointer: str = "") -> Iterator[tuple[Place, str]]:
    """Yield each place in the payload that *mapping* is seen to fill, with its pointer; what other directives give is not seen."""
    if isinstance(mapping, dict) and (name := directive(mapping)):
        for step, rows in _within(name, mapping[name]):
            there = functools.reduce(join, (name, *step), pointer)
            part = functools.reduce(lambda node, token: node[token], step, mapping[name])
            yield from ((("*", *place) if rows else place, found) for place, found in places_filled(part, there))
        if not [*_within(name, mapping[name])]:
            yield (), pointer
    elif isinstance(mapping, dict) and mapping:
        for key, part in mapping.items():
            if key != ROOT:
                yield from (((key, *place), there) for place, there in places_filled(part, join(pointer, key)))
    elif isinstance(mapping, list) and any(isinstance(part, dict) for part in mapping):
        for n, part in enumerate(mapping):
            yield from ((("*", *place), there) for place, there in places_filled(part, join(pointer, n)))
    else:
        yield (), pointer


def _within(name: str, options: Any) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Yield the parts of a directive that give its value as they stand, and whether each row of a list is one."""
    if name in ("@literal", "@excludeWhenNull"):
        yield (), False
    elif name == "@if":
        yield from (((key,), False) for key in ("then", "else") if key in options)
    elif name == "@merge":
        yield from ((("objects", n), False) for n in range(len(options["objects"])))
    elif name == "@arrayPath" and shape(options):
        yield (1,), True


def is_read(place: Place, read: set[Place]) -> bool:
    """Tell whether anything is read at *place*, around it, or in it."""
    return any(place[: len(other)] == other[: len(place)] for other in read)


def origin(mapping: Mapping[str, Any], names: Place) -> str:
    """Say what in the event a mapping makes the payload's place *names* of; "" where it does not say."""
    node, name, prefix, rest = _followed(mapping, names)
    if name:
        return _made(node, name, prefix, rest)
    return "" if rest or isinstance(node, dict) else "a constant of the mapping"


def constant(mapping: Mapping[str, Any], names: Place) -> tuple[bool, Any]:
    """Tell whether a mapping gives every event the same at the payload's place *names*, and what: None for nothing at all."""
    node, name, _, rest = _followed(mapping, names)
    return not name, None if name or rest else node


def places_of(mapping: Any, names: Place, event: Event, prefix: Place = ()) -> tuple[Place, ...]:
    """Give the places in *event* that a mapping makes the payload's place *names* of.

    Of an @if, that is what the chosen part reads; what was asked, if that part reads nothing. Of a row, it is the row.
    """
    node, name, prefix, rest = _followed(mapping, names, prefix)
    if name == "@if":
        test, chosen = _chosen(node[name], event, prefix)
        return places_of(chosen, rest, event, prefix) or _read_in(test, prefix)
    if name == "@path" and isinstance(node[name], str):
        return ((*prefix, *steps(node[name]), *rest),)
    if name:
        return _read_in(node, prefix)
    return (prefix,) if prefix and not rest and isinstance(node, dict) else ()


def _chosen(options: Mapping[str, Any], event: Event, prefix: Place) -> tuple[Any, Any]:
    """Give what an @if asks about, and the part that it chooses in *event*, or in its row at *prefix*."""
    test = "exists" if "exists" in options else "blank"
    row = next((found for n in (len(prefix), len(prefix) - 1) if isinstance(found := _at_place(event, prefix[:n]), dict)), {})
    made = compile_mapping({"key": {"@if": {test: options[test], "then": "then", "else": "else"}}})(row)
    return options[test], options.get(made["key"])


def _at_place(event: Event, place: Place) -> Any:
    """Read *event* at *place*; at the position of an object that stands where a list may, there is nothing."""
    return Path(".".join(place), place).find(event) if place else event


def _read_in(node: Any, prefix: Place) -> tuple[Place, ...]:
    found = ((*prefix, *steps(path)) for path in paths_read(node))
    return tuple(dict.fromkeys(place for place in found if place))


def _followed(mapping: Any, names: Place, prefix: Place = ()) -> tuple[Any, str, Place, Place]:
    """Follow *names* to a directive or a constant: that node, the directive's name, the rows above it, and the names that are left."""
    node = mapping
    while True:
        name = ROOT if isinstance(node, dict) and ROOT in node else directive(node) if isinstance(node, dict) else ""
        if name == "@literal":
            node = node[name]
        elif name == "@arrayPath" and names and len(node[name]) > 1 and isinstance(node[name][0], str):
            path, node = node[name][:2]
            prefix, names = (*prefix, *steps(path), names[0]), names[1:]
        elif name:
            return node, name, prefix, names
        elif names and isinstance(node, dict) and names[0] in node:
            node, names = node[names[0]], names[1:]
        elif names and isinstance(node, list) and names[0].isdecimal() and int(names[0]) < len(node):
            node, names = node[int(names[0])], names[1:]
        else:
            return node, "", prefix, names


def _made(node: Mapping[str, Any], name: str, prefix: Place, names: Place) -> str:
    if name == "@path" and isinstance(node[name], str):
        return "from " + ".".join((*prefix, *steps(node[name]), *names))
    paths = dict.fromkeys(".".join(place) for place in _read_in(node, prefix))
    return f"by {name} of {', '.join(paths)}" if paths else f"by {name}"
