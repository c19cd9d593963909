"""JSON of a mapping document, already checked against its schema, made into the values of `model`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .model import (
    ChannelDocument,
    Condition,
    ConsentSource,
    DigestSource,
    Entry,
    EventRule,
    Field,
    GiveSource,
    ItemEntries,
    ItemsSource,
    Note,
    NowSource,
    Origin,
    OutputObject,
    PathSource,
    PathsSetting,
    Requirement,
    Rest,
    SettingSource,
    Source,
    Switch,
    Target,
    Window,
)
from .path import Path, parse

if TYPE_CHECKING:
    from cattrs import Converter

Json = Mapping[str, Any]


@functools.cache
def converter() -> Converter:
    """The converter for the leaves of documents: paths from text, tuples also from a single value."""
    from cattrs import Converter

    made = Converter(forbid_extra_keys=True)
    made.register_structure_hook(Path, lambda value, _: parse(value))
    made.register_structure_hook(Condition, lambda value, _: _condition(value))
    made.register_structure_hook(Switch, lambda value, _: _switch(value))
    made.register_structure_hook(Target, lambda value, _: _target(value))
    return made


def many(value: Any) -> tuple[Any, ...]:
    """Read a list, or a single value as a list of one."""
    return tuple(value) if isinstance(value, list) else (value,)


def _condition(value: Json) -> Condition:
    words = tuple(w.strip().casefold() if isinstance(w, str) else w for w in value.get("is", ()))
    return Condition(parse(value["path"]), value.get("present"), words)


def _switch(value: Json) -> Switch:
    kind, name = ("setting", value["setting"]) if "setting" in value else ("option", value["option"])
    return Switch(kind, name, value.get("has"), value.get("is"))  # type: ignore[arg-type]  # kind is one of the two literals


def _target(value: Any) -> Target:
    if isinstance(value, str):
        return Target(value)
    return Target(value["event"], tuple(value.get("channels", Target(value["event"]).channels)), value.get("own", False))


def _tuple_of(kind: type[Any], values: Any) -> tuple[Any, ...]:
    return tuple(converter().structure(value, kind) for value in values)


def source(value: Any, inherited: Json) -> Source:
    """Structure one source of a field; *inherited* is the field, whose `as`, `of`, `max` and `quiet` it takes over."""
    if isinstance(value, str):
        value = {"path": value}
    if "path" in value:
        return _path_source(value, inherited)
    if "setting" in value and "give" not in value:
        return SettingSource(value["setting"])
    if "paths_setting" in value:
        return PathsSetting(value["paths_setting"], inherited.get("as", "any"))
    if "items" in value:
        return ItemsSource(value["items"], value.get("of", ""))
    if "digest" in value:
        return DigestSource(_tuple_of(Path, value["digest"]), value["problem"])
    if "now" in value:
        return NowSource()
    return _give(value, inherited)


def _give(value: Json, inherited: Json) -> GiveSource:
    own = {**inherited, **value}
    return GiveSource(
        value["give"],
        when=_tuple_of(Condition, value.get("when", ())),
        unless=_tuple_of(Condition, value.get("unless", ())),
        setting=value.get("setting"),
        problem=value.get("problem"),
        transform=own.get("as", "any"),
        of=_frozen(own.get("of", ())),
        limit=own.get("max"),
    )


def _path_source(value: Json, inherited: Json) -> PathSource:
    own = {**inherited, **value}
    return PathSource(
        path=parse(value["path"], value.get("spelling", "exact")),
        transform=own.get("as", "any"),
        of=_frozen(own.get("of", ())),
        limit=own.get("max"),
        quiet=own.get("quiet", False),
        calls=tuple(value.get("calls", ())),
        prefix=value.get("prefix", ""),
        events=tuple(value.get("events", ())),
    )


def _frozen(of: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words of `of`, each with its other spellings."""
    return tuple((word, tuple(of[word]) if isinstance(of, Mapping) else ()) for word in of)


def field(name: str, value: Json, origin: Origin) -> Field:
    """Structure a field of a spec document."""
    sources = tuple(source(entry, value) for entry in value.get("from", ()))
    prefer = {key: tuple(_path_source({"path": p}, value) for p in paths) for key, paths in value.get("prefer", {}).items()}
    return Field(name, sources, origin, value.get("default"), value.get("as", "any"), prefer)


def event_rule(value: Json, origin: Origin) -> EventRule:
    """Structure one row of `events`."""
    return EventRule(
        types=tuple(word.lower() for word in many(value["type"])),
        names=many(value["event"]) if "event" in value else (),
        when=_tuple_of(Condition, value.get("when", ())),
        targets=_tuple_of(Target, many(value["to"])),
        origin=origin,
    )


def consent_source(value: Any) -> ConsentSource:
    """Structure one place of `consent`."""
    if isinstance(value, str):
        return ConsentSource(parse(value))
    words = {key: tuple(word.strip().casefold() for word in value.get(key, ())) for key in ("granted", "denied")}
    return ConsentSource(parse(value["path"]), value.get("lists"), value.get("complete", False), **words)


def notes(value: Json, origin: Origin) -> tuple[Note, ...]:
    """Structure one row of `notes`, a note for each path."""
    return tuple(Note(parse(path), value["problem"], origin) for path in value["at"])


def _entry(key: str, value: Json, origin: Origin) -> Entry:
    when = _tuple_of(Switch, value.get("when", ()))
    limits = {"type": value.get("type", "text"), "one_of": tuple(value.get("one_of", ())), "limit": value.get("max")}
    return Entry(tuple(key.split(".")), value["take"], value.get("as"), when, value.get("with"), origin, **limits)


def _entries(fields: Json, origin: Origin) -> tuple[Entry | ItemEntries, ...]:
    made: list[Entry | ItemEntries] = []
    for key, values in fields.items():
        for value in many(values):
            here = Origin(origin.file, f"{origin.pointer}/fields/{key}")
            if "items" in value:
                rows = tuple(_entry(k, v, Origin(here.file, f"{here.pointer}/items/{k}")) for k, v in value["items"].items())
                made.append(ItemEntries(tuple(key.split(".")), rows, here))
            else:
                made.append(_entry(key, value, here))
    return tuple(made)


def output_object(value: Json, origin: Origin) -> OutputObject:
    """Structure one object of a channel document."""
    return OutputObject(
        command=value["command"],
        calls=tuple(value["calls"]),
        entries=_entries(value["fields"], origin),
        required=tuple(Requirement(tuple(map(tuple, row["any"])), row["problem"]) for row in value.get("required", ())),
        windows=_tuple_of(Window, value.get("windows", ())),
        custom=value.get("custom", False),
        origin=origin,
        rest=_rest(value["rest"], Origin(origin.file, f"{origin.pointer}/rest")) if "rest" in value else None,
    )


def _rest(value: Json, origin: Origin) -> Rest:
    return Rest(Entry(("*",), value["take"], None, (), None, origin, type="object"), tuple(value.get("except", ())))


def channel(value: Json, file: str) -> ChannelDocument:
    """Structure a channel document, without what it extends."""
    objects = tuple(output_object(row, Origin(file, f"/objects/{n}")) for n, row in enumerate(value["objects"]))
    return ChannelDocument(value["name"], value["channel"], objects, (file,))
