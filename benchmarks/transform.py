"""Measure what transforming costs: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/transform.py`.

Everything is measured in rounds, each kind of work once in every round, so that a busy machine is as busy for all of them.
The floor is what no program can do without: the SHA-256 digests (of UTF-8, as hex) of an order's twelve normalised identifiers.
`benchmarks/reference.py` does the same work by hand, with one place for each value and no word of what it cannot use.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from attrs import asdict, frozen

from benchmarks.events import IDENTIFIERS, NOW, Event, find, orders
from benchmarks.reference import capi_event
from pinterest_destination import Destination
from pinterest_destination.identity import KEYS

ROOT = Path(__file__).parents[1]
FLOOR = "floor: the 12 digests alone"
BY_HAND = "by hand: the same to CAPI"
CAPI, BOTH = "transform, to CAPI", "transform, both"
SETTINGS = {"tag_id": "2612345678901", "ad_account_id": "549755885175"}

FRESH = """
import json, sys, time
started = time.perf_counter()
import pinterest_destination
imported = time.perf_counter()
heavy = sorted({"requests", "jsonschema"} & set(sys.modules))
if heavy:
    sys.exit("importing pinterest_destination must not import " + " and ".join(heavy))
first, second = json.loads(sys.argv[1])
before = time.perf_counter()
pinterest_destination.Destination(first)
made = time.perf_counter()
pinterest_destination.Destination(second)
again = time.perf_counter()
print(json.dumps([imported - started, made - before, again - made]))
"""
"""What a fresh process does; it prints seconds."""

OTHER_SETTINGS = {**SETTINGS, "content_id": "sku", "custom_properties": ["affiliation"], "event_map": {"Order Refunded": "refund"}}
"""For the second destination: other settings, so that its plan is another and nothing but the documents can be reused."""

FRESH_ROWS = ("import, fresh process", "first Destination, fresh process", "second Destination, same process")


@frozen
class Target:
    """What a row should stay below: so many times the floor, or so many milliseconds."""

    below: float
    unit: str


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        BOTH: Target(10, "x floor"),
        FRESH_ROWS[0]: Target(200, "ms"),
        FRESH_ROWS[1]: Target(400, "ms"),
        FRESH_ROWS[2]: Target(50, "ms"),
    }
)


@frozen
class Row:
    """What was measured of one kind of work."""

    name: str
    unit: str
    minimum: float
    median: float
    ratio: float | None = None
    """To the floor of the same round, the median over all rounds; None for what is not done per event."""
    target: str | None = None
    reached: bool | None = None


# -- work per event


def works(events: Sequence[Event]) -> dict[str, Callable[[], None]]:
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
    kinds = works(events)
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(repeat):
        for name, work in kinds.items():
            taken[name].append(timed(work) / len(events) * 1e6)
    return [_row(name, "us", rounds, taken[FLOOR]) for name, rounds in taken.items()]


def timed(work: Callable[[], None]) -> float:
    """Seconds that *work* takes, without what the work before has left to be cleared away."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# -- work per process


def measure_fresh(repeat: int) -> list[Row]:
    """Measure the import and the first two destinations of *repeat* fresh processes, in milliseconds."""
    runs = [fresh() for _ in range(repeat)]
    return [_row(name, "ms", [run[n] * 1e3 for run in runs]) for n, name in enumerate(FRESH_ROWS)]


def fresh() -> list[float]:
    """Seconds for each of `FRESH_ROWS` in a process of its own."""
    settings = json.dumps([SETTINGS, OTHER_SETTINGS])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-c", FRESH, settings]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603  # our own program
    if done.returncode:
        sys.exit(done.stderr.strip())
    seconds: list[float] = json.loads(done.stdout)
    return seconds


# -- what comes out


def _row(name: str, unit: str, taken: Sequence[float], floor: Sequence[float] = ()) -> Row:
    ratio = median(own / least for own, least in zip(taken, floor, strict=True)) if floor else None
    target = TARGETS.get(name)
    if target is None:
        return Row(name, unit, min(taken), median(taken), ratio)
    reached = (median(taken) if ratio is None else ratio) < target.below
    return Row(name, unit, min(taken), median(taken), ratio, f"< {target.below:g} {target.unit}", reached)


def report(rows: Sequence[Row], events: int, repeat: int) -> str:
    """The rows as a table."""
    lines = [
        f"{events} orders of 3 products and 12 identifiers, {repeat} rounds; Python {platform.python_version()}, {platform.machine()}",
        "",
        f"{'':<36}{'minimum':>11}{'median':>11}{'x floor':>10}   target",
    ]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
        verdict = {None: "", True: "reached", False: "missed"}[row.reached]
        aim = f"   {row.target or '':<12} {verdict}"
        lines.append(f"{row.name:<36}{row.minimum:>8.1f} {row.unit}{row.median:>8.1f} {row.unit}{ratio:>10}{aim}".rstrip())
    return "\n".join(lines)


def count(text: str) -> int:
    """Read a number of at least one. Raises `argparse.ArgumentTypeError` for anything else."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure what transforming costs.")
    parser.add_argument("--events", type=count, default=os.environ.get("BENCH_EVENTS") or "1000", help="how many orders (BENCH_EVENTS, else 1000)")
    parser.add_argument("--repeat", type=count, default="7", help="how many rounds, and how many fresh processes (7)")
    parser.add_argument("--seed", type=int, default=20260302, help="of the orders")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as JSON")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write. A target that is missed is told, and is no failure: machines differ."""
    chosen = options(arguments)
    rows = [*measure(orders(chosen.events, chosen.seed), chosen.repeat), *measure_fresh(chosen.repeat)]
    print(report(rows, chosen.events, chosen.repeat))
    if chosen.json:
        head = {"events": chosen.events, "repeat": chosen.repeat, "seed": chosen.seed, "python": platform.python_version()}
        chosen.json.write_text(json.dumps({**head, "rows": [asdict(row) for row in rows]}, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
