"""Measure what strict mode costs: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/strict.py`.

The same orders are transformed without it, with it and `jsonschema-rs` (the extra `fast`), and with it and `jsonschema`, once
each in every round.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from benchmarks._common import Row, Work, finish, parser, rounds, row
from benchmarks.events import NOW, Event, orders
from pinterest_destination import Conversion, Destination, _strict

SETTINGS = {"tag_id": "2612345678901", "ad_account_id": "549755885175"}
FLOOR = "transform, both"
FAST, PLAIN = "the same, strict, with jsonschema-rs", "the same, strict, with jsonschema"


def works(events: Sequence[Event]) -> dict[str, Work]:
    """Give the kinds of work by name, the floor first; each goes through all *events* once."""
    usual, strict = (Destination(SETTINGS, clock=NOW.timestamp, strict=each) for each in (False, True))
    if any(made.problems for made in map(usual.transform, events)):
        sys.exit("not every order is transformed as it should be")
    engines = {FAST: _strict.fast, PLAIN: _strict.plain} if _strict.engine() is _strict.fast else {PLAIN: _strict.plain}
    return {FLOOR: lambda: [usual.transform(event) for event in events], **{name: with_engine(make, strict, events) for name, make in engines.items()}}


def with_engine(make: Any, strict: Destination, events: Sequence[Event]) -> Work:
    """Give the work with the validators of one make, which are compiled now."""
    faults, forms = functools.cache(_strict._schema_faults.__wrapped__), functools.cache(_strict._forms.__wrapped__)

    def work() -> list[Conversion]:
        _strict.engine, _strict._schema_faults, _strict._forms = (lambda: make), faults, forms
        return [strict.transform(event) for event in events]

    if any(made.problems for made in work()):
        sys.exit("a payload is refused")
    return work


def measure(events: Sequence[Event], repeat: int) -> list[Row]:
    """Measure all kinds of work in *repeat* rounds."""
    taken = rounds(works(events), repeat, len(events))
    rows = [row(name, "us", each, taken[FLOOR]) for name, each in taken.items()]
    return [each.below(1.5, "x") if each.name == FAST else each for each in rows]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    chosen = parser("Measure what strict mode costs.", events=300, repeat=7, seed=True).parse_args(arguments)
    rows = measure(orders(chosen.events, chosen.seed), chosen.repeat)
    return finish(f"{chosen.events:,} orders of 3 products and 12 identifiers", rows, chosen, "x without")


if __name__ == "__main__":
    sys.exit(main())
