"""Measure delivery from end to end: `make bench` (BENCH_EVENTS=2000 for a short run), or `python benchmarks/send.py`.

The same file goes through `transform` and through `send` into a sandbox, each in a process of its own, in rounds. The sandbox
is in this process: it checks every event against the schema, and takes its share of a machine with few cores.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from attrs import asdict, frozen

from benchmarks.events import orders
from pinterest_destination.testing import Sandbox

ROOT = Path(__file__).parents[1]
ACCOUNT = "549755885175"
FLOOR = "transform, file to file"


@frozen
class Row:
    """One kind of work: events a second, start of the process included, and its time beside the floor's."""

    name: str
    slowest: float
    median: float
    fastest: float
    times_floor: float


def run(*words: str, folder: Path) -> float:
    """Run the command in *folder*; give its seconds. Raises `CalledProcessError` when it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pinterest_destination", *words], cwd=folder, env=environment, check=True, capture_output=True)  # noqa: S603  # our own words
    return time.perf_counter() - started


def works(folder: Path) -> dict[str, Callable[[], float]]:
    """Each kind of work, as what gives its seconds."""

    def transform() -> float:
        return run("transform", "events.jsonl", "-s", "settings.json", "--to", "capi", "-o", "out.jsonl", "-q", "--workers", "1", folder=folder)

    def send() -> float:
        with Sandbox(keep=1000) as sandbox:
            settings(folder, sandbox.url)
            for path in folder.glob("outbox.sqlite3*"):
                path.unlink()
            return run("send", "events.jsonl", "-s", "settings.json", "--outbox", "outbox.sqlite3", folder=folder)

    return {FLOOR: transform, "send, into the sandbox": send}


def settings(folder: Path, url: str) -> None:
    """Write the settings of the run."""
    document = {"ad_account_id": ACCOUNT, "conversion_token": "sandbox-token", "delivery": {"base_url": url}}
    (folder / "settings.json").write_text(json.dumps(document), "utf-8")


def fresh(count: int) -> str:
    """Orders of today, as JSON Lines: Pinterest refuses old ones."""
    now = time.time()
    return "".join(f"{json.dumps({**order, 'timestamp': now - 60})}\n" for order in orders(count, 1))


def measure(events: int, repeat: int, folder: Path) -> list[Row]:
    """Measure each kind of work *repeat* times, in turn."""
    (folder / "events.jsonl").write_text(fresh(events), "utf-8")
    settings(folder, "http://127.0.0.1:9")
    kinds = works(folder)
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(repeat):
        for name, work in kinds.items():
            taken[name].append(work())
    ratios = {name: median(a / b for a, b in zip(times, taken[FLOOR], strict=True)) for name, times in taken.items()}
    return [Row(name, events / max(times), events / median(times), events / min(times), ratios[name]) for name, times in taken.items()]


def report(rows: Sequence[Row], events: int, repeat: int) -> str:
    """The rows as a table."""
    head = f"{events:,} orders in one file, {repeat} rounds; Python {platform.python_version()}, {platform.machine()}"
    lines = [head, "", f"{'events/s':<30}{'slowest':>12}{'median':>12}{'fastest':>12}{'x floor':>10}"]
    lines += [f"{row.name:<30}{row.slowest:>12,.0f}{row.median:>12,.0f}{row.fastest:>12,.0f}{row.times_floor:>10.2f}" for row in rows]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description="Measure delivery from end to end.")
    parser.add_argument("--events", type=int, default=int(os.environ.get("BENCH_EVENTS", "20000")), help="orders in the file")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(options.events, options.repeat, Path(folder))
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else report(rows, options.events, options.repeat))
    return 0


if __name__ == "__main__":
    sys.exit(main())
