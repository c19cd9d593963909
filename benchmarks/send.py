"""Measure delivery from end to end: `make bench` (BENCH_EVENTS=2000 for a short run), or `python benchmarks/send.py`.

The same file goes through `transform` and through `send` into a sandbox, each in a process of its own, in rounds. The sandbox
is in this process: it checks every event against the schema, and takes its share of a machine with few cores.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from benchmarks._common import Row, finish, measured, parser, row
from benchmarks.events import fresh, orders
from pinterest_destination.testing import Sandbox

ACCOUNT = "549755885175"
FLOOR = "transform, file to file"


def run(*words: str, folder: Path) -> float:
    """Run the command in *folder*; give its seconds."""
    return measured(["-m", "pinterest_destination", *words], folder).seconds


def works(folder: Path) -> dict[str, Callable[[], float]]:
    """Each kind of work, as what gives its seconds."""

    def transform() -> float:
        return run("transform", "events.jsonl", "-s", "settings.json", "--to", "capi", "-o", "out.jsonl", "-q", "--workers", "1", folder=folder)

    def send() -> float:
        with Sandbox(keep=1000) as sandbox:
            settings(folder, sandbox.url)
            for path in folder.glob("outbox.sqlite3*"):
                path.unlink()
            return run("send", "events.jsonl", "-s", "settings.json", "--outbox", "outbox.sqlite3", "-q", folder=folder)

    return {FLOOR: transform, "send, into the sandbox": send}


def settings(folder: Path, url: str) -> None:
    """Write the settings of the run."""
    document = {"ad_account_id": ACCOUNT, "conversion_token": "sandbox-token", "delivery": {"base_url": url}}
    (folder / "settings.json").write_text(json.dumps(document), "utf-8")


def measure(events: int, repeat: int, folder: Path) -> list[Row]:
    """Measure each kind of work *repeat* times, in turn, in microseconds per event, the start of the process included."""
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in fresh(orders(events, 1))), "utf-8")
    settings(folder, "http://127.0.0.1:9")
    kinds = works(folder)
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(repeat):
        for name, work in kinds.items():
            taken[name].append(work() / events * 1e6)
    return [row(name, "us", each, taken[FLOOR]) for name, each in taken.items()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    chosen = parser("Measure delivery from end to end.", events=20_000, repeat=3).parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(chosen.events, chosen.repeat, Path(folder))
    return finish(f"{chosen.events:,} orders in one file", rows, chosen)


if __name__ == "__main__":
    sys.exit(main())
