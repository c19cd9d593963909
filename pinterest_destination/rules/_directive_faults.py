"""What can be wrong with a mapping: every fault with its place, before any event comes. One function for each directive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from .._json import join
from ..errors import Fault
from . import _js
from .check import nearest

MAX_DEPTH = 64
"""No mapping needs more levels, and a bound keeps a deep one from exhausting the stack."""
MAX_REPLACED = 10
"""Segment's limit for the patterns and replacements of @replace."""

ROOT = "__segment_internal_directive"
"""The key of a directive that takes the whole mapping in."""

Faults = Iterator[Fault]
Check = Callable[[Any, str, int], Faults]
"""From what stands there, its pointer, and the levels that it may still have."""


def mapping_faults(mapping: Any, pointer: str = "") -> list[Fault]:
    """List what is wrong with *mapping*, each fault with its JSON pointer, which begins with *pointer*."""
    return list(_whole(mapping, pointer, MAX_DEPTH))


def _whole(mapping: Any, pointer: str, depth: int) -> Faults:
    """Tell what is wrong with what may have a directive for the root in it."""
    if isinstance(mapping, dict) and ROOT in mapping:
        yield from _root(mapping[ROOT], join(pointer, ROOT), depth)
        mapping = {key: part for key, part in mapping.items() if key != ROOT}
    yield from _node(mapping, pointer, depth)


def _root(value: Any, pointer: str, depth: int) -> Faults:
    """The mapping of the root's directive is all that stands beside it."""
    name = directive(value) if isinstance(value, dict) else ""
    if name and isinstance(value[name], dict):
        yield from _node({name: {**value[name], "mapping": {}}}, pointer, depth)
    else:
        yield Fault(pointer, _kind(value), 'a directive with options, such as {"@transform": {"apply": ...}}')


def directive(node: Mapping[str, Any]) -> str:
    """Give the name of the directive that an object is; "" for a plain object."""
    return next((key for key in node if key.startswith("@")), "")


def _node(node: Any, pointer: str, depth: int) -> Faults:
    if depth == 0:
        yield Fault(pointer, f"nesting of more than {MAX_DEPTH} levels", "a mapping, which needs a few")
    elif isinstance(node, list):
        for n, part in enumerate(node):
            yield from _node(part, join(pointer, n), depth - 1)
    elif isinstance(node, dict) and (name := directive(node)):
        yield from _directive(node, name, pointer, depth)
    elif isinstance(node, dict):
        for key, part in node.items():
            yield from _node(part, join(pointer, key), depth - 1)
    elif not isinstance(node, str | bool) and not _js.is_nothing(node) and not _js.is_number(node):
        yield Fault(pointer, f"a Python {type(node).__name__}", "a directive or a JSON value")


def _directive(node: Mapping[str, Any], name: str, pointer: str, depth: int) -> Faults:
    if others := [key for key in node if key not in (name, "_metadata")]:
        yield Fault(pointer, f"the directive {name} beside {', '.join(others)[:60]}", "a directive alone, with at most _metadata beside it")
    elif name in CHECKS:
        yield from CHECKS[name](node[name], join(pointer, name), depth - 1)
    else:
        known = [key for key in CHECKS if key != "@liquid"]
        yield Fault(join(pointer, name), f"the unknown directive {name[:60]}", f"one of {', '.join(known)}", nearest(name, known))


def _kind(value: Any) -> str:
    """Say what a value is, without its content."""
    if isinstance(value, dict):
        return f"the directive {directive(value)}" if directive(value) else "an object"
    for kinds, word in ((bool, "a boolean"), (str, "text"), (list, "a list")):
        if isinstance(value, kinds):
            return word
    return "null" if _js.is_nothing(value) else "a number"


def _is_directive(value: Any) -> bool:
    return isinstance(value, dict) and directive(value) != ""


# -- values of options


def _text_or_directive(value: Any, pointer: str, depth: int) -> Faults:
    if _is_directive(value):
        yield from _node(value, pointer, depth)
    elif not isinstance(value, str):
        yield Fault(pointer, _kind(value), "text or a directive")


def _any(value: Any, pointer: str, depth: int) -> Faults:
    yield from _node(value, pointer, depth)


def _boolean(value: Any, pointer: str, _: int) -> Faults:
    if not isinstance(value, bool):
        yield Fault(pointer, _kind(value), "true or false")


def _mapping(value: Any, pointer: str, depth: int, within: Check = _node) -> Faults:
    if isinstance(value, dict):
        yield from within(value, pointer, depth)
    else:
        yield Fault(pointer, _kind(value), "an object or a directive")


def _text(low: int, high: int | None = None) -> Check:
    limits = f"{low} to {high} characters" if high else f"at least {low} character"

    def text(value: Any, pointer: str, _: int) -> Faults:
        if not isinstance(value, str):
            yield Fault(pointer, _kind(value), "text")
        elif len(value) < low or (high and len(value) > high):
            yield Fault(pointer, f"text of {len(value)} characters", f"text of {limits}")

    return text


def _one_of(*words: str, any_case: bool = False) -> Check:
    def one_of(value: Any, pointer: str, _: int) -> Faults:
        if not isinstance(value, str) or (value.lower() if any_case else value) not in words:
            found = repr(value[:60]) if isinstance(value, str) else _kind(value)
            yield Fault(pointer, found, f"one of {', '.join(words)}", nearest(value, words) if isinstance(value, str) else "")

    return one_of


def _options(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """Make the check of an object with options; others are left alone, as Segment does."""

    def options(value: Any, pointer: str, depth: int) -> Faults:
        if not isinstance(value, dict) or _is_directive(value):
            yield Fault(pointer, _kind(value), f"an object with {', '.join([*required, *optional])}")
            return
        for name, check in (*required.items(), *optional.items()):
            if name in value:
                yield from check(value[name], join(pointer, name), depth - 1)
            elif name in required:
                yield Fault(join(pointer, name), "nothing", f"the option {name}")

    return options


# -- directives that need more


def _if(value: Any, pointer: str, depth: int) -> Faults:
    yield from _options({}, dict.fromkeys(("exists", "blank", "then", "else"), _any))(value, pointer, depth)
    if isinstance(value, dict) and not _is_directive(value) and _js.falsy(value.get("exists")) and _js.falsy(value.get("blank")):
        yield Fault(pointer, "neither exists nor blank", "exists or blank, and what they test")


def _array_path(value: Any, pointer: str, depth: int) -> Faults:
    if not isinstance(value, list) or not value:
        yield Fault(pointer, "an empty list" if value == [] else _kind(value), "a list of a path, and what each row becomes")
        return
    yield from _text_or_directive(value[0], join(pointer, 0), depth - 1)
    for part in value[1:2]:
        yield from _node(part, join(pointer, 1), depth - 1)


def _objects(value: Any, pointer: str, depth: int) -> Faults:
    if not isinstance(value, list):
        yield Fault(pointer, _kind(value), "a list of objects")
        return
    for n, part in enumerate(value):
        if isinstance(part, bool) or _js.is_number(part):
            yield Fault(join(pointer, n), _kind(part), "an object or a directive")
        else:
            yield from _node(part, join(pointer, n), depth - 1)


def _liquid(_: Any, pointer: str, __: int) -> Faults:
    yield Fault(pointer, "the directive @liquid, which is not run here", "@template for text with values in it, @case, @replace or @if for the rest")


_REPLACED = _text(0, MAX_REPLACED)

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "@path": _text_or_directive,
        "@template": _text_or_directive,
        "@if": _if,
        "@case": _options({"operator": _one_of("lower", "upper")}, {"value": _any}),
        "@replace": _options(
            {"pattern": _text(1, MAX_REPLACED), "value": _any},
            {"replacement": _REPLACED, "pattern2": _REPLACED, "replacement2": _REPLACED, "ignorecase": _boolean, "global": _boolean},
        ),
        "@arrayPath": _array_path,
        "@literal": _any,
        "@flatten": _options({"separator": _text(1), "value": _any}, {"omitArrays": _boolean}),
        "@json": _options({"mode": _one_of("encode", "decode", any_case=True), "value": _any}, {}),
        "@merge": _options({"objects": _objects, "direction": _one_of("left", "right")}, {}),
        "@transform": _options({"apply": partial(_mapping, within=_whole), "mapping": _mapping}, {}),
        "@excludeWhenNull": _any,
        "@liquid": _liquid,
    }
)
"""The 13 directives, and what each accepts."""

