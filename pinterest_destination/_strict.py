"""Strict mode: a payload that its schema refuses is not sent. With `jsonschema`, or with `jsonschema-rs` where that is installed."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ._json import join
from ._resources import read_json, schemas
from .errors import Channel, Problem, problem
from .identity import scrub

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Faults = Callable[[Any], set[str]]
"""Gives the JSON pointers of what a schema refuses in a payload; none where it accepts it."""

_EVENTS = {"v5": "capi-event", "v3": "capi-event-v3"}
_NOT_BLANK = r"[^\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
r"""What `\S` is to Python, spelt out: regular expressions of other makes have other blanks."""


def checked(calls: list[list[Any]], events: list[dict[str, Any]], version: str) -> tuple[list[list[Any]], list[dict[str, Any]], tuple[Problem, ...]]:
    """Give the calls and the events (of the API's *version*) that schemas/ accepts, and a problem for each other one."""
    refused = [*_refused(calls, call_faults, "browser"), *_refused(events, event_faults(version), "capi")]
    if not refused:
        return calls, events, ()
    odd = {id(payload) for payload, _ in refused}
    return [c for c in calls if id(c) not in odd], [e for e in events if id(e) not in odd], tuple(told for _, told in refused)


def _refused(payloads: Iterable[Any], faults: Faults, channel: Channel) -> Iterator[tuple[Any, Problem]]:
    for payload in payloads:
        if found := faults(payload):
            more = f" and at {len(found) - 1} more places" if len(found) > 1 else ""
            where = scrub(min(found)) or "its top level"
            yield payload, problem("invalid_payload", message=f"the schema refuses the payload at {where}{more}", channel=channel)


def call_faults(call: Any) -> set[str]:
    """Give the pointers of what schemas/pintrk-call.json refuses in a call, by the form of the command that it names."""
    forms = _forms()
    name = call[0] if isinstance(call, list) and call else None
    return forms[name](call) if isinstance(name, str) and name in forms else {""}


def event_faults(version: str) -> Faults:
    """Give what looks for the pointers of what the schema of Conversions API events of a *version* refuses."""
    return _schema_faults(_EVENTS[version])


@functools.cache
def _schema_faults(name: str) -> Faults:
    return engine()(_spelt_out(read_json(schemas() / f"{name}.json")))


@functools.cache
def _forms() -> dict[str, Faults]:
    """The forms of the schema's `oneOf`, each on its own: that tells the place within the form."""
    schema = _spelt_out(read_json(schemas() / "pintrk-call.json"))
    make = engine()
    return {form["title"]: make({**form, "$schema": schema["$schema"], "$defs": schema["$defs"]}) for form in schema["oneOf"]}


def _spelt_out(part: Any) -> Any:
    r"""Give the schema with `\S` spelt out."""
    if isinstance(part, list):
        return [_spelt_out(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {key: _NOT_BLANK if key == "pattern" and value == r"\S" else _spelt_out(value) for key, value in part.items()}


def engine() -> Callable[[dict[str, Any]], Faults]:
    """Give the faster of what is installed."""
    try:
        import jsonschema_rs  # noqa: F401
    except ModuleNotFoundError:
        return plain
    return fast


def plain(schema: dict[str, Any]) -> Faults:
    """Make what looks for faults with `jsonschema`."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    kinds = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number)
    strict: type[Validator] = extend(Draft202012Validator, {"pattern": _pattern}, type_checker=kinds)  # type: ignore[no-untyped-call]
    validator = strict(schema)
    return lambda payload: {functools.reduce(join, error.absolute_path, "") for error in validator.iter_errors(payload)}


def _is_number(_: object, value: object) -> bool:
    """Tell whether *value* is a number of JSON, which has no infinite ones and no NaN."""
    return math.isfinite(value) if isinstance(value, float) else isinstance(value, int) and not isinstance(value, bool)


def _pattern(_: Validator, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    r"""Match as JSON Schema says: to Python alone, `$` is also in front of a line break at the end."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not re.search(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern, instance):
        yield ValidationError("the text has another form")


def fast(schema: dict[str, Any]) -> Faults:
    """Make what looks for faults with `jsonschema-rs`; what that cannot read is left to `jsonschema`."""
    import jsonschema_rs

    validator = jsonschema_rs.validator_for(schema, mask="the value")
    slow = functools.cache(lambda: plain(schema))

    def faults(payload: Any) -> set[str]:
        try:
            if validator.is_valid(payload):
                return set()
            return {functools.reduce(join, error.instance_path, "") for error in validator.iter_errors(payload)}
        except ValueError:  # half a surrogate pair, say
            return slow()(payload)

    return faults
