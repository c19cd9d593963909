"""Measure `transform` over several processes: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/workers.py`.

The same file goes through the command with one process and with more, in rounds, file to file; the outputs must be equal. A
file below 4 MiB, such as that of a short run, is never shared out, so that its ratio is about 1.
"""

from __future__ import annotations

import filecmp
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from attrs import asdict, frozen

from benchmarks._common import Ran, measured, parser, python, verdict, write
from benchmarks.events import fresh, orders
from pinterest_destination.cli._spread import SMALLEST

DIFFERENT = 2000
"""Orders that are made; a larger file repeats them."""
GAIN = 1.5
"""Times faster that two processes should be than one, where there are two CPUs."""
WORK = 1.2
"""Times the processor time of one process that several should stay below, all together."""


@frozen
class Row:
    """What was measured with so many processes."""

    name: str
    workers: int
    fastest: float
    median: float
    """Seconds, start of the command included."""
    ratio: float
    """How many times faster than the first number of processes in the same round, or how much more work; the median over all rounds."""
    largest: float
    """MiB of memory of the largest process."""
    target: str | None = None
    reached: bool | None = None


def run(folder: Path, workers: int) -> Ran:
    """Run the command."""
    words = ("transform", "events.jsonl", "-s", "settings.json", "-o", f"out{workers}.jsonl", "-q", "--workers", str(workers))
    return measured(["-m", "pinterest_destination", *words], folder)


def measure(folder: Path, counts: Sequence[int], repeat: int) -> list[Row]:
    """Measure each number of processes in *repeat* rounds. The first is what the others are compared with."""
    rounds = []
    for _ in range(repeat):
        rounds.append({count: run(folder, count) for count in counts})
        if not all(filecmp.cmp(folder / f"out{counts[0]}.jsonl", folder / f"out{count}.jsonl", shallow=False) for count in counts):
            sys.exit("the outputs differ")
    alone = [each[counts[0]] for each in rounds]
    rows = [_row(count, [each[count] for each in rounds], [one.seconds for one in alone]) for count in counts]
    return rows + [_work(count, [each[count] for each in rounds], alone) for count in counts[1:]]


def _work(count: int, taken: Sequence[Ran], alone: Sequence[Ran]) -> Row:
    """How much more processor time all processes together take: what sharing out costs, however busy the machine is."""
    seconds = [each.processor for each in taken]
    more = median(own / one.processor for one, own in zip(alone, seconds, strict=True))
    return Row(f"{count} workers, processor time in all", count, min(seconds), median(seconds), more, max(each.memory for each in taken), f"< {WORK:g} x", more < WORK)


def _row(count: int, taken: Sequence[Ran], alone: Sequence[float]) -> Row:
    seconds = [each.seconds for each in taken]
    gain = median(one / own for one, own in zip(alone, seconds, strict=True))
    target, reached = (f">= {GAIN:g} x", gain >= GAIN) if count == 2 else (None, None)
    return Row(f"{count} worker{'s' if count > 1 else ''}", count, min(seconds), median(seconds), gain, max(each.memory for each in taken), target, reached)


def prepare(folder: Path, events: int) -> int:
    """Write settings and events; give the bytes of the events."""
    (folder / "settings.json").write_text('{"tag_id": "2612345678901"}')
    lines = [f"{json.dumps(order)}\n" for order in fresh(orders(min(events, DIFFERENT), 1))]
    with (folder / "events.jsonl").open("w") as file:
        for number in range(events):
            file.write(lines[number % len(lines)])
    return (folder / "events.jsonl").stat().st_size


def report(rows: Sequence[Row], events: int, size: int) -> str:
    """The rows as a table."""
    lines = [
        f"{events:,} orders, {size / 1e6:.0f} MB{' (too little to be shared out)' if size < SMALLEST else ''}, JSON Lines to JSON Lines; {python()}",
        "",
        f"{'':<36}{'fastest':>11}{'median':>11}{'x first':>9}{'largest process':>18}   target",
    ]
    for row in rows:
        numbers = f"{row.fastest:>9.2f} s{row.median:>9.2f} s{row.ratio:>9.2f}{row.largest:>14.0f} MiB"
        lines.append(f"{row.name:<36}{numbers}   {row.target or '':<9}{verdict(row.reached)}".rstrip())
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    options = parser("Measure transform over several processes.", events=40_000, repeat=3)
    options.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="how many processes, the first to compare with (1 2)")
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        size = prepare(Path(name), chosen.events)
        rows = measure(Path(name), chosen.workers, chosen.repeat)
    print(report(rows, chosen.events, size))
    write(chosen, "x 1 worker", [asdict(row) for row in rows], bytes=size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
