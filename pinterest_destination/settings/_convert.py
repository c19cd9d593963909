"""From checked native JSON to the values that `Settings` holds, setting by setting."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import frozen

from .._json import join
from ..errors import Fault
from ..rules.check import nearest, shown
from ..rules.load import shipped_specs
from ._subscriptions import subscriptions
from .events import sent_name
from .model import BOTH, ConsentSettings, CustomProperty, DeliverySettings, EventMapRow, Subscription
from .secret import Secret, resolve_secret


@frozen
class Origin:
    """Where a document came from, as far as the meaning of its values depends on it."""

    local: bool
    """Whether it may name files and environment variables."""
    base: Path
    """The folder that its relative paths start from."""
    pointers: Mapping[str, str]
    """Which place of the original document each place of the native one comes from."""

    def pointer(self, native: str) -> str:
        """Give the place in the original document for one in the native: the nearest one above that is known."""
        known, rest = native, ""
        while known and known not in self.pointers:
            known, _, last = known.rpartition("/")
            rest = f"/{last}{rest}"
        return self.pointers.get(known, "") + rest


def convert(key: str, value: Any, origin: Origin) -> Any | Fault:
    """Turn the value of setting *key*, which the schema accepts, into what `Settings` holds, or tell what is wrong."""
    converter = _CONVERTERS.get(key)
    return value if converter is None else converter(value, origin)


def _token(value: Any, origin: Origin) -> Secret | Fault:
    return resolve_secret(value, local=origin.local, base=origin.base)


def _spec(value: str, origin: Origin) -> str | Fault:
    """Keep a name; make a path absolute, so that it means the same wherever the settings go."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", value):
        known = shipped_specs()
        path = ", or the path of a .json document" if origin.local else ""
        return value if value in known else Fault("/spec", shown(value, "/spec"), f"one of {', '.join(known)}{path}", nearest(value, known))
    if not origin.local:
        return Fault("/spec", "a path", "the name of a shipped spec: these settings do not come from the host")
    return str((origin.base / value).absolute())


def _event_map(value: Any, origin: Origin) -> tuple[EventMapRow, ...]:
    """Read either form. One event and target count once, however they are spelt; the first spelling stays."""
    rows: dict[tuple[str, str], EventMapRow] = {}
    for event, targets, pointer in _entries(value):
        for target, place in _targets(targets, pointer):
            same = (event.strip().casefold(), sent_name(target) or target)
            rows.setdefault(same, EventMapRow(event.strip(), target.strip(), origin.pointer(place)))
    return tuple(rows.values())


def _entries(value: Any) -> Iterator[tuple[str, Any, str]]:
    if isinstance(value, dict):
        for event, targets in value.items():
            yield event, targets, join("/event_map", event)
    else:
        for index, row in enumerate(value):
            yield row["from"], row["to"], f"/event_map/{index}/to"


def _targets(targets: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(targets, str):
        yield targets, pointer
    else:
        for index, target in enumerate(targets):
            yield target, join(pointer, index)


def _custom_properties(value: list[Any], origin: Origin) -> tuple[CustomProperty, ...]:
    """Read the rows; those that say the same count once."""
    rows: dict[CustomProperty, CustomProperty] = {}
    for index, row in enumerate(value):
        prop = _custom_property(row)
        pointer = origin.pointer(f"/custom_properties/{index}")
        rows.setdefault(prop, CustomProperty(prop.path, prop.name, prop.type, prop.channels, pointer))
    return tuple(rows.values())


def _custom_property(row: Any) -> CustomProperty:
    if isinstance(row, str):
        return CustomProperty(row, default_name(row))
    path, chosen = row["from"], row.get("channels", BOTH)
    channels = tuple(channel for channel in BOTH if channel in chosen)
    return CustomProperty(path, row.get("to", default_name(path)), row.get("as", "auto"), channels)


def default_name(path: str) -> str:
    """Name a custom property by its path, with escaped dots as the dots they are."""
    return path.replace("\\.", ".")


def _subscriptions(value: Any, origin: Origin) -> tuple[Subscription, ...]:
    return subscriptions(value, origin.pointer)


def _event_id(value: str | list[str], _: Origin) -> tuple[str, ...]:
    return _once([value] if isinstance(value, str) else value)


def _consent(value: dict[str, Any], _: Origin) -> ConsentSettings:
    given = {key: part for key, part in value.items() if part is not None}
    paths = given.pop("from", None)
    if "categories" in given:
        given["categories"] = _once(name.strip() for name in given["categories"])
    return ConsentSettings(**given, paths=None if paths is None else _once(paths))


def _delivery(value: dict[str, Any], origin: Origin) -> DeliverySettings | Fault:
    """Read the object; only the host itself may send the token to another server than Pinterest's."""
    given = {key: _shortest(part) for key, part in value.items() if part is not None}
    if "base_url" in given and not origin.local:
        return Fault("/delivery/base_url", "another server", "nothing: these settings do not come from the host")
    if "base_url" in given:
        given["base_url"] = given["base_url"].rstrip("/")
    return DeliverySettings(**given)


def _shortest(value: Any) -> Any:
    """Make an integer of a number without fraction, however it was written."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _once(values: Iterable[str], _: Origin | None = None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


_CONVERTERS: Mapping[str, Callable[[Any, Origin], Any]] = MappingProxyType(
    {
        "conversion_token": _token,
        "spec": _spec,
        "event_map": _event_map,
        "custom_properties": _custom_properties,
        "subscriptions": _subscriptions,
        "event_id": _event_id,
        "enhanced_match": _once,
        "consent": _consent,
        "delivery": _delivery,
    }
)
