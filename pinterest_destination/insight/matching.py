"""Whether Pinterest can match one event: to a person, by its identifiers, and to its twin on the other channel, by name and id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..identity import EXPECTED
from ..plan import Plan
from ..plan.compiler import HEAD
from ..rules.model import Entry, Field, OutputObject, PathSource, PathsSetting, SettingSource
from .places import located

Json = dict[str, Any]

ADDS: Mapping[str, str] = MappingProxyType(
    {
        "em": "Finds the Pinterest account with this address.",
        "ph": "Finds the account with this phone number when there is no address, or another one.",
        "fn": "Confirms a match by other identifiers; by itself it is a name that many have.",
        "ln": "Confirms a match by other identifiers; by itself it is a name that many have.",
        "ge": "Narrows a match by other identifiers down; by itself it finds nobody.",
        "db": "Narrows a match by other identifiers down; by itself it finds nobody.",
        "ct": "Tells people of the same name apart.",
        "st": "Tells people of the same name apart.",
        "zp": "Tells people of the same name apart, more closely than a city.",
        "country": "Tells people of the same name apart.",
        "external_id": "Joins events of the same user of yours, also those that bring nothing else.",
        "hashed_maids": "Finds the device that the Pinterest app runs on: what there is for apps without an address.",
        "client_ip_address": "With the user agent, finds visitors who never gave an address.",
        "client_user_agent": "With the IP address, finds visitors who never gave an address.",
        "click_id": "Ties the event to the click on the ad that brought the visitor, whoever it is.",
        "partner_id": "Joins events of the same user by the id that a partner has for them.",
    }
)
"""What an identifier is good for, in our own words: Pinterest publishes what each is (OpenAPI 5.23, `user_data`), not how much it weighs."""

EXPECTS: Mapping[str, str] = MappingProxyType(
    {
        **EXPECTED,
        "client_ip_address": "the visitor's IP address, version 4 or 6",
        "client_user_agent": "the user agent of the visitor's browser",
        "click_id": "the value of the cookie _epik, or of the parameter epik of the landing page",
        "partner_id": "an id that a partner uses for the user",
    }
)

PERSON = "user_data"
"""The object of an API event that tells whom it is about."""
OFFLINE = "offline"
"""The action source of what happened without tag and page; Pinterest never takes it for a duplicate."""


def matching(plan: Plan, pintrk: Sequence[list[Any]], capi: Sequence[Json], call: str) -> Json:
    """Tell which identifiers are there and what each missing one would add, whether they suffice, and what is a duplicate.

    *pintrk* and *capi* are what an event of type *call* became.
    """
    outputs = [output for document in plan.channels if document.channel == "capi" for output in document.objects if call in output.calls]
    found = {key for event in capi for key in event.get(PERSON, {})}
    return {
        "identifiers": [one for output in outputs for one in _identifiers(plan, output, found)],
        "enough": [group for output in outputs for group in _enough(output, found)],
        "deduplication": _deduplication(plan, pintrk, capi),
    }


def _identifiers(plan: Plan, output: OutputObject, found: set[str]) -> Iterator[Json]:
    for entry in output.entries:
        if isinstance(entry, Entry) and entry.key[0] == PERSON and entry.key[-1] in EXPECTS:
            yield _identifier(plan, output, entry, found)


def _identifier(plan: Plan, output: OutputObject, entry: Entry, found: set[str]) -> Json:
    key = entry.key[-1]
    groups = [group for group in _groups(output) if entry.take in group]
    return {
        "key": key,
        "present": key in found,
        "tag": key in plan.settings.enhanced_match,
        "expects": EXPECTS[key],
        "adds": ADDS[key],
        "alone": any(len(group) == 1 for group in groups),
        "with": sorted({name for group in groups for name in group} - {entry.take}),
        "from": list(dict.fromkeys(_looked_for(plan, plan.spec.fields[entry.take]))),
    }


def _groups(output: OutputObject) -> Iterator[tuple[str, ...]]:
    """Yield the groups of identifiers of which one is needed."""
    takes = {entry.take for entry in output.entries if isinstance(entry, Entry) and entry.key[0] == PERSON}
    for requirement in output.required:
        yield from (group for group in requirement.any_of if takes.issuperset(group))


def _enough(output: OutputObject, found: set[str]) -> Iterator[Json]:
    keys = {entry.take: entry.key[-1] for entry in output.entries if isinstance(entry, Entry)}
    for group in _groups(output):
        yield {"keys": [keys[name] for name in group], "present": found.issuperset(keys[name] for name in group)}


def _looked_for(plan: Plan, field: Field) -> Iterator[str]:
    """Yield the paths where a field is looked for, and the settings."""
    for source in field.sources:
        if isinstance(source, PathSource):
            yield source.path.text
        elif isinstance(source, SettingSource | PathsSetting):
            yield f"setting {source.name}"


# -- duplicates


def _deduplication(plan: Plan, pintrk: Sequence[list[Any]], capi: Sequence[Json]) -> list[Json]:
    """Give one row for each event name, with both ids, whether Pinterest counts it once, and why."""
    names = {event.tag: event.name for event in plan.standard.values() if event.tag}
    tag = [(names.get(call[1], call[1]), _id(call[-1])) for call in pintrk if len(call) == 3 and isinstance(call[1], str)]
    api = [(event["event_name"], _id(event)) for event in capi]
    offline = {event["event_name"] for event in capi if event.get("action_source") == OFFLINE}
    rows = dict.fromkeys(name for name, _ in (*tag, *api))
    return [_twin(name, [i for n, i in tag if n == name], [i for n, i in api if n == name], name in offline) for name in rows]


def _id(data: Any) -> str:
    return str(data.get("event_id", "")) if isinstance(data, dict) else ""


def _twin(name: str, tag: list[str], api: list[str], offline: bool) -> Json:
    state, why = _verdict(tag, api, offline)
    return {"event_name": name, "state": state, "why": why, "tag_id": tag[0] if tag else None, "api_id": api[0] if api else None}


def _verdict(tag: list[str], api: list[str], offline: bool) -> tuple[str, str]:
    if not api:
        return "single", "Only the tag sends it, so there is nothing to remove. Without the Conversions API it is lost where the browser blocks the tag."
    if not tag:
        return "single", "Only the Conversions API sends it, so there is nothing to remove."
    if offline:
        return "twice", "Its action source is offline: Pinterest removes no duplicates of such events, and counts both."
    if set(tag) == set(api) and all(tag):
        return "once", "Both channels send the same name and the same event_id, so Pinterest counts it once."
    return "twice", "The channels send different ids (or none), so Pinterest counts it twice."


def named_places(plan: Plan, event: Any) -> list[str]:
    """Give the places in *event* that its call type and name are read from, for whoever asks why it is called so."""
    fields = [plan.spec.fields[name] for name in HEAD]
    found = ([place for path in _looked_for(plan, field) for place in located(path, event)] for field in fields)
    return [places[0] for places in found if places]

