"""Measure what transforming costs: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/transform.py`.

Everything is measured in rounds, each kind of work once in every round, so that a busy machine is as busy for all of them.
The floor is what no program can do without: the SHA-256 digests (of UTF-8, as hex) of an order's twelve normalised identifiers.
`benchmarks/reference.py` does the same work by hand, with one place for each value and no word of what it cannot use.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from benchmarks._common import Row, Work, environment, finish, parser, rounds, row, times
from benchmarks.events import IDENTIFIERS, NOW, Event, find, orders
from benchmarks.reference import capi_event
from pinterest_destination import Destination
from pinterest_destination.identity import KEYS

FLOOR = "floor: the 12 digests alone"
BY_HAND = "by hand: the same to CAPI"
CAPI, BOTH = "transform, to CAPI", "transform, both"
SETTINGS = {"tag_id": "2612345678901", "ad_account_id": "549755885175"}

FRESH = """
import json, sys, time
started = time.process_time()
import pinterest_destination
imported = time.process_time()
heavy = sorted({"requests", "jsonschema"} & set(sys.modules))
if heavy:
    sys.exit("importing pinterest_destination must not import " + " and ".join(heavy))
first, second = json.loads(sys.argv[1])
before = time.process_time()
pinterest_destination.Destination(first)
made = time.process_time()
pinterest_destination.Destination(second)
again = time.process_time()
print(json.dumps([imported - started, made - before, again - made]))
"""
"""What a fresh process does; it prints seconds of processor time."""

OTHER_SETTINGS = {**SETTINGS, "content_id": "sku", "custom_properties": ["affiliation"], "event_map": {"Order Refunded": "refund"}}
"""For the second destination: other settings, so that its plan is another and nothing but the documents can be reused."""

FRESH_ROWS = ("import, fresh process", "first Destination, fresh process", "second Destination, same process")


BELOW: Mapping[str, float] = MappingProxyType({FRESH_ROWS[0]: 200, FRESH_ROWS[1]: 400, FRESH_ROWS[2]: 50})
"""Milliseconds."""
COMPARED = ((CAPI, BY_HAND, 1.15), (BOTH, CAPI, 1.5))
"""Work, the work beside it, and so many times that it should stay below."""


# -- work per event


def works(events: Sequence[Event]) -> dict[str, Work]:
    """Give the kinds of work by name, the floor first; each goes through all *events* once."""
    destination = Destination(SETTINGS, clock=NOW.timestamp)
    values = [normalised(event) for event in events]
    check(destination, events, values)
    lines = [json.dumps(event) for event in events]
    return {
        FLOOR: lambda: hash_all(values),
        BY_HAND: lambda: by_hand(events),
        CAPI: lambda: transform_all(destination, events, "capi"),
        "transform, to pintrk": lambda: transform_all(destination, events, "pintrk"),
        BOTH: lambda: transform_all(destination, events, "both"),
        "JSON line to JSON line": lambda: translate(destination, lines),
    }


def normalised(event: Event) -> list[str]:
    """The order's identifiers in the form that is hashed."""
    return [str(KEYS[key](find(event, path))) for key, path in IDENTIFIERS.items()]


def check(destination: Destination, events: Sequence[Event], values: Sequence[Sequence[str]]) -> None:
    """Make sure that the floor is part of the work, and that the work is done without a problem."""
    for event, identifiers in zip(events, values, strict=True):
        conversion = destination.transform(event)
        person = conversion.capi[0]["user_data"]
        if conversion.problems or conversion.capi != [capi_event(event)] or [person[key] for key in IDENTIFIERS] != [[sha256(value.encode()).hexdigest()] for value in identifiers]:
            sys.exit(f"{event['messageId']} is not transformed as it should be: {conversion.problems}")


def hash_all(values: Sequence[Sequence[str]]) -> None:
    """The floor."""
    for identifiers in values:
        for value in identifiers:
            sha256(value.encode()).hexdigest()


def by_hand(events: Sequence[Event]) -> None:
    """The work of a program for these orders alone."""
    for event in events:
        capi_event(event)


def transform_all(destination: Destination, events: Sequence[Event], to: Any) -> None:
    """Transform events that are there already."""
    for event in events:
        destination.transform(event, to)


def translate(destination: Destination, lines: Sequence[str]) -> None:
    """Transform text to text, with the json of the standard library."""
    for line in lines:
        conversion = destination.transform(json.loads(line))
        json.dumps({"pintrk": conversion.pintrk, "capi": conversion.capi})


def measure(events: Sequence[Event], repeat: int) -> list[Row]:
    """Measure all kinds of work in *repeat* rounds, in microseconds per event."""
    taken = rounds(works(events), repeat, len(events))
    rows = [row(name, "us", each, taken[FLOOR]) for name, each in taken.items()]
    compared = [times(f"{name} / {other}", taken[name], taken[other], below) for name, other, below in COMPARED]
    return [each.below(10, "x floor") if each.name == BOTH else each for each in rows] + compared


# -- work per process


def measure_fresh(repeat: int) -> list[Row]:
    """Measure the import and the first two destinations of *repeat* fresh processes, in milliseconds."""
    runs = [fresh() for _ in range(repeat)]
    return [row(name, "ms", [run[n] * 1e3 for run in runs]).below(BELOW[name], "ms") for n, name in enumerate(FRESH_ROWS)]


def fresh() -> list[float]:
    """Seconds for each of `FRESH_ROWS` in a process of its own."""
    settings = json.dumps([SETTINGS, OTHER_SETTINGS])
    command = [sys.executable, "-c", FRESH, settings]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)  # noqa: S603  # our own program
    if done.returncode:
        sys.exit(done.stderr.strip())
    seconds: list[float] = json.loads(done.stdout)
    return seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    chosen = parser("Measure what transforming costs.", events=1000, repeat=7, seed=True).parse_args(arguments)
    rows = [*measure(orders(chosen.events, chosen.seed), chosen.repeat), *measure_fresh(chosen.repeat)]
    return finish(f"{chosen.events:,} orders of 3 products and 12 identifiers", rows, chosen)


if __name__ == "__main__":
    sys.exit(main())
