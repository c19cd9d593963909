"""Whether Pinterest can match one event: to a person, by its identifiers, and to its twin on the other channel, by name and id."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..identity import EXPECTED
from ..plan import Plan
from ..plan.resolve import Resolver
from ..rules.model import Entry, Field, OutputObject, PathSource, PathsSetting, SettingSource
from ..settings import Settings

Json = dict[str, Any]

_CHECKOUTS = "Pinterest recommends it for checkouts."
_ALL = "Pinterest recommends it for every event."

ADDS: Mapping[str, str] = MappingProxyType(
    {
        "em": f"Finds the Pinterest account with this address. {_CHECKOUTS}",
        "ph": f"A way to the account beside the address, though never enough without other identifiers. {_CHECKOUTS}",
        "fn": f"Supports a match by other identifiers; by itself it is a name that many have. {_CHECKOUTS}",
        "ln": f"Supports a match by other identifiers; by itself it is a name that many have. {_CHECKOUTS}",
        "ge": "Supports a match by other identifiers; by itself it finds nobody.",
        "db": "Supports a match by other identifiers; by itself it finds nobody.",
        "ct": "Supports a match by other identifiers: it tells people of the same name apart.",
        "st": "Supports a match by other identifiers. With limited data processing, it tells which state's rules hold.",
        "zp": "Supports a match by other identifiers: it tells people of the same name apart, more closely than a city.",
        "country": "Supports a match by other identifiers. With limited data processing, it tells which country's rules hold.",
        "external_id": f"Your own id of the user: what the same user does is known as such where nothing else is, if the tag and the API get the same. {_ALL}",
        "hashed_maids": f"Finds the device that an app runs on, for users who gave no address. {_CHECKOUTS}",
        "client_ip_address": f"With the user agent, makes events of visitors count who never gave an address. {_ALL}",
        "client_user_agent": f"With the IP address, makes events of visitors count who never gave an address. {_ALL}",
        "click_id": f"Ties the event to the click on an ad that brought the visitor, though never enough without other identifiers. {_CHECKOUTS}",
        "partner_id": "An id that a partner has for the user, such as a RampID.",
    }
)
"""What an identifier is good for. What is recommended and what is enough is Pinterest's word (OpenAPI 5.23, `user_data` and its
descriptions); the rest is ours, for it publishes what each identifier is, and not how much it weighs."""

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


def matching(plan: Plan, pintrk: Sequence[list[Any]], capi: Sequence[Json], call: str, found: Collection[str]) -> Json:
    """Tell which identifiers are there and what each missing one would add, whether they suffice, and what is a duplicate.

    *pintrk* and *capi* are what an event of type *call* became; *found* are the keys of the identifiers that it has, sent or not.
    """
    outputs = [output for document in plan.channels if document.channel == "capi" for output in document.objects if call in output.calls]
    return {
        "identifiers": [one for output in outputs for one in _identifiers(plan, output, found)],
        "enough": [group for output in outputs for group in _enough(output, found)],
        "deduplication": _deduplication(plan, pintrk, capi),
    }


def _identifiers(plan: Plan, output: OutputObject, found: Collection[str]) -> Iterator[Json]:
    written = Resolver(plan.spec, plan.settings).object_plan("capi", output).entries
    for entry in output.entries:
        if isinstance(entry, Entry) and entry.key[0] == PERSON and entry.key[-1] in EXPECTS:
            yield {**_identifier(plan, output, entry, found), "off": entry not in written}


def _identifier(plan: Plan, output: OutputObject, entry: Entry, found: Collection[str]) -> Json:
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


def _enough(output: OutputObject, found: Collection[str]) -> Iterator[Json]:
    keys = {entry.take: entry.key[-1] for entry in output.entries if isinstance(entry, Entry)}
    for group in _groups(output):
        yield {"keys": [keys[name] for name in group], "present": all(keys[name] in found for name in group)}


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
    twins = ((name, [i for n, i in tag if n == name], [i for n, i in api if n == name]) for name in rows)
    return [_twin(name, mine, theirs, _verdict(mine, theirs, name in offline, plan.settings)) for name, mine, theirs in twins]


def _id(data: Any) -> str:
    return str(data.get("event_id", "")).strip() if isinstance(data, dict) else ""


def _twin(name: str, tag: list[str], api: list[str], verdict: tuple[str, str]) -> Json:
    state, why = verdict
    return {"event_name": name, "state": state, "why": why, "tag_id": tag[0] if tag else None, "api_id": api[0] if api else None}


def _verdict(tag: list[str], api: list[str], offline: bool, settings: Settings) -> tuple[str, str]:
    """Judge by Pinterest's rules: equal name, equal id that is not blank, action source not offline, and in time."""
    if tag and settings.tag_id is None:
        state, why = _verdict([], api, offline, settings) if api else ("single", "Only the tag would send it.")
        return state, f"The settings have no tag_id, so there is no page code that loads the tag, and its call reaches nobody, unless the page loads the tag itself. {why}"
    if api and settings.test_mode:
        return "single", f"The API's event goes as a test (test_mode), which Pinterest checks and does not record: {'only the tag' if tag else 'nothing'} counts."
    if not api:
        return "single", "Only the tag sends it, so there is nothing to remove. Without the Conversions API it is lost where the browser blocks the tag."
    if not tag:
        again = " As its action source is offline, it must not be sent again: Pinterest would count it again, whatever its id." if offline else ""
        return "single", f"Only the Conversions API sends it, so there is nothing to remove.{again}"
    if offline:
        return "twice", "Its action source is offline: Pinterest removes no duplicates of such events, and counts both."
    if not all(tag) or not all(api):
        return "twice", "An event without event_id is no duplicate of any other, so Pinterest counts it twice."
    if set(tag) != set(api):
        return "twice", "The channels send different ids, so Pinterest counts it twice."
    return "once", "Both channels send the same name and the same event_id: Pinterest keeps the one that comes first. The other must come within 24 hours."
