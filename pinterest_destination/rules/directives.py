"""Segment's mapping directives: a mapping, which is JSON with directives in it, compiled once to a function of the event.

ADD A DIRECTIVE HERE: one small function that compiles it, a row in `_DIRECTIVES`, and its check in `_directive_faults`.
Nothing here knows what a mapping is for.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from .._json import join
from ..errors import MappingError
from . import _js
from ._directive_faults import ROOT, directive, mapping_faults
from ._directive_paths import PLACE, paths_read, shape, steps, template_steps
from ._js import ABSENT
from ._work import Spend, TooMuch, Work, grows, measure, size

__all__ = ["ABSENT", "ROOT", "TooMuch", "compile_mapping", "directive", "mapping_faults", "paths_read", "rooted", "shape", "steps", "template_steps"]

Resolve = Callable[[Any], Any]
"""From the event (or one item of a list in it) to a value, or `ABSENT`."""


def compile_mapping(mapping: Any, pointer: str = "", hide: Callable[[Any], Any] = lambda value: value) -> Resolve:
    """Compile *mapping* to a function from an event to what the mapping makes of it, `ABSENT` for nothing at all.

    The function never changes the event; what it gives may share parts with the event and the mapping, and must not be
    changed either. It raises `TooMuch` for an event that would take too much work, with the pointer of what would do it,
    and nothing else. Raises `MappingError` with every fault. All pointers begin with *pointer*. What @json makes text of
    goes through *hide* before, which may raise `RecursionError`: then there is nothing.
    """
    if faults := mapping_faults(mapping, pointer):
        raise MappingError(faults)
    work, whole = Work(), rooted(mapping)
    resolve, watched = _Compiler(work, pointer, hide).whole(mapping), grows(whole)

    def resolved(event: Any) -> Any:
        if not isinstance(event, dict):
            return ABSENT
        work.begin()
        made = resolve(event)
        if watched:
            _weigh(made, work, pointer)
        return made

    return resolved


def _weigh(made: Any, work: Work, pointer: str) -> None:
    """Take note of what writing all that was made would take, key by key."""
    for key, part in made.items() if isinstance(made, dict) else [("", made)]:
        measure(part, work.at(join(pointer, key) if key else pointer))


def rooted(mapping: Any) -> Any:
    """Give a mapping as the object that Segment makes of it; its directive for the root takes in all the rest."""
    if not isinstance(mapping, dict):
        return {str(n): part for n, part in enumerate(mapping)} if isinstance(mapping, list | str) else {}
    if ROOT not in mapping:
        return mapping
    (name, options), rest = next(iter(mapping[ROOT].items())), {key: part for key, part in mapping.items() if key != ROOT}
    return {name: {**options, "mapping": rest}}


_BESIDE = re.compile(rf"/{ROOT}/@\w+/mapping(?=/|$)")
"""What the directive for the root takes in stands beside it."""


@frozen
class _Compiler:
    """Compiles the nodes of a mapping."""

    work: Work
    pointer: str
    """Of the node, in the mapping."""
    hide: Callable[[Any], Any]
    keeps_absent: bool = False
    """Objects keep the keys that have no value: only @merge wants that, whose objects so overwrite each other."""

    def whole(self, mapping: Any) -> Resolve:
        """Compile a mapping as the object that Segment makes of it."""
        there = self.at(ROOT) if isinstance(mapping, dict) and ROOT in mapping else self
        return there.node(rooted(mapping))

    def node(self, node: Any) -> Resolve:
        """Compile any part of a mapping."""
        if isinstance(node, dict):
            name = directive(node)
            return _DIRECTIVES[name](self.at(name), node[name]) if name else self.object(node)
        if isinstance(node, list):
            parts = tuple(self.inner(n).node(part) for n, part in enumerate(node))
            return lambda data: [None if (value := part(data)) is ABSENT else value for part in parts]
        return lambda data: node

    def object(self, node: Mapping[str, Any]) -> Resolve:
        """Compile an object key by key; keys without a value are left out."""
        parts = tuple((key, self.inner(key).node(part)) for key, part in node.items())
        if self.keeps_absent:
            return lambda data: {key: part(data) for key, part in parts}
        return lambda data: {key: value for key, part in parts if (value := part(data)) is not ABSENT}

    @property
    def spend(self) -> Spend:
        """What takes note of the work of the node."""
        return self.work.at(_BESIDE.sub("", self.pointer))

    def at(self, *steps: str | int) -> _Compiler:
        """The compiler for what stands *steps* below, and is to be compiled like the node itself."""
        return evolve(self, pointer=functools.reduce(join, steps, self.pointer))

    def inner(self, *steps: str | int) -> _Compiler:
        """The compiler for what stands within."""
        return evolve(self.at(*steps), keeps_absent=False)


# -- the directives, in the order of Segment's documentation


def _path(compiler: _Compiler, path: Any) -> Resolve:
    if isinstance(path, str):
        names = steps(path)
        return lambda data: _js.walk(data, names)
    chosen = compiler.inner().node(path)

    def found(data: Any) -> Any:
        name = chosen(data)
        return _js.walk(data, steps(name)) if isinstance(name, str) else ABSENT

    return found


def _template(compiler: _Compiler, template: Any) -> Resolve:
    if isinstance(template, str):
        return _rendering(template, compiler.spend)
    chosen, spend = compiler.inner().node(template), compiler.spend

    def rendered(data: Any) -> Any:
        text = chosen(data)
        return _rendering(text, spend)(data) if isinstance(text, str) else ABSENT

    return rendered


def _rendering(template: str, spend: Spend) -> Resolve:
    """Split a template once: texts, and between them the paths of values."""
    pieces = PLACE.split(template)
    texts = pieces[::3]
    paths = tuple(_js.steps((braced or plain).strip()) for braced, plain in zip(pieces[1::3], pieces[2::3], strict=True))

    def render(data: Any) -> str:
        values = (_js.walk(data, path) for path in paths)
        parts = ["" if _js.is_nothing(value) else _js.text(value, spend) for value in values]
        spend(sum(map(len, parts)))
        return texts[0] + "".join(part + text for part, text in zip(parts, texts[1:], strict=True))

    return render


def _if(compiler: _Compiler, options: Mapping[str, Any]) -> Resolve:
    test, holds = ("exists", _exists) if "exists" in options else ("blank", partial(_says_something, spend=compiler.spend))
    asked = compiler.inner(test).node(options[test])
    then, otherwise = (compiler.at(key).node(options[key]) if key in options else _nothing for key in ("then", "else"))
    if _js.falsy(options.get("else")):
        otherwise = _nothing
    return lambda data: then(data) if holds(asked(data)) else otherwise(data)


def _exists(value: Any) -> bool:
    return not _js.is_nothing(value)


def _says_something(value: Any, spend: Spend) -> bool:
    """Tell whether a value is not blank: by JavaScript's loose comparison, 0, false and [""] are blank, spaces are not."""
    if isinstance(value, list):
        return _js.text(value, spend) != ""
    return not _js.falsy(value) or value != value


def _nothing(_: Any) -> Any:
    return ABSENT


def _case(compiler: _Compiler, options: Mapping[str, Any]) -> Resolve:
    change = str.lower if options["operator"] == "lower" else str.upper
    if _js.falsy(options.get("value")):
        return _nothing
    resolve = compiler.at("value").node(options["value"])
    return lambda data: change(value) if isinstance(value := resolve(data), str) else value


def _replace(compiler: _Compiler, options: Mapping[str, Any]) -> Resolve:
    resolve = compiler.inner("value").node(options["value"])
    changes = [_change(options, number, compiler.spend) for number in ("", "2") if options.get(f"pattern{number}")]

    def replaced(data: Any) -> str:
        value = resolve(data)
        if isinstance(value, bool) or _js.is_number(value):
            value = _js.text(value)
        if not isinstance(value, str):
            return ""
        for change in changes:
            value = change(value)
        return value

    return replaced


def _change(options: Mapping[str, Any], number: str, spend: Spend) -> Callable[[str], str]:
    pattern = re.compile(re.escape(options[f"pattern{number}"]), re.IGNORECASE if options.get("ignorecase") else 0)
    count = 0 if options.get("global", True) else 1
    replacement = options.get(f"replacement{number}", "")


    def expanded(match: re.Match[str]) -> str:
        made = _expanded(replacement, match)
        spend(len(made))
        return made

    return lambda text: pattern.sub(expanded, text, count=count)


_SPECIAL = re.compile(r"\$([$&`'])")


def _expanded(replacement: str, match: re.Match[str]) -> str:
    """Fill in what `$$`, `$&` and the like stand for in JavaScript."""
    text = match.string
    meanings = {"$": "$", "&": match[0], "`": text[: match.start()], "'": text[match.end() :]}
    return _SPECIAL.sub(lambda special: meanings[special[1]], replacement)


def _array_path(compiler: _Compiler, parts: list[Any]) -> Resolve:
    found = _path(compiler, parts[0]) if isinstance(parts[0], str) else compiler.inner(0).node(parts[0])
    row = shape(parts)
    if row is None:
        return found
    each, spend, weight = compiler.inner(1).node(row), compiler.spend, size(row)

    def shaped(data: Any) -> Any:
        rows = found(data)
        if not isinstance(rows, list | dict):
            return rows
        rows = rows if isinstance(rows, list) else [rows]
        spend(len(rows) * weight)
        made = map(each, rows)
        return [None if value is ABSENT else value for value in made]

    return shaped


def _literal(compiler: _Compiler, value: Any) -> Resolve:
    return compiler.node(value)


def _flatten(compiler: _Compiler, options: Mapping[str, Any]) -> Resolve:
    resolve = compiler.inner("value").node(options["value"])
    kinds: tuple[type, ...] = (dict,) if options.get("omitArrays") else (dict, list)
    spend = compiler.spend

    def flat(data: Any) -> Any:
        try:
            return {key: leaf for key, leaf in _leaves(resolve(data), "", options["separator"], kinds, spend) if leaf is not ABSENT}
        except RecursionError:
            return ABSENT

    return flat


def _leaves(node: Any, prefix: str, separator: str, kinds: tuple[type, ...], spend: Spend) -> Iterator[tuple[str, Any]]:
    if not isinstance(node, kinds):
        yield prefix, node
        return
    spend(len(node) * (1 + len(prefix) // 64))  # type: ignore[arg-type]  # an object or a list
    for key, part in node.items() if isinstance(node, dict) else enumerate(node):  # type: ignore[arg-type]  # a list, then
        yield from _leaves(part, f"{prefix}{separator}{key}" if prefix else str(key), separator, kinds, spend)


def _json(compiler: _Compiler, options: Mapping[str, Any]) -> Resolve:
    resolve = compiler.inner("value").node(options["value"])
    if options["mode"] == "encode":
        return partial(_encoded, resolve, compiler.hide, compiler.spend)
    if options["mode"] == "decode":
        return lambda data: _js.decode(value) if isinstance(value := resolve(data), str) else value
    return _nothing  # "Encode" passes Segment's check, and gives nothing


def _encoded(resolve: Resolve, hide: Callable[[Any], Any], spend: Spend, data: Any) -> Any:
    value = resolve(data)
    try:
        return _js.encode(hide(value), spend)
    except RecursionError:
        return ABSENT


def _merge(compiler: _Compiler, options: Mapping[str, Any]) -> Resolve:
    kept = evolve(compiler, keeps_absent=True)
    parts = [kept.at("objects", n).node(part) for n, part in enumerate(options["objects"])]
    if options["direction"] == "left":
        parts.reverse()

    def merged(data: Any) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for part in parts:
            made.update(_spread(part(data)))
        return made if compiler.keeps_absent else {key: value for key, value in made.items() if value is not ABSENT}

    return merged


def _spread(value: Any) -> Mapping[str, Any]:
    """Give the keys that JavaScript copies of a value: those of an object, the positions of a list or text."""
    if isinstance(value, dict):
        return value
    return {str(n): part for n, part in enumerate(value)} if isinstance(value, list | str) else {}


def _transform(compiler: _Compiler, options: Mapping[str, Any]) -> Resolve:
    apply, mapping = compiler.inner("apply").whole(options["apply"]), compiler.at("mapping").node(options["mapping"])
    return lambda data: mapping(apply(data))


def _exclude_when_null(compiler: _Compiler, value: Any) -> Resolve:
    resolve, spend = compiler.node(value), compiler.spend

    def excluded(data: Any) -> Any:
        found = resolve(data)
        try:
            return ABSENT if found is None else _without_nulls(found, spend)
        except RecursionError:
            return ABSENT

    return excluded


def _without_nulls(value: Any, spend: Spend) -> Any:
    if not isinstance(value, dict):
        return value
    spend(len(value))
    return {key: _without_nulls(part, spend) for key, part in value.items() if part is not None}


_DIRECTIVES: Mapping[str, Callable[[_Compiler, Any], Resolve]] = MappingProxyType(
    {
        "@path": _path,
        "@template": _template,
        "@if": _if,
        "@case": _case,
        "@replace": _replace,
        "@arrayPath": _array_path,
        "@literal": _literal,
        "@flatten": _flatten,
        "@json": _json,
        "@merge": _merge,
        "@transform": _transform,
        "@excludeWhenNull": _exclude_when_null,
    }
)
