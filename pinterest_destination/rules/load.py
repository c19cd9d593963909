"""Find mapping documents, check those of users, follow `extends`, and merge them into one `Spec` or `ChannelDocument`."""

from __future__ import annotations

import errno
import functools
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import Factory, evolve, frozen

from .. import _json
from .._resources import mappings, read_json
from ..errors import Fault, MappingError
from . import structure
from .check import check_document, nearest, shown
from .model import (
    Catalogue,
    ChannelDocument,
    ConsentSource,
    EventRule,
    Field,
    Items,
    Note,
    Options,
    Origin,
    OutputObject,
    OwnNamed,
    Spec,
    StandardEvent,
)
from .path import Path, parse
from .values import fold_name

Json = Mapping[str, Any]


# -- shipped documents: trusted (tests check them), read once


@functools.cache
def catalogue() -> Catalogue:
    """Give Pinterest's standard events."""
    rows = read_json(mappings() / "pinterest.json")["events"]
    return Catalogue(tuple(StandardEvent(row["name"], row["tag"], tuple(row.get("recommended", ()))) for row in rows))


def shipped_specs() -> list[str]:
    """Name the shipped specs."""
    return _names("specs")


def shipped_channels() -> list[str]:
    """Name the shipped channel documents."""
    return _names("channels")


def _names(folder: str) -> list[str]:
    return sorted(entry.name.removesuffix(".json") for entry in (mappings() / folder).iterdir() if entry.name.endswith(".json"))


@functools.cache
def channel(name: str) -> ChannelDocument:
    """Give the shipped channel document *name*, with what it extends."""
    return channel_document(read_json(mappings() / "channels" / f"{name}.json"), f"mappings/channels/{name}.json")


def channel_document(document: Json, file: str) -> ChannelDocument:
    """Structure a channel document, already checked, and lay it over the shipped one that it extends."""
    own = structure.channel(document, file)
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
    windows, custom, rest = child.windows or parent.windows, parent.custom or child.custom, child.rest or parent.rest
    return evolve(parent, entries=kept + child.entries, required=required, windows=windows, custom=custom, rest=rest)


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
    personal: tuple[Path, ...]
    consent: tuple[ConsentSource, ...] | None
    notes: tuple[Note, ...]


def spec(name: str, overrides: Json | None = None, file: str = "settings") -> Spec:
    """Give the spec *name* (a shipped one, or the path of a document), with *overrides*, already checked, on top.

    Raises `MappingError` with every fault of every document that it is made of.
    """
    found, faults = found_spec(name, overrides, file)
    if faults:
        raise MappingError(faults)
    return found


def found_spec(name: str, overrides: Json | None, file: str) -> tuple[Spec, list[Fault]]:
    """Give the spec as `spec` does, made of whatever its documents have that is right, and all faults of the rest."""
    faults: list[Fault] = []
    documents = list(_chain(name, (), file, faults))
    if overrides is not None:
        documents.append(_Document(overrides, file, "/overrides"))
    return _merged(_structured(documents)), faults


def overrides_faults(overrides: Json) -> list[Fault]:
    """List what is wrong with *overrides* by the schema of a spec document, pointers starting at `/overrides`."""
    if "extends" in overrides:
        return [Fault("/overrides/extends", "a key that has no use here", "`spec` to name what the overrides lie on")]
    return check_document("spec", {"kind": "spec", "name": "overrides", **overrides}, "", prefix="/overrides")


@frozen
class _Document:
    """A spec document, the file it stands in, and where in it."""

    content: Json
    file: str
    prefix: str = ""
    name: str = ""
    """Of a shipped one."""

    def at(self, *steps: Any) -> Origin:
        return Origin(self.file, self.prefix + "".join(f"/{step}" for step in steps))


def _chain(name: str, seen: tuple[str, ...], settings: str, faults: list[Fault]) -> Iterator[_Document]:
    """Yield the documents that make up spec *name*, parent first, and add what is wrong with them to *faults*."""
    document = _found(name, seen, settings, faults)
    parent = document.content.get("extends") if document else None
    if document and isinstance(parent, str):
        if parent.endswith(".json"):
            parent = str((pathlib.Path(name).parent / parent).resolve())
        yield from _chain(parent, (*seen, name), settings, faults)
    if document:
        yield document


def _found(name: str, seen: tuple[str, ...], settings: str, faults: list[Fault]) -> _Document | None:
    if name in seen:
        faults.append(Fault("/extends", f"a circle: {' > '.join((*seen, name))}", "a spec that does not extend itself", file=seen[-1]))
        return None
    pointer, file = ("/extends", seen[-1]) if seen else ("/spec", settings)
    if name.endswith(".json"):
        return _user_document(pathlib.Path(name), pointer, file, faults)
    if name in shipped_specs():
        return _shipped(name)
    expected = f"one of {', '.join(shipped_specs())}, or the path of a .json document"
    faults.append(Fault(pointer, repr(name), expected, nearest(name, shipped_specs()), file))
    return None


def in_order(faults: Iterable[Fault], overrides: Json | None) -> list[Fault]:
    """Sort faults of mapping documents: file by file, and as each document reads. Only who has faults pays for it."""
    files: dict[str, list[Fault]] = {}
    for fault in faults:
        files.setdefault(fault.file, []).append(fault)
    return [fault for file, found in files.items() for fault in sorted(found, key=_reading_order(file, found, overrides))]


def _reading_order(file: str, faults: list[Fault], overrides: Json | None) -> Callable[[Fault], tuple[int, ...]]:
    inline = faults[0].pointer.startswith("/overrides")
    try:
        place = _json.places({"overrides": overrides} if inline else _json.parse(regular(pathlib.Path(file))))
    except OSError:  # that is the fault
        return lambda fault: ()
    return lambda fault: place(fault.pointer)


@functools.cache
def _shipped(name: str) -> _Document:
    return _Document(read_json(mappings() / "specs" / f"{name}.json"), f"mappings/specs/{name}.json", name=name)


def regular(path: pathlib.Path) -> bytes:
    """Read a file. Raises `OSError` for whatever cannot be read; a pipe or a device is such, since reading it might never end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file")
    return path.read_bytes()


def _user_document(path: pathlib.Path, pointer: str, file: str, faults: list[Fault]) -> _Document | None:
    """Read the document at *path*, which *file* names at *pointer*: that is the place of the fault where there is none."""
    try:
        document = _json.parse(regular(path))
    except OSError as error:
        faults.append(Fault(pointer, f"{shown(path.name, pointer)}, which is no readable file ({error.strerror})", "the path of a spec document", file=file))
        return None
    if isinstance(document, Fault):
        faults.append(evolve(document, file=str(path)))
        return None
    plain, found = _json.plain(document)
    wrong = [evolve(fault, file=str(path)) for fault in found] or check_document("spec", plain, str(path))
    faults += wrong
    return _Document(pruned(plain, (fault.pointer for fault in wrong)), str(path)) if isinstance(plain, dict) else None


def pruned(document: Json, pointers: Iterable[str]) -> Json:
    """Give a spec document without the parts that have faults: event rules (null in their place), fields, other keys whole."""
    copy = {**document, "items": dict(document["items"])} if isinstance(document.get("items"), dict) else dict(document)
    for pointer in pointers:
        steps = _json.tokens(pointer)
        holder: Any = copy
        while len(steps) > 1 and steps[0] in ("fields", "items", "events") and isinstance(holder.get(steps[0]), dict | list):
            holder[steps[0]] = holder[steps[0]].copy()
            holder = holder[steps.pop(0)]
            if isinstance(holder, list):
                break
        if isinstance(holder, list):
            holder[int(steps[0])] = None
        elif steps:
            holder.pop(steps[0], None)
    return copy


_READING = ("as", "of", "max", "quiet")
"""How a field's sources are read. A document that does not say so leaves it as its parent has it."""


@frozen
class _Parts:
    """Documents structured in a row, and how they read each field."""

    parts: tuple[_Part, ...] = ()
    fields: Mapping[str, Json] = Factory(dict)
    item_fields: Mapping[str, Json] = Factory(dict)

    def and_then(self, documents: Iterable[_Document]) -> _Parts:
        """Add *documents*, parent first."""
        fields, item_fields = dict(self.fields), dict(self.item_fields)
        return _Parts((*self.parts, *(_part(document, fields, item_fields) for document in documents)), fields, item_fields)


def _structured(documents: list[_Document]) -> tuple[_Part, ...]:
    """Structure the documents of a spec, parent first; the shipped ones, always in front, only once."""
    shipped = tuple(document.name for document in documents if document.name)
    return _shipped_parts(shipped).and_then(documents[len(shipped) :]).parts


@functools.cache
def _shipped_parts(names: tuple[str, ...]) -> _Parts:
    return _Parts().and_then(map(_shipped, names))


def _part(document: _Document, fields: dict[str, Json], item_fields: dict[str, Json]) -> _Part:
    """Structure one document; *fields* and *item_fields* hold how those before it read each field, and get its own."""
    content, at = document.content, document.at
    items, events = content.get("items", {}), content.get("events")
    fields.update({name: _read_like(row, fields.get(name, {})) for name, row in content.get("fields", {}).items()})
    item_fields.update({name: _read_like(row, item_fields.get(name, {})) for name, row in items.get("fields", {}).items()})
    return _Part(
        name=content.get("name", "overrides"),
        file=document.file,
        events=None if events is None else tuple(structure.event_rule(row, at("events", n)) for n, row in enumerate(events) if row is not None),
        fields={name: structure.field(name, fields[name], at("fields", name)) for name in content.get("fields", {})},
        items={key: items[key] for key in ("from", "own") if key in items},
        item_fields={name: structure.field(name, item_fields[name], at("items", "fields", name)) for name in items.get("fields", {})},
        options=content.get("options", {}),
        personal=tuple(map(parse, content.get("personal", ()))),
        consent=tuple(map(structure.consent_source, content["consent"])) if "consent" in content else None,
        notes=tuple(note for n, row in enumerate(content.get("notes", ())) for note in structure.notes(row, at("notes", n))),
    )


def _read_like(row: Json, parent: Json) -> Json:
    """Give a field of a document, read as its parent's of that name unless it says how itself."""
    return row if "as" in row else {**{key: parent[key] for key in _READING if key in parent}, **row}


def _merged(parts: tuple[_Part, ...]) -> Spec:
    """Lay each part over those before it: events and consent whole, lists of places one after the other, the rest name by name."""
    fields: dict[str, Field] = {}
    item_fields: dict[str, Field] = {}
    items: dict[str, Any] = {}
    options: dict[str, Any] = {}
    events: tuple[EventRule, ...] = ()
    consent: tuple[ConsentSource, ...] = ()
    for part in parts:
        fields.update(part.fields)
        item_fields.update(part.item_fields)
        items.update(part.items)
        options.update(part.options)
        events = events if part.events is None else part.events
        consent = consent if part.consent is None else part.consent
    return Spec(
        name=next((part.name for part in reversed(parts) if part.name != "overrides"), "overrides"),
        events=events,
        fields=fields,
        items=_items(items, item_fields),
        options=structure.converter().structure(options, Options),
        files=tuple(part.file for part in parts),
        personal=tuple(path for part in parts for path in part.personal),
        consent=consent,
        notes=tuple(note for part in parts for note in part.notes),
    )


def _items(items: Json, fields: Mapping[str, Field]) -> Items:
    own = items.get("own") or {}
    root = parse(own["root"]) if own else None
    return Items(tuple(map(parse, items.get("from", ()))), root, _groups(own), fields, _named(own["if_named"]) if "if_named" in own else None)


def _groups(own: Json) -> tuple[tuple[Path, ...], ...]:
    return tuple(tuple(map(parse, group)) for group in own.get("any", ()))


def _named(value: Json) -> OwnNamed:
    return OwnNamed(parse(value["path"]), frozenset(map(fold_name, value["names"])), _groups(value))
