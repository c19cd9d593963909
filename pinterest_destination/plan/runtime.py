"""What generated code calls: the few things that are decided per event and not when the plan is built."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, Final

from attrs import frozen

from ..errors import Problem, problem
from ..rules.model import Condition, Items, StandardEvent
from ..rules.path import Path
from ..rules.transforms import MAX_INTEGER, Transform
from ..rules.values import fold_name, is_blank, kind_of, number_text

Event = dict[str, Any]

Where = tuple[str | int, ...]
"""The steps to an object in the event; none: the event itself. Nearly all are never told, and so never written out."""

Called = tuple[str, ...]
"""What the event is called on a channel; empty where it does not go."""

NOTHING: Final[dict[str, Any]] = {}
"""Stands for an object that an event does not have; never written to."""


class Problems(list[Problem]):
    """What there is to tell about one event: every error, but not a million warnings about a million bad rows."""

    LIMIT = 100

    def append(self, found: Problem) -> None:
        """Add *found*; beyond the limit only errors, and once that there is more."""
        if len(self) < self.LIMIT or found.severity == "error":
            super().append(found)
        elif len(self) == self.LIMIT:
            super().append(problem("more_problems"))


@frozen
class Way:
    """One way to a field's value: a path and the transform of what is found there."""

    path: Path
    transform: Transform
    events: tuple[StandardEvent, ...] = ()
    """Only where the event becomes one of these; empty: for all."""


def at(where: Where, path: str = "") -> str:
    """Write out the dot-path of an object, or of what stands at *path* in it."""
    return ".".join([*map(str, where), path] if path else map(str, where))


def again(ways: Iterable[Way], root: Any, problems: list[Problem], where: Where = ()) -> Any:
    """Try each way in turn, salvage what can be used, and note what cannot; give the first usable value, or None.

    Generated code comes here when the first value that is present cannot be used just as it stands.
    """
    told: set[str] = set()
    for way in ways:
        raw = way.path.find(root)
        if raw is None:
            continue
        value, complaints = way.transform.salvage(raw)
        for code, message in complaints if way.path.text not in told else ():
            problems.append(problem(code, at(where, way.path.text), message))
        told.add(way.path.text)
        if value is not None:
            return value
    return None


def an_object(raw: Any, path: str, problems: list[Problem]) -> dict[str, Any]:
    """Give *raw* if it is an object of some kind, else an empty one; note that it is none, unless it is absent."""
    if isinstance(raw, dict):
        return raw
    if not is_blank(raw):
        problems.append(problem("unusable_value", path, f"expected an object, found {kind_of(raw)}"))
    return NOTHING


def says(raw: Any, words: frozenset[Any]) -> bool:
    """Tell whether *raw* is one of *words*: text without case and outer spaces, booleans as they are."""
    return raw.strip().casefold() in words if isinstance(raw, str) else isinstance(raw, bool) and raw in words


def digest_of(event: Event, paths: Iterable[Path]) -> str:
    """Digest the scalars at *paths*: the same for a repeat of the event, another for another event."""
    parts = [_scalar(path.find(event)) for path in paths]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _scalar(raw: Any) -> str | None:
    return raw if isinstance(raw, str) else number_text(raw)


def each(rows: list[Any], place: str, read: Callable[..., Any], problems: list[Problem], browser: Called, capi: Called) -> list[Any]:
    """Read each product in *rows*, a list that is not empty, with *read*; leave out what is no product, and say so.

    *browser* and *capi* are for *read*, which makes nothing for a channel without the event.
    """
    made = []
    for n, row in enumerate(rows):
        item = read(row, (place, n), problems, browser, capi) if isinstance(row, dict) else None
        if item is not None:
            made.append(item)
        else:
            problems.append(problem("invalid_item", f"{place}.{n}"))
    return made


def collect(items: Items, read: Callable[..., Any], event: Event, problems: list[Problem], browser: Called = (), capi: Called = ()) -> list[Any]:
    """Read the products of the event wherever they are: at the first place with any, or as the event's own properties."""
    for path in items.paths:
        rows = path.find(event)
        if isinstance(rows, dict) and rows:
            rows = [rows]
        if isinstance(rows, list) and rows:
            return each(rows, path.text, read, problems, browser, capi)
        if not is_blank(rows):
            problems.append(problem("unusable_value", path.text, f"expected a list of objects, found {kind_of(rows)}"))
    return _own(items, read, event, problems, browser, capi)


def _own(items: Items, read: Callable[..., Any], event: Event, problems: list[Problem], browser: Called, capi: Called) -> list[Any]:
    """Read the object that is itself the only product, if it is one."""
    own = items.own_root.find(event) if items.own_root else None
    if items.own_root is None or not isinstance(own, dict):
        return []
    if not any(all(not is_blank(path.find(own)) for path in group) for group in (*items.own_any, *_if_named(items, event))):
        return []
    item = read(own, (items.own_root.text,), problems, browser, capi)
    return [] if item is None else [item]


def _if_named(items: Items, event: Event) -> tuple[tuple[Path, ...], ...]:
    """Give the groups that count because of the event's name."""
    name = items.named.path.find(event) if items.named else None
    return items.named.any if items.named and isinstance(name, str) and fold_name(name) in items.named.names else ()


def total(numbers: Iterable[int | None]) -> int | None:
    """Add up whole numbers; None where there are none, or their sum is more than the API's int64 holds."""
    known = [number for number in numbers if number is not None]
    return found if known and (found := sum(known)) <= MAX_INTEGER else None


def holds(condition: Condition, event: Event) -> bool:
    """Tell whether *event* meets *condition*."""
    raw = condition.path.find(event)
    if condition.is_one_of:
        return says(raw, frozenset(condition.is_one_of))
    return is_blank(raw) is not condition.present


def beside(data: Event, rest: Event, taken: frozenset[str]) -> None:
    """Put the values of *rest* into *data*, except under the names *taken* and those that are there."""
    for name, value in rest.items():
        if name not in taken and name not in data:
            data[name] = value


def tracks(names: tuple[str, ...], data: Event) -> list[list[Any]]:
    """Give one `track` call for each name, none sharing anything with another."""
    return [["track", name, data if n == 0 else deepcopy(data)] for n, name in enumerate(names)]


def events(names: tuple[str, ...], data: Event) -> list[Event]:
    """Give one Conversions API event for each name, *data* being the first's; none shares anything with another."""
    return [data, *({**deepcopy(data), "event_name": name} for name in names[1:])] if len(names) > 1 else [data]
