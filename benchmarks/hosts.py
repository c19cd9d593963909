"""Measure what RudderStack's envelopes cost: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/hosts.py`.

The floor is the bare transform of the same events to the Conversions API. An envelope should cost less than that again, so
that all of it stays below twice the floor. Everything is measured in rounds, each kind of work once in every round.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from benchmarks._common import Row, Work, finish, parser, rounds, row
from benchmarks.events import NOW, Event, orders
from pinterest_destination.hosts.rudderstack import Destinations, process, route

FLOOR = "transform, to CAPI"
ONE, MANY, ROUTER = "process(), one destination", "process(), 100 destinations", "route(), one destination"
MAPPED, DYNAMIC = "process(), 100 rows of an event map", "process(), each event's own account"
BELOW: Mapping[str, float] = MappingProxyType({ONE: 2.0, MANY: 2.0, MAPPED: 2.0, ROUTER: 2.0})
"""So many times the floor."""

Call = dict[str, Any]


def config(account: int | str, rows: int = 1) -> Call:
    """Settings as a RudderStack workspace holds them; each destination has an account of its own, a number or a template."""
    return {
        "tagId": "2612345678901",
        "apiVersion": "newApi",
        "adAccountId": account if isinstance(account, str) else str(549_755_885_175 + account),
        "conversionToken": "pina_EXAMPLE",
        "appId": "429047995",
        "sendingUnHashedData": True,
        "sendExternalId": True,
        "sendAsCustomEvent": False,
        "enhancedMatch": True,
        "deduplicationKey": "messageId",
        "eventsMapping": [*({"from": f"Trial {n} Started", "to": "Signup"} for n in range(rows)), {"from": "", "to": ""}],
        "customProperties": [{"properties": ""}],
    }


def calls(events: Sequence[Event], configs: Sequence[Call]) -> list[Call]:
    """The events as a host hands them over: each with its own copy of its destination, as JSON brings it."""
    made = [_call(number, event, number % len(configs), configs[number % len(configs)]) for number, event in enumerate(events)]
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]


def _call(number: int, message: Event, place: int, settings: Call) -> Call:
    destination = {"ID": f"d-{place}", "Name": "Pinterest", "Enabled": True, "Config": settings}
    metadata = {"jobId": number, "sourceId": "s-1", "destinationId": f"d-{place}", "workspaceId": "w-1", "messageId": message["messageId"]}
    return {"message": message, "metadata": metadata, "destination": destination}


def works(events: Sequence[Event]) -> dict[str, Work]:
    """Give the kinds of work by name, the floor first; each goes through all *events* once."""
    destinations = Destinations(clock=NOW.timestamp)
    bare = destinations.get(config(0), dialect="rudderstack")
    one, many, mapped = calls(events, [config(0)]), calls(events, [config(n) for n in range(100)]), calls(events, [config(0, 100)])
    dynamic = calls(_numbered(events), [config("{{ event.properties.account || 1 }}")])
    answers = [answer for each in (one, many, mapped, dynamic) for answer in process(each, destinations=destinations)]
    if any(answer["statusCode"] != 200 for answer in answers):
        sys.exit("not every event is transformed")
    return {
        FLOOR: lambda: [bare.transform(event, "capi") for event in events],
        ONE: lambda: process(one, destinations=destinations),
        MANY: lambda: process(many, destinations=destinations),
        MAPPED: lambda: process(mapped, destinations=destinations),
        DYNAMIC: lambda: process(dynamic, destinations=destinations),
        ROUTER: lambda: route({"input": one, "destType": "pinterest_tag"}, destinations=destinations),
    }


def _numbered(events: Sequence[Event]) -> list[Event]:
    """The events, each with an account of its own in its properties: more than any cache holds."""
    return [{**event, "properties": {**event["properties"], "account": str(549_755_885_175 + n)}} for n, event in enumerate(events)]


def measure(events: Sequence[Event], repeat: int) -> list[Row]:
    """Measure all kinds of work in *repeat* rounds, in microseconds per event."""
    taken = rounds(works(events), repeat, len(events))
    rows = [row(name, "us", each, taken[FLOOR]) for name, each in taken.items()]
    return [each.below(BELOW[each.name], "x floor") if each.name in BELOW else each for each in rows]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    chosen = parser("Measure what the envelopes of hosts cost.", events=2000, repeat=7, seed=True).parse_args(arguments)
    return finish(f"{chosen.events:,} orders of 3 products and 12 identifiers", measure(orders(chosen.events, chosen.seed), chosen.repeat), chosen)


if __name__ == "__main__":
    sys.exit(main())
