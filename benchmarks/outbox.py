"""Measure what the outbox costs: `make bench` (BENCH_EVENTS=2000 for a short run), or `python benchmarks/outbox.py`.

Everything is measured in rounds, each kind of work once in every round, so that a busy machine is as busy for all of them.
The floor is what no outbox on SQLite can do without: the same texts into a table in one commit, and out of it in another.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from attrs import asdict, frozen

from benchmarks._common import count, parser, python, verdict, write
from benchmarks.events import NOW, orders
from pinterest_destination import Destination
from pinterest_destination.delivery.outbox import Outbox, Result

SHOP = "v5/549755885175"
BATCH = 1000
MAX_BYTES = 2_000_000
THREADS = 16
SINGLES = 200
"""How many events are put one by one: each waits for the disk."""

FLOOR = "floor: into a table, and out again"
ALL = "put + claim + finish"
TARGET = 20_000
"""Events per second that the whole way of a batch should reach."""

Work = Callable[[], Iterator[tuple[str, int, float]]]
"""One round of work: gives name, events and seconds of each part."""


@frozen
class Packed:
    """One event as the outbox takes it."""

    event_id: str
    event_name: str
    offline: bool
    text: str


@frozen
class Row:
    """What was measured of one kind of work, in events per second."""

    name: str
    rate: float
    best: float
    ratio: float
    """Of the time to the floor's time for as many events in the same round, the median over all rounds."""
    target: str | None = None
    reached: bool | None = None


class Source:
    """Gives events that no outbox has seen: real contents, and fresh ids in a fixed order."""

    def __init__(self, seed: int) -> None:
        destination = Destination({"tag_id": "2612345678901", "ad_account_id": "549755885175"}, clock=NOW.timestamp)
        self._texts = [json.dumps(event, separators=(",", ":")) for event in (destination.transform(order, "capi").capi[0] for order in orders(BATCH, seed))]
        self._random = Random(seed)  # noqa: S311  # for ids of invented events
        self.size = round(sum(map(len, self._texts)) / BATCH)

    def batches(self, count: int) -> list[list[Packed]]:
        """Give *count* events in lists of at most 1,000."""
        return [self._some(min(BATCH, count - start)) for start in range(0, count, BATCH)]

    def _some(self, count: int) -> list[Packed]:
        return [Packed(str(uuid.UUID(int=self._random.getrandbits(128), version=4)), "checkout", False, text) for text in self._texts[:count]]


# -- work


def floor(path: Path, source: Source, events: int) -> Work:
    """The floor, on a file of its own with the outbox's promise: on the disk once it is committed."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE body (id INTEGER PRIMARY KEY, text TEXT)")

    def work() -> Iterator[tuple[str, int, float]]:
        batches = source.batches(events)
        started = time.perf_counter()
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO body (text) VALUES (?)", [(one.text,) for one in batch])
            connection.execute("COMMIT")
            connection.execute("DELETE FROM body")
        yield FLOOR, events, time.perf_counter() - started

    return work


def whole_way(outbox: Outbox, source: Source, events: int, suffix: str) -> Work:
    """Batches in, out, and done."""

    def work() -> Iterator[tuple[str, int, float]]:
        parts = [0.0, 0.0, 0.0]
        for batch in source.batches(events):
            moments = [time.perf_counter()]
            outbox.put(SHOP, batch)
            moments.append(time.perf_counter())
            rows = outbox.claim(SHOP, limit=BATCH, max_bytes=MAX_BYTES)
            moments.append(time.perf_counter())
            outbox.finish([Result(row.id, "delivered") for row in rows])
            moments.append(time.perf_counter())
            check(len(rows) == len(batch))
            parts = [part + after - before for part, before, after in zip(parts, moments, moments[1:], strict=False)]
        yield ALL + suffix, events, sum(parts)
        yield from ((name + suffix, events, part) for name, part in zip(("  put", "  claim", "  finish"), parts, strict=True))

    return work


def singles(outbox: Outbox, source: Source, threads: int) -> Work:
    """Events put one by one, by one thread or by several at a time."""

    def work() -> Iterator[tuple[str, int, float]]:
        batch = source.batches(SINGLES)[0]
        with ThreadPoolExecutor(threads) as pool:
            started = time.perf_counter()
            stored = list(pool.map(lambda one: outbox.put(SHOP, [one]), batch))
            taken = time.perf_counter() - started
        check(stored == [[True]] * SINGLES)
        yield f"put, one event each, {threads} thread{'s' if threads > 1 else ''}", SINGLES, taken

    return work


def check(holds: bool) -> None:
    """Make sure that the work is done."""
    if not holds:
        sys.exit("the outbox does not do what is measured")


def fill(outbox: Outbox, source: Source, count: int) -> None:
    """Let an outbox remember *count* delivered events."""
    for _ in whole_way(outbox, source, count, "")():
        pass


def measure(events: int, remembered: int, repeat: int, source: Source, folder: Path) -> list[Row]:
    """Measure all kinds of work in *repeat* rounds."""
    taken: dict[str, list[tuple[int, float]]] = {}
    with Outbox(folder / "new") as new, Outbox(folder / "old", max_bytes=2**40) as old, Outbox(folder / "one") as one:
        fill(old, source, remembered)
        works = [
            floor(folder / "floor", source, events),
            whole_way(new, source, events, ""),
            whole_way(old, source, events, f", {remembered:,} remembered"),
            singles(one, source, 1),
            singles(one, source, THREADS),
        ]
        for _ in range(repeat):
            for work in works:
                for name, count, seconds in work():
                    taken.setdefault(name, []).append((count, seconds))
    return [_row(name, values, taken[FLOOR]) for name, values in taken.items()]


# -- what comes out


def _row(name: str, values: Sequence[tuple[int, float]], least: Sequence[tuple[int, float]]) -> Row:
    rates = [count / seconds for count, seconds in values]
    ratio = median(floor_count / floor_seconds / rate for (floor_count, floor_seconds), rate in zip(least, rates, strict=True))
    target, reached = (f">= {TARGET:,} a second", median(rates) >= TARGET) if name == ALL else (None, None)
    return Row(name, median(rates), max(rates), ratio, target, reached)


def report(rows: Sequence[Row], head: dict[str, Any]) -> str:
    """The rows as a table."""
    lines = [
        f"{head['events']:,} events of {head['bytes']:,} bytes in batches of {BATCH:,}, {head['repeat']} rounds; {python()}, SQLite {head['sqlite']}",
        "",
        f"{'events per second':<52}{'median':>10}{'best':>10}{'x floor':>10}   target",
    ]
    for row in rows:
        aim = "" if row.target is None else f"   {row.target}   {verdict(row.reached)}"
        lines.append(f"{row.name:<52}{row.rate:>10,.0f}{row.best:>10,.0f}{row.ratio:>10.1f}{aim}")
    return "\n".join(lines)


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    made = parser("Measure what the outbox costs.", events=20_000, repeat=5, seed=True)
    made.add_argument("--remembered", type=count, default="100000", help="how many delivered events the old outbox remembers (100000)")
    made.add_argument("--folder", type=Path, help="where to put the files: the disk to measure (the system's folder for temporary files)")
    return made.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write. A target that is missed is told, and is no failure: machines differ."""
    chosen = options(arguments)
    source = Source(chosen.seed)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        rows = measure(chosen.events, chosen.remembered, chosen.repeat, source, Path(folder))
    head = {"events": chosen.events, "repeat": chosen.repeat, "bytes": source.size, "sqlite": sqlite3.sqlite_version}
    print(report(rows, head))
    write(chosen, "x floor", [asdict(row) for row in rows], bytes=source.size, sqlite=sqlite3.sqlite_version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
