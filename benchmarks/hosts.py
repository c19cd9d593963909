"""Measure what RudderStack's envelopes cost: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/hosts.py`.

The floor is the bare transform of the same events to the Conversions API. An envelope should cost less than that again, so
that all of it stays below twice the floor. Everything is measured in rounds, each kind of work once in every round.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from attrs import asdict, frozen

from benchmarks.events import NOW, Event, orders
from pinterest_destination.hosts.rudderstack import Destinations, process, route

FLOOR = "transform, to CAPI"
ONE, MANY, ROUTER = "process(), one destination", "process(), 100 destinations", "route(), one destination"
BELOW: Mapping[str, float] = MappingProxyType({ONE: 2.0, MANY: 2.0, ROUTER: 2.0})
"""So many times the floor."""

Call = dict[str, Any]


@frozen
class Row:
    """One kind of work: microseconds and events a second, and its time beside the floor's in the same round."""

    name: str
    minimum: float
    median: float
    events_per_second: float
    times_floor: float
    target: str | None
    reached: bool | None


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


def works(events: Sequence[Event]) -> dict[str, Callable[[], object]]:
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
    """Measure all kinds of work in *repeat* rounds."""
    kinds = works(events)
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(repeat):
        for name, work in kinds.items():
            taken[name].append(timed(work) / len(events))
    return [_row(name, rounds, taken[FLOOR]) for name, rounds in taken.items()]


def timed(work: Callable[[], object]) -> float:
    """Seconds that *work* takes, without what the work before has left to be cleared away."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _row(name: str, taken: Sequence[float], floor: Sequence[float]) -> Row:
    ratio = median(own / least for own, least in zip(taken, floor, strict=True))
    below = BELOW.get(name)
    target, reached = (None, None) if below is None else (f"< {below:g} x floor", ratio < below)
    return Row(name, min(taken) * 1e6, median(taken) * 1e6, 1 / median(taken), ratio, target, reached)


def report(rows: Sequence[Row], events: int, repeat: int) -> str:
    """The rows as a table."""
    head = f"{events:,} orders of 3 products and 12 identifiers, {repeat} rounds; Python {platform.python_version()}, {platform.machine()}"
    lines = [head, "", f"{'us/event':<32}{'minimum':>10}{'median':>10}{'events/s':>12}{'x floor':>10}   target"]
    for row in rows:
        verdict = {None: "", True: "reached", False: "missed"}[row.reached]
        aim = f"   {row.target or '':<14}{verdict}"
        lines.append(f"{row.name:<32}{row.minimum:>10.1f}{row.median:>10.1f}{row.events_per_second:>12,.0f}{row.times_floor:>10.2f}{aim}".rstrip())
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table or JSON. A target that is missed is told, and is no failure: machines differ."""
    parser = argparse.ArgumentParser(description="Measure what the envelopes of hosts cost.")
    parser.add_argument("--events", type=int, default=int(os.environ.get("BENCH_EVENTS") or "2000"), help="orders (BENCH_EVENTS, else 2000)")
    parser.add_argument("--repeat", type=int, default=7, help="rounds")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    rows = measure(orders(options.events, 1), options.repeat)
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else report(rows, options.events, options.repeat))
    return 0


if __name__ == "__main__":
    sys.exit(main())
