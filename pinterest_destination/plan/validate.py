"""Hold the documents against each other: every transform, field, event, setting and problem that a rule names must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import fields as attributes

from ..errors import PROBLEMS, Fault, MappingError
from ..identity import KEYS
from ..rules import transforms
from ..rules.check import nearest
from ..rules.load import catalogue
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
from ..settings.model import Settings
from .names import OWN_NAME_RULE, own_name, standard_events

_SETTINGS = [a.name for a in attributes(Settings) if a.name not in ("dialect", "file", "problems")]
_VALUES = ("tag_id", "ad_account_id", "advertiser_id", "app_id", "action_source", "partner_name", "np")
"""Settings that an output may hold: never the token."""
_SWITCHES = ("send_external_id", "test_mode", "limited_data_processing", "advertiser_tracking_enabled")
_OPTIONS = [a.name for a in attributes(Options)]
REQUIRED_FIELDS = ("call_type", "event_name", "event_id")


def validate(spec: Spec, channels: Iterable[ChannelDocument]) -> None:
    """Raise `MappingError` with every name in the documents that means nothing."""
    faults = [*_missing(spec), *_events(spec), *_fields(spec)]
    for document in channels:
        faults += _channel(document, spec)
        faults += _persons(document, spec)
    if faults:
        raise MappingError(list(dict.fromkeys(faults)))


def _missing(spec: Spec) -> Iterator[Fault]:
    for name in REQUIRED_FIELDS:
        if name not in spec.fields:
            yield Fault("/fields", f"no field {name}", f"the field {name}, or `extends` of a spec that has it", file=spec.files[-1])


def _unknown(origin: Origin, step: str, what: str, name: str, known: Iterable[str]) -> Iterator[Fault]:
    known = list(known)
    if name not in known:
        yield Fault(f"{origin.pointer}{step}", f"the unknown {what} {name[:60]!r}", f"one of {', '.join(known)}", nearest(name[:60], known), origin.file)


def _events(spec: Spec) -> Iterator[Fault]:
    standard = standard_events()
    known = [event.name for event in catalogue().events]
    for rule in spec.events:
        for target in rule.targets:
            if fold_name(target.event) in standard:
                continue
            if not target.own:
                yield from _unknown(rule.origin, "/to", "Pinterest event", target.event, known)
            elif own_name(target.event) is None:
                yield Fault(f"{rule.origin.pointer}/to", "a name that Pinterest does not take", OWN_NAME_RULE, file=rule.origin.file)


def _fields(spec: Spec) -> Iterator[Fault]:
    for field in spec.fields.values():
        yield from _sources(field, field.sources, spec.items.fields)
    for field in spec.items.fields.values():
        yield from _sources(field, [*field.sources, *(s for sources in field.prefer.values() for s in sources)], spec.items.fields)


def _sources(field: Field, sources: Iterable[Source], item_fields: Mapping[str, Field]) -> Iterator[Fault]:
    for source in sources:
        if isinstance(source, PathSource):
            yield from _unknown(field.origin, "/as", "transform", source.transform, transforms.names())
            if source.transform in transforms.FACTORIES and not source.of:
                yield Fault(field.origin.pointer, f"{source.transform} without `of`", f"the words that {source.transform} knows, in `of`", file=field.origin.file)
        elif isinstance(source, SettingSource):
            yield from _unknown(field.origin, "/from", "setting", source.name, _VALUES)
        elif isinstance(source, PathsSetting):
            yield from _unknown(field.origin, "/from", "setting", source.name, ("event_id",))
        elif isinstance(source, ItemsSource):
            yield from _unknown(field.origin, "/from", "field of items", source.of, item_fields)
        else:
            yield from _given(field.origin, source)


def _given(origin: Origin, source: GiveSource | DigestSource) -> Iterator[Fault]:
    if source.problem:
        yield from _unknown(origin, "/from", "problem", source.problem, PROBLEMS)
    if isinstance(source, GiveSource) and source.setting:
        yield from _unknown(origin, "/from", "setting", source.setting, _SWITCHES)


def _channel(document: ChannelDocument, spec: Spec) -> Iterator[Fault]:
    for output in document.objects:
        for entry in output.entries:
            yield from _item_entries(entry, spec) if isinstance(entry, ItemEntries) else _entry(entry, spec.fields)


def _persons(document: ChannelDocument, spec: Spec) -> Iterator[Fault]:
    """A match key takes only what its own transform made: anything else could be personal data in clear."""
    told = set()
    for output in document.objects:
        for entry in output.entries:
            key = entry.key[-1]
            if isinstance(entry, ItemEntries) or key not in KEYS or not (entry.key[0] == "user_data" or output.command in ("load", "set")):
                continue
            field = spec.fields.get(entry.take)
            if field and field.name not in told and not all(isinstance(s, PathSource) and s.transform == key for s in field.sources):
                told.add(field.name)
                yield Fault(f"{field.origin.pointer}/as", f"a source that is not read as {key}", f"only paths, as {key}: a match key leaves hashed", file=field.origin.file)


def _item_entries(rows: ItemEntries, spec: Spec) -> Iterator[Fault]:
    for entry in rows.entries:
        yield from _entry(entry, spec.items.fields)


def _entry(entry: Entry, fields: Mapping[str, Field]) -> Iterator[Fault]:
    yield from _unknown(entry.origin, "/take", "field", entry.take, fields)
    if entry.with_field:
        yield from _unknown(entry.origin, "/with", "field", entry.with_field, fields)
    if entry.write:
        yield from _unknown(entry.origin, "/as", "way of writing", entry.write, transforms.OUTPUTS)
    for switch in entry.when:
        yield from _switch(entry.origin, switch)


def _switch(origin: Origin, switch: Switch) -> Iterator[Fault]:
    yield from _unknown(origin, "/when", switch.kind, switch.name, _SETTINGS if switch.kind == "setting" else _OPTIONS)
