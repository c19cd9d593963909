"""How the subscriptions of Segment's actions are read, as its workspaces export them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._json import join
from ._readers import Reading

ACTION = "reportConversionEvent"
"""The one action that Segment's Pinterest destination has."""

_TAKEN = ("preset", "name", "subscribe", "mapping", "enabled")
_IDLE = ("partnerAction", "id", "actionId", "actionSlug", "destinationId", "createdAt", "updatedAt")


def is_exported(value: Any) -> bool:
    """Tell whether *value* is a list of subscriptions as Segment writes them, and not as native settings do."""
    return isinstance(value, list) and any(isinstance(row, dict) and "partnerAction" in row for row in value)


def is_list(value: Any) -> bool:
    """Tell whether *value* is a list."""
    return isinstance(value, list)


def subscriptions(value: Any) -> Reading:
    """Read rows `{name, subscribe, partnerAction, mapping, enabled}`."""
    if not isinstance(value, list):
        return Reading(value)
    rows: list[Any] = []
    pointers: dict[str, str] = {}
    remarks: list[tuple[str, str]] = []
    for n, row in enumerate(value):
        place = f"/{n}"
        if isinstance(row, dict) and (reason := _useless(row)):
            remarks.append((place, reason))
            continue
        pointers[f"/{len(rows)}"] = place
        rows.append(_row(row) if isinstance(row, dict) else row)
        remarks += _unknown(row, place)
    return Reading(rows, pointers, tuple(remarks))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in _TAKEN if row.get(key) is not None and not (key == "name" and not str(row[key]).strip())}


def _useless(row: dict[str, Any]) -> str:
    """Say why a row makes no payload; "" where it does."""
    action, trigger = row.get("partnerAction") or ACTION, row.get("subscribe")
    if action != ACTION:
        return f"another action than {ACTION}: it is left out"
    if not row.get("preset") and (trigger is None or (isinstance(trigger, str) and not trigger.strip())):
        return "a mapping without a trigger: it is left out"
    return ""


def _unknown(row: Any, place: str) -> Iterator[tuple[str, str]]:
    for key in row if isinstance(row, dict) else ():
        if key not in (*_TAKEN, *_IDLE):
            yield join(place, key), "no key of a mapping that is known here: it has no effect"
