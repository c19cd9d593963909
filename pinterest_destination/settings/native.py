"""Settings written back as native JSON: what `pinterest-destination settings` shows of a translated dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any

from attrs import fields

from ._convert import default_name
from ._subscriptions import written
from .model import BOTH, ConsentSettings, CustomProperty, DeliverySettings, EventMapRow, Settings

_PROVENANCE = frozenset({"dialect", "file", "problems"})


def to_native(settings: Settings) -> dict[str, Any]:
    """Write *settings* as a native JSON document, holding only what differs from the defaults.

    In place of the token stands a reference to the environment variable PINTEREST_CONVERSION_TOKEN. Reading the
    document gives equal settings again, but for the token and for where they came from.
    """
    document: dict[str, Any] = {}
    for field in fields(Settings):
        value = getattr(settings, field.name)
        told = value != field.default or (field.name == "spec" and settings.subscriptions is not None)
        if told and field.name not in _PROVENANCE:
            document[field.name] = _WRITERS.get(field.name, _as_it_is)(value)
    return document


def _as_it_is(value: Any) -> Any:
    return value


def _token(_: object) -> dict[str, str]:
    return {"env": "PINTEREST_CONVERSION_TOKEN"}


def _event_map(rows: tuple[EventMapRow, ...]) -> dict[str, str | list[str]] | list[dict[str, str]]:
    """Write an object, which reads best, unless it would lose the order of the rows."""
    groups = [(event, [row.target for row in group]) for event, group in groupby(rows, lambda row: row.event)]
    if len(dict(groups)) < len(groups):
        return [{"from": row.event, "to": row.target} for row in rows]
    return {event: targets if len(targets) > 1 else targets[0] for event, targets in groups}


def _custom_properties(rows: tuple[CustomProperty, ...]) -> list[str | dict[str, Any]]:
    return [_custom_property(row) for row in rows]


def _custom_property(row: CustomProperty) -> str | dict[str, Any]:
    more: dict[str, Any] = {}
    if row.name != default_name(row.path):
        more["to"] = row.name
    if row.type != "auto":
        more["as"] = row.type
    if row.channels != BOTH:
        more["channels"] = list(row.channels)
    return {"from": row.path, **more} if more else row.path


def _consent(consent: ConsentSettings) -> dict[str, Any]:
    names = {"paths": "from"}
    values = ((names.get(field.name, field.name), getattr(consent, field.name), field.default) for field in fields(ConsentSettings))
    return {name: list(value) if isinstance(value, tuple) else value for name, value, default in values if value != default}


def _delivery(delivery: DeliverySettings) -> dict[str, Any]:
    values = ((field.name, getattr(delivery, field.name), field.default) for field in fields(DeliverySettings))
    return {name: value for name, value, default in values if value != default}


_WRITERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "conversion_token": _token,
        "event_map": _event_map,
        "custom_properties": _custom_properties,
        "subscriptions": written,
        "event_id": list,
        "enhanced_match": list,
        "consent": _consent,
        "delivery": _delivery,
    }
)
