"""Measure the memory of a stream: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/memory.py`.

`transform` reads files of JSON Lines of 1, 10 and 100 times so many events, 10 thousand to 1 million, alone and with two worker
processes; what counts is the largest process at its peak. A file below 4 MiB, as in a short run,
has one process whatever is asked, so that there the rows with two say nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from benchmarks._common import Row, finish, measured, parser, row

GROWTH = (1, 10, 100)
WORKERS = (1, 2)
FLAT = 1.1
"""So many times the memory for the fewest events."""
MORE = 10
"""MiB for a million events more."""


def write(path: Path, events: int) -> None:
    """Write so many events of just now, each of some 450 bytes, with an id and a visitor of its own."""
    now = int(time.time())
    with path.open("w", encoding="ascii") as file:
        for number in range(events):
            event = {
                "type": "track",
                "event": "Product Viewed",
                "messageId": f"m-{number}",
                "timestamp": now,
                "channel": "web",
                "context": {
                    "ip": f"203.0.113.{number % 254 + 1}",
                    "userAgent": "ExampleBrowser/120.0 (Desktop; 64 bit) ExampleEngine/605.1.15 (like Example)",
                    "traits": {"email": f"visitor.{number}@example.com"},
                    "page": {"url": f"https://shop.example.com/products/{number}"},
                },
                "properties": {"product_id": f"p-{number}", "name": "Mug", "price": 12.5, "currency": "USD"},
            }
            file.write(f"{json.dumps(event)}\n")


def peak(events: int, workers: int, folder: Path) -> float:
    """Give the MiB of the largest process at its peak."""
    words = ["transform", f"{events}.jsonl", "-s", "settings.json", "-o", "out.jsonl", "-q", "--workers", str(workers)]
    return measured(["-m", "pinterest_destination", *words], folder).memory


def measure(least: int, repeat: int, folder: Path) -> list[Row]:
    """Measure each number of events with each number of processes, *repeat* times."""
    (folder / "settings.json").write_text('{"tag_id": "2612345678901"}', "utf-8")
    sizes = [least * times for times in GROWTH]
    for events in sizes:
        write(folder / f"{events}.jsonl", events)
    rows = []
    for workers in WORKERS:
        taken = {events: [peak(events, workers, folder) for _ in range(repeat)] for events in sizes}
        name = "1 process" if workers == 1 else f"{workers} workers, the largest process"
        rows += [row(f"{events:,} events, {name}", "MB", taken[events], taken[least]).below(FLAT, "x the first") for events in sizes[1:]]
        rows.insert(len(rows) - len(sizes) + 1, row(f"{least:,} events, {name}", "MB", taken[least], taken[least]))
        more = [(many - few) / (sizes[-1] - least) * 1e6 for few, many in zip(taken[least], taken[sizes[-1]], strict=True)]
        rows.append(row(f"  per million events more, {name}", "MB", more).below(MORE, "MB"))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    chosen = parser("Measure the memory of a stream.", events=10_000, repeat=1).parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(chosen.events, chosen.repeat, Path(folder))
    return finish("The memory of transform, MiB, JSON Lines to JSON Lines", rows, chosen, "x the first")


if __name__ == "__main__":
    sys.exit(main())
