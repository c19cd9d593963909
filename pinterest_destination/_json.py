"""JSON from outside made plain: what is no JSON, too deep, or there twice is told, the rest is a fresh copy."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .errors import Fault

MAX_DEPTH = 64
"""No settings need more, and a bound keeps deep or circular documents from exhausting the stack."""

_MAX_BITS = 1024
_TOO_LONG = "a number with too many digits"


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys were written more than once."""

    repeated: tuple[str, ...] = ()


class _TooDeep(Exception):
    """Ends the walk at once: a circular document would otherwise be walked for ever."""


def parse(content: bytes) -> Any | Fault:
    """Parse the content of a JSON file, or tell where it is no JSON.

    The parser's own exceptions must not get out: they carry the whole text, secrets included.
    """
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        found = f"text that is not JSON at line {error.lineno}, column {error.colno} ({error.msg})"
    except UnicodeDecodeError as error:
        found = f"a file that is not UTF-8 text (byte {error.start})"
    except RecursionError:
        found = "JSON nested too deep"
    except ValueError:  # Python's limit for the digits of an integer
        found = _TOO_LONG
    return Fault("", found, "a JSON object")


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    """Build an object as `json` does, keeping the keys that would silently replace an earlier one."""
    value = _Object(pairs)
    if len(value) < len(pairs):
        times = Counter(name for name, _ in pairs)
        value.repeated = tuple(name for name in value if times[name] > 1)
    return value


def plain(document: object) -> tuple[Any, list[Fault]]:
    """Copy *document* as plain JSON; what is none becomes null in the copy and a fault in the list."""
    faults: list[Fault] = []
    try:
        return _copy(document, "", 0, faults), faults
    except _TooDeep:
        return None, [Fault("", f"nesting of more than {MAX_DEPTH} levels", "settings, which need a few")]


def _copy(value: object, pointer: str, depth: int, faults: list[Fault]) -> Any:
    if depth > MAX_DEPTH:
        raise _TooDeep
    if isinstance(value, Mapping):
        faults += _repeated(value, pointer)
        return {key: _copy(value[key], join(pointer, key), depth + 1, faults) for key in _keys(value, pointer, faults)}
    if isinstance(value, list | tuple):
        return [_copy(item, join(pointer, index), depth + 1, faults) for index, item in enumerate(value)]
    if odd := _oddity(value):
        faults.append(Fault(pointer, odd, "a JSON value"))
        return None
    return value


def _oddity(value: object) -> str:
    """Say what is wrong with a value that is neither object nor list; "" if nothing is."""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "a number that JSON has not"
    if isinstance(value, int):  # Python itself refuses to print a much longer one
        return "" if value.bit_length() <= _MAX_BITS else _TOO_LONG
    return "" if value is None or isinstance(value, str) else f"a Python {type(value).__name__}"


def _repeated(value: Mapping[Any, Any], pointer: str) -> Iterator[Fault]:
    for name in value.repeated if isinstance(value, _Object) else ():
        yield Fault(join(pointer, name), "a key that stands there more than once", "each key once")


def _keys(value: Mapping[Any, Any], pointer: str, faults: list[Fault]) -> list[str]:
    if not all(isinstance(key, str) for key in value):
        faults.append(Fault(pointer, "an object with a key that is no text", "text for every key"))
    return [key for key in value if isinstance(key, str)]


def join(pointer: str, token: str | int) -> str:
    """Extend a JSON pointer by one step (RFC 6901)."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


def tokens(pointer: str) -> list[str]:
    """Take a JSON pointer apart into its steps (RFC 6901)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def places(document: Any) -> Callable[[str], tuple[int, ...]]:
    """Make the key that sorts pointers as *document* reads; a missing place comes after those that are there."""
    indexes: dict[int, dict[str, int]] = {}  # by object: a document may have thousands of faults in one list

    def place(pointer: str) -> tuple[int, ...]:
        node, found = document, []
        for step in tokens(pointer):
            if id(node) not in indexes:
                indexes[id(node)] = _positions(node)
            index = indexes[id(node)]
            found.append(index.get(step, len(index)))
            if step not in index:
                break
            node = node[step if isinstance(node, dict) else int(step)]
        return tuple(found)

    return place


def _positions(node: Any) -> dict[str, int]:
    names = node if isinstance(node, dict | list) else ()
    return {name if isinstance(node, dict) else str(index): index for index, name in enumerate(names)}
