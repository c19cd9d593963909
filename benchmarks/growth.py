"""Measure how cost grows with what there is more of: `make bench` (BENCH_EVENTS=50 for a short run), or `python benchmarks/growth.py`.

Products of an order and custom properties (all of them there) go from 1 to 1,000. What one more costs is the slope between two
sizes; where cost is linear, the last slope is the first. Rows of the event map are looked up, so that there the whole cost
should stay as it is. Each size has its turn in every round, with fewer events the larger they are.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from benchmarks._common import Row, Taken, finish, parser, row, timed, times
from benchmarks.events import NOW, Event, orders
from pinterest_destination import Destination

SIZES = (1, 10, 100, 1000)
SETTINGS = {"tag_id": "2612345678901", "ad_account_id": "549755885175"}

Made = tuple[Mapping[str, Any], list[Event]]
"""Settings beside the usual ones, and events."""


def products(size: int, events: Sequence[Event]) -> Made:
    """Orders of so many products."""
    pool = itertools.cycle([product for event in events for product in event["properties"]["products"]])
    return {}, [_with(event, products=[next(pool) for _ in range(size)]) for event in events]


def custom_properties(size: int, events: Sequence[Event]) -> Made:
    """Orders of as many custom properties as the settings name."""
    names = [f"custom_{number}" for number in range(size)]
    return {"custom_properties": names}, [_with(event, **dict.fromkeys(names, "some text")) for event in events]


def event_map(size: int, events: Sequence[Event]) -> Made:
    """Events that the last of so many rows maps."""
    rows = {f"Event {number}": "Checkout" for number in range(size)}
    return {"event_map": rows}, [{**event, "event": f"Event {size - 1}"} for event in events]


def _with(event: Event, **properties: Any) -> Event:
    return {**event, "properties": {**event["properties"], **properties}}


def measure(make: Callable[[int, Sequence[Event]], Made], events: Sequence[Event], repeat: int, *, fewer: bool) -> dict[str, list[float]]:
    """Give the microseconds per event of each size, round by round; *fewer* events where they are larger."""
    ready = [_ready(make, size, events[: max(1, len(events) // size)] if fewer else events) for size in SIZES]
    taken: dict[str, list[float]] = {str(size): [] for size in SIZES}
    for _, (size, (destination, some)) in itertools.product(range(repeat), zip(SIZES, ready, strict=True)):
        taken[str(size)].append(timed(lambda: [destination.transform(event) for event in some]) / len(some) * 1e6)  # noqa: B023  # it is done at once
    return taken


def _ready(make: Callable[[int, Sequence[Event]], Made], size: int, events: Sequence[Event]) -> tuple[Destination, list[Event]]:
    more, some = make(size, events)
    destination = Destination({**SETTINGS, **more}, clock=NOW.timestamp)
    made = destination.transform(some[0])
    if not (made.ok and made.pintrk and made.capi):
        sys.exit(f"events of size {size} are not transformed as they should be: {made.problems}")
    return destination, some


def growing(name: str, taken: Taken) -> list[Row]:
    """The rows of what should be linear: each size, and what one more costs between sizes."""
    rows = [row(f"{name}: {size:,}", "us", taken[str(size)], taken[str(SIZES[0])]) for size in SIZES]
    slopes = [[max(more - less, 1e-3) / (large - small) for less, more in zip(taken[str(small)], taken[str(large)], strict=True)] for small, large in itertools.pairwise(SIZES)]
    steps = [f"from {small:,} to {large:,}" for small, large in itertools.pairwise(SIZES)]
    rows += [row(f"  one of the {name} more, {step}", "us", slope) for step, slope in zip(steps, slopes, strict=True)]
    return [*rows, times(f"  one of the {name} more, {steps[-1]} / {steps[-2]}", slopes[-1], slopes[-2], 1.25)]


def flat(name: str, taken: Taken) -> list[Row]:
    """The rows of what should cost the same."""
    rows = [row(f"{name}: {size:,}", "us", taken[str(size)], taken[str(SIZES[0])]) for size in SIZES]
    return [*rows[:-1], rows[-1].below(1.1, "x the first")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    chosen = parser("Measure how cost grows.", events=1000, repeat=7, seed=True).parse_args(arguments)
    events = orders(chosen.events, chosen.seed)
    rows = [
        *growing("products", measure(products, events, chosen.repeat, fewer=True)),
        *growing("custom properties", measure(custom_properties, events, chosen.repeat, fewer=True)),
        *flat("rows of the event map", measure(event_map, events, chosen.repeat, fewer=False)),
    ]
    return finish(f"{chosen.events:,} orders, to both channels; per event", rows, chosen, "x the first")


if __name__ == "__main__":
    sys.exit(main())
