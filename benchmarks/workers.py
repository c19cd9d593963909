"""Measure `transform` over several processes: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/workers.py`.

The same file goes through the command with one process and with more, in rounds, file to file; the outputs must be equal. A
file below 4 MiB, such as that of a short run, is never shared out, so that its ratio is about 1.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from attrs import asdict, frozen

from benchmarks.events import orders

ROOT = Path(__file__).parents[1]
DIFFERENT = 2000
"""Orders that are made; a larger file repeats them."""


@frozen
class Row:
    """What was measured with so many processes."""

    workers: int
    fastest: float
    median: float
    """Seconds, start of the command included."""
    gain: float
    """How many times faster than one process in the same round, the median over all rounds."""
    largest: float
    """MiB of memory of the largest process."""


def run(folder: Path, workers: int) -> tuple[float, float]:
    """Run the command; give its seconds, and the MiB of the largest of its processes."""
    words = ("transform", "events.jsonl", "-s", "settings.json", "-o", f"out{workers}.jsonl", "-q", "--workers", str(workers))
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "pinterest_destination", *words], cwd=folder, env=environment)  # noqa: S603  # our own words
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"transform --workers {workers} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def measure(folder: Path, counts: Sequence[int], repeat: int) -> list[Row]:
    """Measure each number of processes in *repeat* rounds. The first is what the others are compared with."""
    rounds = []
    for _ in range(repeat):
        rounds.append({count: run(folder, count) for count in counts})
        if not all(filecmp.cmp(folder / f"out{counts[0]}.jsonl", folder / f"out{count}.jsonl", shallow=False) for count in counts):
            sys.exit("the outputs differ")
    return [_row(count, [each[count] for each in rounds], [each[counts[0]][0] for each in rounds]) for count in counts]


def _row(count: int, taken: Sequence[tuple[float, float]], alone: Sequence[float]) -> Row:
    seconds = [each for each, _ in taken]
    gain = median(one / own for one, own in zip(alone, seconds, strict=True))
    return Row(count, min(seconds), median(seconds), gain, max(memory for _, memory in taken))


def write(folder: Path, events: int) -> int:
    """Write settings and events; give the bytes of the events."""
    (folder / "settings.json").write_text('{"tag_id": "2612345678901"}')
    lines = [f"{json.dumps(order)}\n" for order in orders(min(events, DIFFERENT), 1)]
    with (folder / "events.jsonl").open("w") as file:
        for number in range(events):
            file.write(lines[number % len(lines)])
    return (folder / "events.jsonl").stat().st_size


def report(rows: Sequence[Row], events: int, size: int) -> str:
    """The rows as a table."""
    lines = [
        f"{events} orders, {size / 1e6:.0f} MB, JSON Lines to JSON Lines; Python {platform.python_version()}, {platform.machine()}",
        "",
        f"{'':<12}{'fastest':>11}{'median':>11}{'gain':>8}{'largest process':>18}",
    ]
    for row in rows:
        name = f"{row.workers} worker{'s' if row.workers > 1 else ''}"
        lines.append(f"{name:<12}{row.fastest:>9.2f} s{row.median:>9.2f} s{row.gain:>8.2f}{row.largest:>14.0f} MiB")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure transform over several processes.")
    parser.add_argument("--events", type=int, default=int(os.environ.get("BENCH_EVENTS") or 40_000), help="how many orders (BENCH_EVENTS, else 40000)")
    parser.add_argument("--repeat", type=int, default=3, help="how many rounds (3)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="how many processes, the first to compare with (1 2)")
    parser.add_argument("--json", action="store_true", help="print JSON instead")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        size = write(Path(name), chosen.events)
        rows = measure(Path(name), chosen.workers, chosen.repeat)
    print(json.dumps([asdict(row) for row in rows], indent=2) if chosen.json else report(rows, chosen.events, size))
    return 0


if __name__ == "__main__":
    sys.exit(main())
