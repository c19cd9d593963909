"""What a trigger says, as a tree of conditions: compiled to a test of events, and written as text again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from attrs import frozen

from . import _js

Value = str | int | float | bool | None
Joint = Literal["and", "or"]

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "type": "event-type",
        "event": "event",
        "name": "name",
        "userId": "userId",
        "properties": "event-property",
        "traits": "event-trait",
        "context": "event-context",
    }
)
"""What a trigger can read of an event, and what conditions on it are called."""

# -- what a trigger says


@frozen
class Condition:
    """One condition: a comparison of a field of the event with a value."""

    type: str
    """One of the values of `FIELDS`."""
    operator: str
    value: Value = None
    name: str = ""
    """The path within properties, traits or context."""


@frozen
class Group:
    """Conditions of which all (and) or any (or) must hold."""

    operator: Joint
    children: tuple[Condition | Group, ...]


# -- testing events


def compile_tree(tree: Group) -> Callable[[Any], bool]:
    """Compile what a trigger says to a test of events."""
    test = _test(tree)
    return lambda event: isinstance(event, dict) and test(event)


def _test(node: Condition | Group) -> Callable[[dict[str, Any]], bool]:
    if isinstance(node, Condition):
        holds, names = _comparison(node.operator, node.value), _names(node)
        return lambda event: holds(_js.walk(event, names))
    tests = tuple(map(_test, node.children))
    if node.operator == "and":
        return lambda event: all(test(event) for test in tests)
    return lambda event: any(test(event) for test in tests)


def _names(node: Condition) -> tuple[str, ...]:
    root = next(name for name, kind in FIELDS.items() if kind == node.type)
    return (root, *_js.simple_steps(node.name))


def _number(value: Any) -> float | None:
    """Read what JavaScript's `Number` takes for a number."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _comparison(operator: str, value: Value) -> Callable[[Any], bool]:
    """Give the test of a found value; an unknown operator never holds."""
    if operator in _OF_NOTHING:
        return _OF_NOTHING[operator]
    text = _js.text(value)
    if operator in ("=", "!="):
        return (lambda found: isinstance(found, str) and found == text) if operator == "=" else (lambda found: not (isinstance(found, str) and found == text))
    if operator in _OF_NUMBERS:
        compare, wanted = _OF_NUMBERS[operator], _number(value)
        if wanted is None:
            return lambda found: operator == "number_not_equals" and _js.is_number(found)
        return lambda found: _js.is_number(found) and compare(found, wanted)
    name = operator.removeprefix("not_")
    if name not in _OF_TEXT:
        return lambda found: False
    check, wanted_result = _OF_TEXT[name], name == operator
    return lambda found: isinstance(found, str) and check(found, text) is wanted_result


_OF_NOTHING: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "exists": lambda found: not _js.is_nothing(found),
        "not_exists": _js.is_nothing,
        "is_true": lambda found: found is True,
        "is_false": lambda found: found is False,
    }
)
_OF_NUMBERS: Mapping[str, Callable[[Any, float], bool]] = MappingProxyType(
    {
        "number_equals": lambda found, wanted: bool(found == wanted),
        "number_not_equals": lambda found, wanted: bool(found != wanted),
        "<": lambda found, wanted: bool(found < wanted),
        "<=": lambda found, wanted: bool(found <= wanted),
        ">": lambda found, wanted: bool(found > wanted),
        ">=": lambda found, wanted: bool(found >= wanted),
    }
)
_OF_TEXT: Mapping[str, Callable[[str, str], bool]] = MappingProxyType(
    {"contains": lambda found, part: part in found, "starts_with": str.startswith, "ends_with": str.endswith}
)


# -- writing


def write_fql(tree: Group) -> str:
    """Write what a trigger says as text again: how it was understood."""
    return f" {tree.operator} ".join(f"({write_fql(child)})" if isinstance(child, Group) else _written(child) for child in tree.children)


def _written(node: Condition) -> str:
    root = next(name for name, kind in FIELDS.items() if kind == node.type)
    place = f"{root}.{_ESCAPED.sub(_escape, node.name)}" if node.name else root
    if node.operator in _WORDS:
        return f"{place} {_WORDS[node.operator]}"
    name = node.operator.removeprefix("not_")
    if name in _OF_TEXT and node.operator not in _OF_NUMBERS:
        pattern = {"contains": "{}", "starts_with": "{}*", "ends_with": "*{}"}[name].format(_js.text(node.value))
        return f'{"!" * (name != node.operator)}{"contains" if name == "contains" else "match"}({place}, "{pattern}")'
    return f"{place} {_SIGNS.get(node.operator, node.operator)} {_value(node)}"


_ESCAPED = re.compile(r"[^a-zA-Z0-9._-]")


def _escape(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


_WORDS: Mapping[str, str] = MappingProxyType({"exists": "!= null", "not_exists": "= null", "is_true": "= true", "is_false": "= false"})
_SIGNS: Mapping[str, str] = MappingProxyType({"number_equals": "=", "number_not_equals": "!="})


def _value(node: Condition) -> str:
    number = _number(node.value)
    if node.operator in _OF_NUMBERS and number is not None:
        return _js.number_text(number)
    return f'"{_js.text(node.value)}"'
