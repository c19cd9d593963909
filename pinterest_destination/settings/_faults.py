"""What the schema refuses, told in plain words: where, what stands there, what would be right. Never a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .._json import join
from ..errors import Fault
from ..rules.check import MAX_SHOWN, hidden, nearest, shown
from ._schema import resolved

if TYPE_CHECKING:
    from jsonschema import ValidationError

_TYPES = MappingProxyType(
    {"string": "a string", "boolean": "true or false", "array": "a list", "object": "an object", "null": ""}
)
_MAX_LISTED = 6


def tell(errors: Iterable[ValidationError]) -> list[Fault]:
    """Turn the findings of the settings' validator into faults, one for each place."""
    faults: dict[str, Fault] = {}
    for error in errors:
        for fault in _TELLERS.get(str(error.validator), _wrong)(error, _pointer(error)):
            faults.setdefault(fault.pointer, fault)
    return list(faults.values())


def _pointer(error: ValidationError) -> str:
    pointer = ""
    for step in error.absolute_path:
        pointer = join(pointer, step)
    return safe(join(pointer, str(error.instance)) if "propertyNames" in error.absolute_schema_path else pointer)


def safe(pointer: str) -> str:
    """Cut a pointer below a token, but for the known keys: put in the wrong place, the token may be a key itself."""
    return re.sub(r"(?i)^(/[^/]*token[^/]*)/(?!(env|file)$).*", r"\1", pointer, flags=re.DOTALL)


def _wrong(error: ValidationError, pointer: str) -> Iterator[Fault]:
    value: Any = error.instance
    part = _part(error)
    hint = "" if hidden(pointer) else _hint(value, part)
    quoted = isinstance(value, str) and part.get("type") == "boolean" and nearest(value, ["true", "false"])
    yield Fault(pointer, shown(value, pointer), expected(part) + (", without quotes" if quoted else ""), hint)


def _unknown(error: ValidationError, pointer: str) -> Iterator[Fault]:
    value: Any = error.instance
    part = _part(error)
    known = list(part["properties"])
    if safe(f"{pointer}/") == pointer:
        yield Fault(pointer, "an object with other keys", expected(part))
        return
    wanted = f"one of {', '.join(known)}" if len(known) <= _MAX_LISTED else "a setting that docs/settings.md lists"
    for key in value:
        if key not in known:
            yield Fault(join(pointer, key), "an unknown key", wanted, nearest(key, known))


def _missing(error: ValidationError, pointer: str) -> Iterator[Fault]:
    value: Any = error.instance
    part = _part(error)
    for key in part["required"]:
        if key not in value:
            yield Fault(join(pointer, key), "nothing", expected(part["properties"][key]))


_TELLERS: Mapping[str, Callable[[ValidationError, str], Iterator[Fault]]] = MappingProxyType(
    {"additionalProperties": _unknown, "required": _missing}
)


def _part(error: ValidationError) -> dict[str, Any]:
    """Give the part of the schema that refused the value."""
    part: Any = error.schema
    return dict(part)


def expected(part: dict[str, Any]) -> str:
    """Say in words what a part of the schema accepts."""
    part = resolved(part)
    if "x-expected" in part:
        return str(part["x-expected"])
    if "enum" in part:
        return f"one of {', '.join(json.dumps(value) for value in part['enum'] if value is not None)}"
    types = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return " or ".join(filter(None, map(_TYPES.__getitem__, types)))


def _hint(value: object, part: dict[str, Any]) -> str:
    """Guess what was meant: another spelling of a word, or a number without its quotes."""
    if isinstance(value, str) and "enum" in part:
        return nearest(value, [word for word in part["enum"] if word])
    if type(value) is int and "pattern" in part and abs(value) < 10**MAX_SHOWN:
        return f'"{value}"' if re.fullmatch(part["pattern"], str(value)) else ""
    return ""
