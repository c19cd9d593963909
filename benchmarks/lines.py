"""Measure JSON Lines to JSON Lines: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/lines.py`.

The floor is what no program can do without: reading with orjson, the twelve digests, writing with orjson. Beside it stand the
Conversions API events of the same lines: with orjson on both sides, as a program of one's own may have it (written by hand, too),
and as `transform` reads and writes, with the extra `fast` and without; last, the whole command, from file to file in one process.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from benchmarks._common import Row, Taken, Work, finish, measured, parser, rounds, row, times
from benchmarks.events import NOW, Event, fresh, orders
from benchmarks.reference import capi_event
from benchmarks.transform import SETTINGS, hash_all, normalised
from pinterest_destination import Destination
from pinterest_destination._quick import quick
from pinterest_destination.cli import _records
from pinterest_destination.cli._output import json_line

FLOOR = "floor: orjson in, 12 digests, orjson out"
BY_HAND = "orjson in, by hand to CAPI, orjson out"
ORJSON = "orjson in, transform to CAPI, orjson out"
FAST, PLAIN = "as the command does it, with the extra fast", "as the command does it, without"
COMMAND = {"the command, with the extra fast": "", "the command, without": "sys.modules['orjson'] = None; "}
"""By what is done to the process first."""


def works(events: Sequence[Event]) -> dict[str, Work]:
    """Give the kinds of work by name, the floor first; each goes through all lines once."""
    import orjson

    destination = Destination(SETTINGS, clock=NOW.timestamp)
    lines = [json.dumps(event).encode() for event in events]
    each = list(zip(lines, map(normalised, events), [destination.transform(event, "capi").capi for event in events], strict=True))
    reading = {FAST: quick(), PLAIN: _no_json}

    def floor() -> None:
        for line, values, payload in each:
            orjson.loads(line)
            hash_all([values])
            orjson.dumps(payload)

    def command(name: str) -> Work:
        def work() -> None:
            _records.quick = lambda: reading[name]  # type: ignore[assignment, attr-defined]  # in place of what the command finds
            for line in lines:
                json_line(destination.transform(_records.event(line), "capi").capi)

        return work

    return {
        FLOOR: floor,
        BY_HAND: lambda: [orjson.dumps([capi_event(orjson.loads(line))]) for line in lines],
        ORJSON: lambda: [orjson.dumps(destination.transform(orjson.loads(line), "capi").capi) for line in lines],
        FAST: command(FAST),
        PLAIN: command(PLAIN),
    }


def _no_json(_: bytes) -> object:
    raise ValueError


def whole(events: Sequence[Event], folder: Path) -> dict[str, Callable[[], float]]:
    """Give what runs the command from file to file, by name, and gives its seconds of processor time."""
    (folder / "settings.json").write_text(json.dumps(SETTINGS), "utf-8")
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events), "utf-8")
    words = ["transform", "events.jsonl", "-s", "settings.json", "--to", "capi", "-o", "out.jsonl", "-q", "--workers", "1"]

    def run(first: str) -> Callable[[], float]:
        return lambda: measured(["-c", f"import sys; {first}from pinterest_destination.cli import main; main()", *words], folder).processor

    return {name: run(first) for name, first in COMMAND.items()}


def command_rounds(events: Sequence[Event], repeat: int) -> Taken:
    """Run the command in *repeat* rounds, over a file of ten times the *events*; give the microseconds per event, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        runs = whole(fresh(events) * 10, Path(folder))
        taken: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(repeat):
            for name, run in runs.items():
                taken[name].append(run() / len(events) / 10 * 1e6)
    return taken


def measure(events: Sequence[Event], repeat: int) -> list[Row]:
    """Measure all kinds of work in *repeat* rounds."""
    taken = rounds(works(events), repeat, len(events))
    rows = [row(name, "us", each, taken[FLOOR]) for name, each in taken.items()]
    command = command_rounds(events, repeat)
    with_it, without = command.values()
    return [
        *(each.below(2.2, "x floor") if each.name in (ORJSON, FAST) else each for each in rows),
        times(f"{FAST} / without", taken[FAST], taken[PLAIN], 1),
        *(row(name, "us", each) for name, each in command.items()),
        times(f"{next(iter(COMMAND))} / without", with_it, without, 1),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    chosen = parser("Measure JSON Lines to JSON Lines.", events=1000, repeat=7, seed=True).parse_args(arguments)
    try:
        import orjson  # noqa: F401
    except ModuleNotFoundError:
        print("JSON Lines to JSON Lines is not measured: orjson is not installed (the extra fast)")
        if chosen.json:
            chosen.json.unlink(missing_ok=True)  # what an earlier run measured is not of this one
        return 0
    rows = measure(orders(chosen.events, chosen.seed), chosen.repeat)
    return finish(f"{chosen.events:,} orders of 3 products and 12 identifiers, to CAPI; per event", rows, chosen)


if __name__ == "__main__":
    sys.exit(main())
