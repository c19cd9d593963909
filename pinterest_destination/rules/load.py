"""Find mapping documents, check those of users, follow `extends`, and merge them into one `Spec` or `ChannelDocument`."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from .. import _json
from .._resources import mappings, read_json
from ..errors import Fault, MappingError
from . import structure
from .check import check_document, nearest
from .model import (
    Catalogue,
    ChannelDocument,
    EventRule,
    Field,
    Items,
    Options,
    Origin,
    OutputObject,
    Spec,
    StandardEvent,
)
from .path import Path, parse

Json = Mapping[str, Any]


# -- shipped documents: trusted (tests check them), read once


@functools.cache
def catalogue() -> Catalogue:
    """Give Pinterest's standard events."""
    rows = read_json(mappings() / "pinterest.json")["events"]
    return Catalogue(tuple(StandardEvent(row["name"], row["tag"], tuple(row.get("recommended", ()))) for row in rows))


def shipped_specs() -> list[str]:
    """Name the shipped specs."""
    return sorted(entry.name.removesuffix(".json") for entry in (mappings() / "specs").iterdir() if entry.name.endswith(".json"))


@functools.cache
def channel(name: str) -> ChannelDocument:
    """Give the shipped channel document *name*, with what it extends."""
    document = read_json(mappings() / "channels" / f"{name}.json")
    own = structure.channel(document, f"mappings/channels/{name}.json")
    return _extended(channel(document["extends"]), own) if "extends" in document else own


def _extended(parent: ChannelDocument, child: ChannelDocument) -> ChannelDocument:
    """Add the child's objects to the parent's: entries of the same command and calls join, the child's keys win."""
    more = {(obj.command, obj.calls): obj for obj in child.objects}
    objects = [_joined(obj, more.pop((obj.command, obj.calls), None)) for obj in parent.objects]
    return ChannelDocument(child.name, child.channel, (*objects, *more.values()), (*parent.files, *child.files))


def _joined(parent: OutputObject, child: OutputObject | None) -> OutputObject:
    if child is None:
        return parent
    replaced = {entry.key for entry in child.entries}
    kept = tuple(entry for entry in parent.entries if entry.key not in replaced)
    required = child.required or parent.required
    return evolve(parent, entries=kept + child.entries, required=required, windows=child.windows or parent.windows, custom=parent.custom or child.custom)


# -- specs


@frozen
class _Part:
    """One spec document, structured but not merged."""

    name: str
    file: str
    events: tuple[EventRule, ...] | None
    fields: Mapping[str, Field]
    items: Mapping[str, Any]
    item_fields: Mapping[str, Field]
    options: Json


def spec(name: str, overrides: Json | None = None, file: str = "settings") -> Spec:
    """Give the spec *name* (a shipped one, or the path of a document), with *overrides* on top.

    Raises `MappingError` with every fault of the first document that has one.
    """
    parts = [*_chain(name, (), file)]
    if overrides is not None:
        if "extends" in overrides:
            raise MappingError([Fault("/overrides/extends", "a key that has no use here", "`spec` to name what the overrides lie on", "", file)])
        _refuse(check_document("spec", {"kind": "spec", "name": "overrides", **overrides}, file, prefix="/overrides"))
        parts.append(_part(overrides, file, "/overrides"))
    return _merged(parts)


def _chain(name: str, seen: tuple[str, ...], settings: str) -> Iterator[_Part]:
    """Yield the parts that make up spec *name*, parent first."""
    if name in seen:
        raise MappingError([Fault("/extends", f"a circle: {' > '.join((*seen, name))}", "a spec that does not extend itself", file=seen[-1])])
    if name.endswith(".json"):
        document = _user_document(pathlib.Path(name))
        part = _part(document, name)
    elif name in shipped_specs():
        document, part = _shipped(name)
    else:
        close = nearest(name, shipped_specs())
        raise MappingError([Fault("/spec" if not seen else "/extends", repr(name), f"one of {', '.join(shipped_specs())}, or the path of a .json document", close, seen[-1] if seen else settings)])
    if parent := document.get("extends"):
        if parent.endswith(".json"):
            parent = str((pathlib.Path(name).parent / parent).resolve())
        yield from _chain(parent, (*seen, name), settings)
    yield part


@functools.cache
def _shipped(name: str) -> tuple[Json, _Part]:
    document = read_json(mappings() / "specs" / f"{name}.json")
    return document, _part(document, f"mappings/specs/{name}.json")


def _user_document(path: pathlib.Path) -> Json:
    try:
        document = _json.parse(path.read_bytes())
    except OSError as error:
        raise MappingError([Fault("", f"no readable file ({error.strerror})", "a spec document", file=str(path))]) from None
    if isinstance(document, Fault):
        raise MappingError([evolve(document, file=str(path))])
    plain, faults = _json.plain(document)
    _refuse([evolve(fault, file=str(path)) for fault in faults] or check_document("spec", plain, str(path)))
    return plain  # type: ignore[no-any-return]  # the schema says it is an object


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise MappingError(faults)


def _part(document: Json, file: str, prefix: str = "") -> _Part:
    """Structure one spec document."""

    def at(*steps: Any) -> Origin:
        return Origin(file, prefix + "".join(f"/{step}" for step in steps))

    items = document.get("items", {})
    events = document.get("events")
    return _Part(
        name=document.get("name", "overrides"),
        file=file,
        events=None if events is None else tuple(structure.event_rule(row, at("events", n)) for n, row in enumerate(events)),
        fields={name: structure.field(name, row, at("fields", name)) for name, row in document.get("fields", {}).items()},
        items={key: items[key] for key in ("from", "own") if key in items},
        item_fields={name: structure.field(name, row, at("items", "fields", name)) for name, row in items.get("fields", {}).items()},
        options=document.get("options", {}),
    )


def _merged(parts: list[_Part]) -> Spec:
    """Lay each part over those before it: events whole, everything else name by name."""
    fields: dict[str, Field] = {}
    item_fields: dict[str, Field] = {}
    items: dict[str, Any] = {}
    options: dict[str, Any] = {}
    events: tuple[EventRule, ...] = ()
    for part in parts:
        fields.update(part.fields)
        item_fields.update(part.item_fields)
        items.update(part.items)
        options.update(part.options)
        events = events if part.events is None else part.events
    name = next(part.name for part in reversed(parts) if part.name != "overrides")
    return Spec(name, events, fields, _items(items, item_fields), structure.converter().structure(options, Options), tuple(part.file for part in parts))


def _items(items: Json, fields: Mapping[str, Field]) -> Items:
    own = items.get("own") or {}
    groups: tuple[tuple[Path, ...], ...] = tuple(tuple(map(parse, group)) for group in own.get("any", ()))
    return Items(tuple(map(parse, items.get("from", ()))), parse(own["root"]) if own else None, groups, fields)
