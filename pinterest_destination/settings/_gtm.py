"""How the fields of server-side Google Tag Manager's tags are read: tables of constants, and a fixed event name.

Which field a parameter's name belongs to, the spec that reads such parameters tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from attrs import evolve

from ..rules import load
from ..rules.model import Field, PathSource
from ..rules.transforms import FACTORIES, transform
from ..rules.values import fold_name
from ._readers import Reader, Reading, token
from .events import own_name, sent_name, standard_events

_VARIABLE = re.compile(r"\{\{.*\}\}", re.DOTALL)
_UNKNOWN = "a variable of Tag Manager, whose value is not known here: it is left out"
NOT_KNOWN = f"{_UNKNOWN}; send it as a parameter of the event"


def known(read: Reader, instead: str) -> Reader:
    """Make the reader of a value that may be a variable, which is left out; *instead* tells what to write."""

    def known(value: Any) -> Reading:
        return Reading(remarks=(("", f"{_UNKNOWN}; {instead}"),)) if _is_variable(value) else read(value)

    return known


own_token = known(token, "write the token itself, or where it stands")


def _is_variable(value: Any) -> bool:
    return isinstance(value, str) and _VARIABLE.search(value) is not None


def constants(spec: str, *parents: str) -> Reader:
    """Make the reader of a table of rows `{name, value}`, each a parameter that *spec* reads, below one of *parents* or at the top.

    They become sources of fields in `overrides`, in place of all others.
    """

    def constants(value: Any) -> Reading:
        fields: dict[str, Any] = {}
        pointers: dict[str, str] = {}
        remarks: list[tuple[str, str]] = []
        for place, row in _rows(value):
            made = _constant(row, spec, parents)
            if isinstance(made, str):
                remarks.append((place, made))
            elif made:
                fields[made[0]] = {"from": [made[1]]}
                pointers[f"/fields/{made[0]}"] = place
        return Reading({"fields": fields} if fields else None, pointers, tuple(remarks))

    return constants


def exported(parameter: Any) -> tuple[str, Any]:
    """Give the value of a parameter as an exported container has it, and the name that it stands under there: `value`, or `list`, or `map`."""
    if not isinstance(parameter, dict):
        return "", None
    name = next((name for name in ("value", "list", "map") if name in parameter), "value")
    value = parameter.get(name)
    return name, value == "true" if parameter.get("type") == "BOOLEAN" and value in ("true", "false") else value


def _rows(table: Any) -> Iterator[tuple[str, Any]]:
    """Yield the rows of a table, each with its place; a single one may stand without its list. In an exported container, a table is an object with the `list`."""
    if isinstance(table, dict) and isinstance(table.get("list"), list):
        yield from ((f"/list/{n}", _row(row)) for n, row in enumerate(table["list"]))
    elif isinstance(table, list):
        yield from ((f"/{n}", _row(row)) for n, row in enumerate(table))
    else:
        yield "", _row(table)


def _row(row: Any) -> Any:
    """Give the row that an exported one, `{"type": "MAP", "map": [...]}`, means; any other as it is."""
    parameters = row.get("map") if isinstance(row, dict) else None
    if not isinstance(parameters, list):
        return row
    return {part["key"]: exported(part)[1] for part in parameters if isinstance(part, dict) and isinstance(part.get("key"), str)}


def _constant(row: Any, spec: str, parents: tuple[str, ...]) -> tuple[str, dict[str, Any]] | str | None:
    """Give the field of a row and its constant as a source; a sentence where it cannot be used, None for a blank row."""
    if not isinstance(row, dict) or (row and not {"name", "value"} & set(row)):
        return "no row of a name and a value: it is left out"
    name, value = row.get("name"), row.get("value")
    if value is None or value == "":
        return None
    if name is None or not str(name).strip():
        return "a value without the name of a parameter: it is left out"
    if _is_variable(value):
        return NOT_KNOWN
    for field, source in _read_at(str(name), spec, parents):
        made = transform(source.transform, of=source.of, limit=source.limit).salvage(value)[0]
        if made is None:
            return "a value that the parameter cannot have: it is left out"
        as_other = {} if source.transform == field.transform else {"as": source.transform}
        return field.name, {"give": made if source.transform in FACTORIES else value, **as_other}
    return "no parameter that Pinterest's API has a place for: it is left out"


def _read_at(name: str, spec: str, parents: tuple[str, ...]) -> Iterator[tuple[Field, PathSource]]:
    """Yield the fields that the spec reads at the parameter *name*, with the source that does."""
    wanted = [*((parent, *name.split(".")) for parent in parents), tuple(name.split("."))]
    for place in wanted:
        for field in load.spec(spec).fields.values():
            for source in field.sources:
                if isinstance(source, PathSource) and tuple(step for step in source.path.names if step != "*") == place:
                    yield field, source


def event_type(value: Any) -> Reading:
    """Read which of the fields with names counts; the fields themselves look at it."""
    return Reading() if value in _TYPES else Reading(remarks=(("", f"none of {', '.join(_TYPES)}: events keep their own names"),))


_TYPES = ("inherit", "standard", "custom")


def every_standard_event(value: Any) -> Reading:
    """Read the standard event as which a tag sends every event; another name is told, and taken."""
    reading = every_event(value)
    if isinstance(value, str) and reading.value and fold_name(value) not in standard_events():
        return evolve(reading, remarks=(("", "no standard event of Pinterest's: every event is sent under this name all the same"),))
    return reading


def every_event(value: Any) -> Reading:
    """Read the one name under which a tag sends every event that triggers it."""
    if _is_variable(value):
        return Reading(remarks=(("", NOT_KNOWN),))
    if not isinstance(value, str) or sent_name(value) is None:
        return Reading(remarks=(("", "no name that Pinterest takes: it is left out"),))
    own = sent_name(value) not in {event.name for event in standard_events().values()}
    target = {"event": own_name(value), "own": True} if own else {"event": sent_name(value)}
    return Reading({"events": [{"type": ["track", "page", "screen"], "to": [target]}]}, {"/events": ""})
