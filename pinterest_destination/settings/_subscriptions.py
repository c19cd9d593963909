"""The `subscriptions` setting: rows read, checked, and written back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from attrs import evolve

from .._json import join
from ..errors import Fault
from ..rules.check import nearest, shown
from ..rules.directives import mapping_faults
from ..rules.presets import presets, trigger_faults
from .model import Subscription

ALL = "presets"
"""What stands for a row for each preset."""


def subscriptions(value: Any, pointer: Callable[[str], str]) -> tuple[Subscription, ...]:
    """Read the rows, already checked against the schema; *pointer* gives the original place of a native one."""
    if value == ALL:
        return tuple(Subscription(name, pointer=pointer("/subscriptions")) for name in presets().names())
    return tuple(Subscription(**row, pointer=pointer(f"/subscriptions/{n}")) for n, row in enumerate(value))


def subscription_faults(value: Any, told: Collection[str]) -> Iterator[Fault]:
    """Tell which presets, triggers and mappings cannot be used; rows that are off may be wrong.

    *value* is the setting as it stands, *told* the pointers of what the schema refuses in it.
    """
    for n, row in enumerate(value if isinstance(value, list) else ()):
        pointer = f"/subscriptions/{n}"
        if not any(f"{place}/".startswith(f"{pointer}/") for place in told) and row.get("enabled", True):
            yield from _faults(Subscription(**row), pointer)


def _faults(row: Subscription, pointer: str) -> Iterator[Fault]:
    preset = presets().find(row.preset) if row.preset else None
    if row.preset and preset is None:
        known = presets().names()
        yield Fault(join(pointer, "preset"), shown(row.preset, "/preset"), f"one of {', '.join(known)}", nearest(row.preset, known))
    if not row.preset and not row.subscribe:
        yield Fault(join(pointer, "subscribe"), "nothing", 'a trigger in FQL, such as type = "page", or a preset')
    if row.subscribe:
        yield from trigger_faults(row.subscribe, join(pointer, "subscribe"))
    whole = {**presets().mapping_of(preset), **row.mapping} if preset else row.mapping
    yield from mapping_faults(whole, join(pointer, "mapping"))


def written(rows: tuple[Subscription, ...]) -> str | list[dict[str, Any]]:
    """Write the rows as native settings."""
    if rows and [evolve(row, pointer="") for row in rows] == [Subscription(name) for name in presets().names()]:
        return ALL
    return [_written(row) for row in rows]


def _written(row: Subscription) -> dict[str, Any]:
    values: Mapping[str, Any] = {"preset": row.preset, "name": row.name, "subscribe": row.subscribe, "mapping": dict(row.mapping)}
    return {key: value for key, value in values.items() if value} | ({} if row.enabled else {"enabled": False})
