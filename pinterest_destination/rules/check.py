"""Check a document against its JSON Schema and say every fault: where, what stands there, what would be right."""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .._json import join, places
from .._resources import read_json, schemas
from ..errors import Fault

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

_SECRET_NAME = re.compile(r"token|secret|password|key|auth|credential", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"pina_|bearer |://[^/\s]*@", re.IGNORECASE)
"""How Pinterest's tokens begin: one is easily pasted into the wrong field. And a URL with a password in it."""

_KINDS = MappingProxyType(
    {str: "a string", bool: "a boolean", int: "a number", float: "a number", dict: "an object", list: "a list"}
)
MAX_SHOWN = 60


def shown(value: object, pointer: str) -> str:
    """Say what *value* at *pointer* is: its JSON, cut short; or its kind alone, if it is large or may be a secret."""
    kind = next((name for kind, name in _KINDS.items() if isinstance(value, kind)), "null")
    if isinstance(value, str | dict | list) and not value:
        return f"an empty {kind.split()[-1]}"
    if pointer and isinstance(value, str) and _SECRET_VALUE.search(value):
        return "what looks like a token"
    if isinstance(value, dict | list) or hidden(pointer):
        return kind
    if isinstance(value, int) and abs(value) >= 10**MAX_SHOWN:
        return "a number of many digits"
    return _json(value[:MAX_SHOWN] + "…" if isinstance(value, str) and len(value) > MAX_SHOWN else value)


def hidden(pointer: str) -> bool:
    """Tell whether what stands there must not be shown: under such a name, or the whole document given as text."""
    return not pointer or _SECRET_NAME.search(pointer) is not None


def _json(value: object) -> str:
    """Write *value* so that no terminal or log takes a character in it for a command."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """Give the known word that *word* is a misspelling of, whatever the case and the separators; "" for none."""
    plain = {_letters(name): name for name in known}
    found = difflib.get_close_matches(_letters(word), plain, 1)
    return plain[found[0]] if found else ""


def _letters(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).lower()


@functools.cache
def schema(name: str) -> dict[str, Any]:
    """Read the shipped schema *name*; the one dict is shared, so nobody may change it."""
    content: dict[str, Any] = read_json(schemas() / f"{name}.json")
    return content


@functools.cache
def validator(name: str) -> Validator:
    """Make the validator of a shipped schema. Importing `jsonschema` is slow, so only a check of a document does it."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    strict: type[Validator] = extend(Draft202012Validator, {"pattern": _whole})  # type: ignore[no-untyped-call]
    return strict(schema(name))


def _whole(_: Validator, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    """Match the whole string: Python's `$` would let a line break at the end through, into headers or code."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError("the text has another form")


def check_document(name: str, document: Any, file: str, prefix: str = "") -> list[Fault]:
    """List the faults of *document* against schema *name*, in document order; *prefix* is put before each pointer."""
    told = [meant for error in validator(name).iter_errors(document) for meant in _meant(error)]
    place = places(document)
    faults = sorted((fault for error in told for fault in _faults(error)), key=lambda fault: place(fault.pointer))
    return [Fault(prefix + fault.pointer, fault.found, fault.expected, fault.suggestion, file) for fault in faults]


def _meant(error: ValidationError) -> list[ValidationError]:
    """Of a choice of forms, give the findings about the form that went furthest; the choice itself where none did."""
    context = error.context or []
    deepest = max((len(inner.absolute_path) for inner in context), default=0)
    if deepest <= len(error.absolute_path):
        unknown = [inner for inner in context if inner.validator == "additionalProperties"]
        return unknown if len(unknown) == 1 else [error]
    return [next(inner for inner in context if len(inner.absolute_path) == deepest)]


def _faults(error: ValidationError) -> Iterator[Fault]:
    part: Any = error.schema
    value: Any = error.instance
    pointer = functools.reduce(join, error.absolute_path, "")
    if error.validator == "additionalProperties":
        known = list(part.get("properties", {}))
        for key in value:
            if key not in known:
                yield Fault(join(pointer, key), "an unknown key", f"one of {', '.join(known)}", nearest(key, known))
        return
    if "propertyNames" in error.absolute_schema_path:
        yield Fault(join(pointer, value), "a key of another form", str(part["title"]))
        return
    hint = nearest(value, part["enum"]) if isinstance(value, str) and "enum" in part else ""
    yield Fault(pointer, shown(value, pointer), _expectation(error, part), hint)


def _expectation(error: ValidationError, part: Mapping[str, Any]) -> str:
    """Say what the rule that failed would accept."""
    wanted: Any = error.validator_value
    value: Any = error.instance
    if error.validator == "required":
        return "the key " + ", ".join(key for key in wanted if key not in value)
    if error.validator in ("enum", "const"):
        return "one of " + ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted if isinstance(wanted, str) else json.dumps(wanted)
    return str(part.get("title") or f"what {error.validator} {json.dumps(wanted)} accepts")
