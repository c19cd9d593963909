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
BELOW: Mapping[str, float] = MappingProxyType({ONE: 2.0, MANY: 2.0, ROUTER: 2.0})
"""So many times the floor."""

Call = dict[str, Any]


def config(account: int) -> Call:
    """Settings as a RudderStack workspace holds them; each destination has an account of its own."""
    return {
        "tagId": "2612345678901",
        "apiVersion": "newApi",
        "adAccountId": str(549_755_885_175 + account),
        "conversionToken": "pina_EXAMPLE",
        "appId": "429047995",
        "sendingUnHashedData": True,
        "sendExternalId": True,
        "sendAsCustomEvent": False,
        "enhancedMatch": True,
        "deduplicationKey": "messageId",
        "eventsMapping": [{"from": "Trial Started", "to": "Signup"}, {"from": "", "to": ""}],
        "customProperties": [{"properties": ""}],
    }


def calls(events: Sequence[Event], accounts: int) -> list[Call]:
    """The events as a host hands them over: each with its own copy of its destination, as JSON brings it."""
    return json.loads(json.dumps([_call(number, event, number % accounts) for number, event in enumerate(events)]))  # type: ignore[no-any-return]


def _call(number: int, message: Event, account: int) -> Call:
    destination = {"ID": f"d-{account}", "Name": "Pinterest", "Enabled": True, "Config": config(account)}
    metadata = {"jobId": number, "sourceId": "s-1", "destinationId": f"d-{account}", "workspaceId": "w-1", "messageId": message["messageId"]}
    return {"message": message, "metadata": metadata, "destination": destination}


def works(events: Sequence[Event]) -> dict[str, Work]:
    """Give the kinds of work by name, the floor first; each goes through all *events* once."""
    destinations = Destinations(clock=NOW.timestamp)
    bare = destinations.get(config(0), dialect="rudderstack")
    one, many = calls(events, 1), calls(events, 100)
    answers = [*process(one, destinations=destinations), *process(many, destinations=destinations)]
    if any(answer["statusCode"] != 200 for answer in answers):
        sys.exit("not every event is transformed")
    return {
        FLOOR: lambda: [bare.transform(event, "capi") for event in events],
        ONE: lambda: process(one, destinations=destinations),
        MANY: lambda: process(many, destinations=destinations),
        ROUTER: lambda: route({"input": one, "destType": "pinterest_tag"}, destinations=destinations),
    }


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
