"""What a mapping would send in clear of what is personal: found once, in the mapping alone, and hidden in each payload.

Where the mapping does not tell what it reads, as with a path that it makes of the event, it is taken to read what is personal.
What has a personal name in an object is hidden by @json itself, whichever object it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import Any

from attrs import Factory, field, frozen

from .._json import join, tokens
from ..identity import KEYS
from ..rules.directives import ROOT, directive, rooted, shape, steps, template_steps
from ..rules.model import PathSource, Spec
from ..rules.path import EACH, Path
from ..rules.values import custom_digest
from .payload import PAYLOAD, Place, places_filled, places_read
from .personal import Places, personal_places

MOST_PARTS = 8
"""Parts of a name that @flatten has made which are looked at; one of more is taken to be personal."""


@frozen(eq=False)
class Sees:
    """What a part of a mapping reads: the event, or what another part gives."""

    look: Callable[[Place, bool], bool] = field(repr=False)
    """Tells whether what stands at some steps is personal; with True, also whether it is an object that something personal lies in."""
    named: Callable[[Place], bool] = field(repr=False)
    """Tells whether some steps name what is personal, wherever they lead from."""
    _known: dict[tuple[object, ...], tuple[Any, Any]] = field(repr=False, init=False, default=Factory(dict))

    def once(self, find: Callable[..., Any], node: Any, *more: Any) -> Any:
        """Give what `find(node, *more, self)` does, worked out once: parts that many others read are looked into once for each."""
        key = (find, id(node), *more)
        if key not in self._known:
            self._known[key] = find(node, *more, self), node  # while the node is kept, no other has its id
        return self._known[key][0]


def risky_places(mapping: Mapping[str, Any], spec: Spec) -> dict[Place, str]:
    """Give the places that *mapping* fills with personal data though what is read there leaves in clear, with their pointers.

    The places are those that `hidden` takes: without positions in lists.
    """
    look, plain = partial(_sees, personal_places(spec)), _plain_places(spec)
    sees = Sees(look, partial(look, whole=False))
    risky: dict[Place, str] = {}
    for place, pointer, node, within in _filled(mapping, sees):
        if _shows(node, within):
            risky |= {each: pointer for each in _around(place, plain) if _found(node, each[len(place) :], True, within)}
    return risky


def _around(place: Place, plain: Sequence[Place]) -> list[Place]:
    """Give *place* if it is read in clear, or lies in what is; else the places in it that are."""
    return [place] if any(place[: len(each)] == each for each in plain) else [each for each in plain if each[: len(place)] == place]


def _plain_places(spec: Spec) -> list[Place]:
    """Give the places that are read as something else than a match key or an IP address."""
    hashed = {
        source.path.names[1:]
        for field in spec.fields.values()
        for source in field.sources
        if isinstance(source, PathSource) and source.path.names[0] == PAYLOAD and (source.transform in KEYS or source.transform == "ip")
    }
    return sorted({_bare(place) for place in places_read(spec) - hashed})


def _bare(names: Sequence[str]) -> Place:
    """Give the names of a place without positions, and without regard to whether a dot divides names or belongs to one."""
    return tuple(part for name in names for part in str(name).split(".") if part not in ("", EACH) and not part.isdecimal())


def hidden(node: Any, place: Place) -> Any:
    """Give a payload with a digest in place of what stands at *place*, in each row of lists on the way; the payload itself stays as it is.

    Nothing stands there for an object, of which there is no digest. It goes no deeper than the place is long.
    """
    if isinstance(node, list):
        return [hidden(part, place) if isinstance(part, dict) else custom_digest(part) for part in node]
    if not place or not isinstance(node, dict):
        return custom_digest(node)
    return {key: part if (rest := _rest(key, place)) is None else hidden(part, rest) for key, part in node.items()}


def _rest(key: str, place: Place) -> Place | None:
    """Give what is left of *place* below *key*, None if it is not there; a position may be anything."""
    names = _bare((key,))
    if not names:
        return ()
    return place[len(names) :] if all(name == step for name, step in zip(names, place, strict=False)) else None


def _filled(mapping: Mapping[str, Any], sees: Sees) -> Iterator[tuple[Place, str, Any, Sees]]:
    """Yield the places that are filled, with their pointers, what fills them, and what that sees."""
    root = mapping.get(ROOT, {})
    if root and directive(root) != "@transform":  # what it gives is the payload, whatever stands beside it
        yield (), join("", ROOT), rooted(mapping), sees
        return
    within = _applied(root["@transform"], sees) if root else sees
    for place, pointer in places_filled(mapping):
        yield _bare(place), pointer, *_at(mapping, tokens(pointer), within)


def _at(node: Any, way: Sequence[str], sees: Sees) -> tuple[Any, Sees]:
    """Follow a way through a mapping: give what stands at its end, and what that sees."""
    for token in way:
        if isinstance(node, dict) and directive(node) == "@arrayPath":
            rows = _rows(node["@arrayPath"])
            if _stays(rows, sees):
                return rows, Sees(lambda names, whole: True, sees.named)
            sees = sees.once(_within, rows)
        node = node[int(token)] if isinstance(node, list) else node[token]
    return node, sees


def _sees(places: Places, names: Place, whole: bool) -> bool:
    """Tell whether what stands at *names* in an event is personal."""
    if not (bare := _bare(names)):
        return whole
    path = Path(".".join(bare), bare)
    return places.transform(path) is not None or (whole and places.holds(path))


def _within(node: Any, sees: Sees) -> Sees:
    """Look into what *node* gives, as the mapping of @transform and the rows of @arrayPath do."""
    return Sees(lambda names, whole: _found(node, names, whole, sees), sees.named)


def _found(node: Any, names: Place, whole: bool, sees: Sees) -> bool:
    """Tell whether what stands at *names* in what *node* gives is personal; with *whole*, also whether something personal lies in it."""
    return bool(sees.once(_find, node, names, whole))


def _find(node: Any, names: Place, whole: bool, sees: Sees) -> bool:
    name = directive(node) if isinstance(node, dict) else ""
    if name in ("@literal", "@excludeWhenNull"):
        return _found(node[name], names, whole, sees)
    if name == "@merge":
        return any(_found(part, names, whole, sees) for part in node[name]["objects"])
    if name == "@transform" and ROOT not in node[name]["mapping"]:
        return _found(node[name]["mapping"], names, whole, sees.once(_applied, node[name]))
    if name == "@path" and (text := _text(node[name])) is not None:
        return sees.look((*steps(text), *names), whole)
    if name == "@if":
        return any(_found(part, names, whole, sees) for part in _given(node[name]))
    if name == "@flatten" and names and (ways := _unflattened(node[name], names[0])):
        return any(_found(node[name]["value"], (*way, *names[1:]), whole, sees) for way in ways)
    if isinstance(node, dict) and not name and names:
        return any(_found(part, rest, whole, sees) for part, rest in _named(node, names))
    return _shows(node, sees) or sees.named(names) or _renames(node)


def _named(node: Mapping[str, Any], names: Place) -> Iterator[tuple[Any, Place]]:
    """Yield the parts of an object that *names* lead into, with those left: a key may hold several, with dots, or none, which @flatten leaves out."""
    if "" in node:
        yield node[""], names
    yield from ((node[key], names[n:]) for n in range(1, len(names) + 1) if (key := ".".join(map(str, names[:n]))) in node)


def _unflattened(options: Mapping[str, Any], key: str) -> list[Place]:
    """Give the ways of names that @flatten may have made *key* of: each run of its parts may be one name. None for too many, or where a dot divides."""
    separator = options["separator"]
    if separator == ".":  # which divides the names of a place as well
        return [(key,)]
    first, *parts = key.split(separator)
    if "." in separator or len(parts) >= MOST_PARTS:
        return []
    return [_joined(first, list(zip(parts, divided, strict=True)), separator) for divided in product((True, False), repeat=len(parts))]


def _joined(first: str, parts: Sequence[tuple[str, bool]], separator: str) -> Place:
    """Give the names that parts make, each a name of its own or the rest of the one before it."""
    names = [first]
    for part, divided in parts:
        if divided:
            names.append(part)
        else:
            names[-1] += separator + part
    return tuple(names)


def _shows(node: Any, sees: Sees) -> bool:
    """Tell whether what a part of a mapping gives may have anything personal in it."""
    return bool(sees.once(_show, node)) if isinstance(node, dict | list) else False


def _show(node: Any, sees: Sees) -> bool:
    if isinstance(node, list):
        return any(_shows(part, sees) for part in node)
    if name := directive(node):
        return _READING.get(name, _shows)(node[name], sees)
    return any(_shows(part, sees) for part in node.values())


def _text(option: Any) -> str | None:
    """Give an option that is always the same text."""
    while isinstance(option, dict) and directive(option) == "@literal":
        option = option["@literal"]
    return option if isinstance(option, str) else None


def _renames(node: Any) -> bool:
    """Tell whether a part of a mapping makes other names of those in what it reads, as @flatten does."""
    if isinstance(node, dict) and "@flatten" in node and _shows(node, Sees(lambda names, whole: True, lambda names: True)):
        return True
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return any(map(_renames, parts))


def _json(options: Mapping[str, Any], sees: Sees) -> bool:
    return _shows(options["value"], sees) or _renames(options["value"])


def _given(options: Mapping[str, Any]) -> list[Any]:
    """List what an @if may give; what it asks about does not leave."""
    return [options[key] for key in ("then", "else") if key in options]


def _if(options: Mapping[str, Any], sees: Sees) -> bool:
    return _shows(_given(options), sees)


def _path(option: Any, sees: Sees) -> bool:
    text = _text(option)
    return text is None or sees.look(steps(text), True)


def _template(option: Any, sees: Sees) -> bool:
    text = _text(option)
    return text is None or any(sees.look(names, True) for names in template_steps(text))


def _array_path(parts: list[Any], sees: Sees) -> bool:
    rows, row = _rows(parts), shape(parts)
    if row is None:
        return _shows(rows, sees)
    return _stays(rows, sees) or _shows(row, sees.once(_within, rows))


def _rows(parts: list[Any]) -> Any:
    """Give what @arrayPath takes its rows of, as a part of a mapping."""
    return {"@path": parts[0]} if isinstance(parts[0], str) else parts[0]


def _stays(rows: Any, sees: Sees) -> bool:
    """Tell whether @arrayPath gives anything personal where there are no rows: text stays as it is."""
    return _found(rows, (), False, sees)


def _transform(options: Mapping[str, Any], sees: Sees) -> bool:
    return _shows(options["mapping"], sees.once(_applied, options))


def _applied(options: Mapping[str, Any], sees: Sees) -> Sees:
    return _within(rooted(options["apply"]), sees)


_READING: Mapping[str, Callable[[Any, Sees], bool]] = MappingProxyType({"@path": _path, "@template": _template, "@if": _if, "@json": _json, "@arrayPath": _array_path, "@transform": _transform})
"""The directives that read or choose; all others give what their options give."""
