"""Hold the documents against each other: every transform, field, event, setting and problem that a rule names must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve
from attrs import fields as attributes

from ..errors import PROBLEMS, Fault
from ..identity import KEYS
from ..rules import transforms
from ..rules.check import nearest
from ..rules.load import catalogue, channel, shipped_channels
from ..rules.model import (
    ChannelDocument,
    DigestSource,
    Entry,
    Field,
    GiveSource,
    ItemEntries,
    ItemsSource,
    Options,
    Origin,
    PathSource,
    PathsSetting,
    SettingSource,
    Source,
    Spec,
    Switch,
)
from ..rules.values import fold_name
from ..settings.events import OWN_NAME_RULE, own_name, standard_events
from ..settings.model import Settings
from .kinds import constant, in_words, misfits, placed, unwritable
from .personal import leaks

_SETTINGS = [a.name for a in attributes(Settings) if a.name not in ("dialect", "file", "problems")]
_VALUES = ("tag_id", "ad_account_id", "advertiser_id", "app_id", "action_source", "partner_name", "np")
"""Settings that an output may hold: never the token."""
_SWITCHES = ("send_external_id", "test_mode", "limited_data_processing", "advertiser_tracking_enabled")
_OPTIONS = [a.name for a in attributes(Options)]
DECIDED = ("track", "page", "screen")
"""Call types that event rules decide."""
ENGINE_FIELDS = ("call_type", "event_name")
"""What the engine itself reads, to choose a rule."""
REQUIRED_FIELDS = (*ENGINE_FIELDS, "event_id")


def faults(spec: Spec, channels: Iterable[ChannelDocument], *, whole: bool = True) -> list[Fault]:
    """List every name in the documents that means nothing, and every source that gives what no key takes.

    What is missing is only told of a *whole* spec, not of one whose faulty parts have been taken out.
    """
    channels = tuple(channels)
    found = [*(_missing(spec) if whole else ()), *_useless(spec), *_events(spec), *_fields(spec), *_engine(spec), *_notes(spec), *leaks(spec, channels)]
    for document in channels:
        found += _channel(document, spec)
        found += _persons(document, spec)
    return list(dict.fromkeys(found))


def completed(spec: Spec, channels: Iterable[ChannelDocument]) -> Spec:
    """Give *spec* with an empty field for each that it may lack and the channels take: it is never there."""
    channels = tuple(channels)
    fields = _completed(spec.fields, (entry for document in channels for entry in _entries(document)))
    items = _completed(spec.items.fields, (entry for document in channels for entry in _item_entries(document)))
    return evolve(spec, fields=fields, items=evolve(spec.items, fields=items))


def _completed(fields: Mapping[str, Field], entries: Iterable[Entry]) -> dict[str, Field]:
    return {**fields, **{e.take: Field(e.take, (), e.origin, transform=e.type) for e in entries if e.take not in fields and e.take not in REQUIRED_FIELDS}}


def _entries(document: ChannelDocument) -> Iterator[Entry]:
    """Yield the entries that take fields of the event."""
    for output in document.objects:
        yield from (entry for entry in output.entries if isinstance(entry, Entry))
        if output.rest:
            yield output.rest.entry


def _item_entries(document: ChannelDocument) -> Iterator[Entry]:
    """Yield the entries that take fields of the products."""
    return (entry for output in document.objects for row in output.entries if isinstance(row, ItemEntries) for entry in row.entries)


def _missing(spec: Spec) -> Iterator[Fault]:
    for name in REQUIRED_FIELDS:
        if name not in spec.fields:
            yield Fault("/fields", f"no field {name}", f"the field {name}, or `extends` of a spec that has it", file=spec.files[-1])
    if "event_id" in spec.fields and not any(isinstance(source, DigestSource) for source in spec.fields["event_id"].sources[-1:]):
        origin = spec.fields["event_id"].origin
        yield Fault(f"{origin.pointer}/from", "a last source that may give nothing", "a digest as the last one: every event needs an id", file=origin.file)


def _useless(spec: Spec) -> Iterator[Fault]:
    """Tell which fields nothing takes: a misspelt name would otherwise be without effect, and without a word."""
    documents = [channel(name) for name in shipped_channels()]
    known = {*REQUIRED_FIELDS, *(entry.take for document in documents for entry in _entries(document))}
    known_items = {entry.take for document in documents for entry in _item_entries(document)}
    for fields, names in ((spec.fields, known), (spec.items.fields, known_items)):
        for field in fields.values():
            if field.name not in names:
                yield Fault(field.origin.pointer, "a field that no channel takes", "the name of a field that docs/events.md lists", nearest(field.name, names), field.origin.file)


def _engine(spec: Spec) -> Iterator[Fault]:
    for name in REQUIRED_FIELDS:
        if field := spec.fields.get(name):
            yield from misfits(field, Entry((name,), name, None, (), None, field.origin), spec.items.fields)
    for field in (spec.fields[name] for name in ENGINE_FIELDS if name in spec.fields):
        for pointer, source in placed(field):
            if isinstance(source, PathSource) and source.events:
                yield Fault(f"{pointer}/events", "a source by Pinterest's event", "no `events`: this field decides which event it is", file=field.origin.file)


def _notes(spec: Spec) -> Iterator[Fault]:
    for note in spec.notes:
        yield from _unknown(note.origin, "/problem", "problem", note.problem, PROBLEMS)


def _unknown(origin: Origin, step: str, what: str, name: str, known: Iterable[str]) -> Iterator[Fault]:
    known = list(known)
    if name not in known:
        yield Fault(f"{origin.pointer}{step}", f"the unknown {what} {name[:60]!r}", f"one of {', '.join(known)}", nearest(name[:60], known), origin.file)


def _events(spec: Spec) -> Iterator[Fault]:
    standard = standard_events()
    known = [event.name for event in catalogue().events]
    for rule in spec.events:
        for call in rule.types:
            if call not in DECIDED:
                yield Fault(f"{rule.origin.pointer}/type", f"a rule for {call}, which no rule decides", f"one of {', '.join(DECIDED)}", file=rule.origin.file)
        for target in rule.targets:
            if fold_name(target.event) in standard:
                continue
            if not target.own:
                yield from _unknown(rule.origin, "/to", "Pinterest event", target.event, known)
            elif own_name(target.event) is None:
                yield Fault(f"{rule.origin.pointer}/to", "a name that Pinterest does not take", OWN_NAME_RULE, file=rule.origin.file)


def _fields(spec: Spec) -> Iterator[Fault]:
    for field in (*spec.fields.values(), *spec.items.fields.values()):
        for pointer, source in placed(field):
            yield from _source(Origin(field.origin.file, pointer), source, spec.items.fields)


def _source(origin: Origin, source: Source, item_fields: Mapping[str, Field]) -> Iterator[Fault]:
    if isinstance(source, PathSource):
        yield from _unknown(origin, "", "transform", source.transform, transforms.names())
        if source.transform in transforms.FACTORIES and not source.of:
            yield Fault(origin.pointer, f"{source.transform} without `of`", f"the words that {source.transform} knows, in `of`", file=origin.file)
        yield from _path(origin, source)
    elif isinstance(source, SettingSource):
        yield from _unknown(origin, "/setting", "setting", source.name, _VALUES)
    elif isinstance(source, PathsSetting):
        yield from _unknown(origin, "/paths_setting", "setting", source.name, ("event_id",))
    elif isinstance(source, ItemsSource) and source.operation != "count":
        yield from _unknown(origin, "/of", "field of items", source.of, item_fields)
    elif isinstance(source, GiveSource | DigestSource):
        yield from _given(origin, source)


def _path(origin: Origin, source: PathSource) -> Iterator[Fault]:
    if source.prefix and transforms.kind(source.transform) != "text":
        yield Fault(f"{origin.pointer}/prefix", f"a prefix of a value read as {source.transform[:60]}", "a prefix of text", file=origin.file)
    standard = standard_events()
    known = [event.name for event in catalogue().events]
    for n, name in enumerate(source.events):
        if fold_name(name) not in standard:
            yield from _unknown(origin, f"/events/{n}", "Pinterest event", name, known)


def _given(origin: Origin, source: GiveSource | DigestSource) -> Iterator[Fault]:
    if source.problem:
        yield from _unknown(origin, "/problem", "problem", source.problem, PROBLEMS)
    if isinstance(source, GiveSource) and source.setting:
        yield from _unknown(origin, "/setting", "setting", source.setting, _SWITCHES)
    if not isinstance(source, GiveSource):
        return
    if source.transform not in transforms.names():
        yield from _unknown(origin, "", "transform", source.transform, transforms.names())
    elif constant(source) is None:
        expects = transforms.transform(source.transform, of=source.of, limit=source.limit).expects
        yield Fault(origin.pointer, in_words(source), expects, file=origin.file)


def _channel(document: ChannelDocument, spec: Spec) -> Iterator[Fault]:
    for entry, fields in entries(document, spec):
        yield from _entry(entry, fields, spec.items.fields)


def entries(document: ChannelDocument, spec: Spec) -> Iterator[tuple[Entry, Mapping[str, Field]]]:
    """Yield every entry of a channel document, with the fields that it may take: the event's, or those of its products."""
    for entry in _entries(document):
        yield entry, spec.fields
    for entry in _item_entries(document):
        yield entry, spec.items.fields


def _persons(document: ChannelDocument, spec: Spec) -> Iterator[Fault]:
    """A match key takes only what its own transform made: anything else could be personal data in clear."""
    told = set()
    for output in document.objects:
        for entry in output.entries:
            key = entry.key[-1]
            if isinstance(entry, ItemEntries) or key not in KEYS or not (entry.key[0] == "user_data" or output.command in ("load", "set")):
                continue
            field = spec.fields.get(entry.take)
            if field and field.name not in told:
                told.add(field.name)
                yield from _not_hashed(field, key)


def _not_hashed(field: Field, key: str) -> Iterator[Fault]:
    for pointer, source in placed(field):
        if not (isinstance(source, PathSource | GiveSource) and source.transform == key):
            yield Fault(pointer, f"a source that is not read as {key}", f"only paths and constants, as {key}: a match key leaves hashed", file=field.origin.file)


def _entry(entry: Entry, fields: Mapping[str, Field], item_fields: Mapping[str, Field]) -> Iterator[Fault]:
    if entry.take not in REQUIRED_FIELDS:
        yield from _unknown(entry.origin, "/take", "field", entry.take, fields)
    if entry.with_field:
        yield from _unknown(entry.origin, "/with", "field", entry.with_field, fields)
    if entry.write:
        yield from unwritable(entry)
    for switch in entry.when:
        yield from _switch(entry.origin, switch)
    if entry.take in fields and entry.type != "digests":  # those of persons are held to more than their kind
        yield from misfits(fields[entry.take], entry, item_fields)


def _switch(origin: Origin, switch: Switch) -> Iterator[Fault]:
    yield from _unknown(origin, "/when", switch.kind, switch.name, _SETTINGS if switch.kind == "setting" else _OPTIONS)
