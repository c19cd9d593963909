"""Count instructions where wall time is noise: `python benchmarks/instructions.py`, some minutes with `valgrind`, seconds with `perf`.

Each kind of work of `benchmarks/transform.py` runs in a process of its own, and so does one that makes everything ready and then
does nothing; the difference is the work. Counted is with `perf stat` where the machine lets it, else with `valgrind --tool=callgrind`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from benchmarks._common import Row, environment, finish, parser, row, times
from benchmarks.events import orders
from benchmarks.transform import BOTH, BY_HAND, CAPI, COMPARED, FLOOR, works

COUNTED = (FLOOR, BY_HAND, CAPI, BOTH)
PASSES = 2

Counter = Callable[[Sequence[str]], int | None]
"""Gives the instructions of a command; None where they cannot be counted."""


def perf(command: Sequence[str]) -> int | None:
    """Count with the processor's own counters, in user mode."""
    return _counted(["perf", "stat", "-x", ",", "-e", "instructions:u", *command], r"^(\d+),")


def valgrind(command: Sequence[str]) -> int | None:
    """Count with a simulated processor."""
    with tempfile.TemporaryDirectory() as folder:
        return _counted(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *command], r"Collected : (\d+)")


def _counted(command: Sequence[str], pattern: str) -> int | None:
    try:
        done = subprocess.run(command, env={**environment(), "PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    except FileNotFoundError:
        return None
    found = re.search(pattern, done.stderr, re.MULTILINE)
    return int(found[1]) if found and done.returncode == 0 else None


def counter() -> Counter | None:
    """Give the first that can count here."""
    return next((each for each in (perf, valgrind) if each([sys.executable, "-S", "-c", ""])), None)


def work(name: str, events: int, seed: int) -> None:
    """Make everything ready, and do one kind of work; nothing for ""."""
    kinds = works(orders(events, seed))
    for _ in range(PASSES if name else 0):
        kinds[name]()


def measure(counting: Counter, events: int, seed: int, kinds: Sequence[str] = COUNTED) -> list[Row]:
    """Count the thousands of instructions per event of each of these *kinds* of work, the floor among them."""
    ready = _of("", counting, events, seed)
    taken = {name: [(_of(name, counting, events, seed) - ready) / events / PASSES / 1000] for name in kinds}
    rows = [row(name, "k ", each, taken[FLOOR]) for name, each in taken.items()]
    compared = [each for each in COMPARED if taken.keys() >= {each[0], each[1]}]
    return [*rows, *(times(f"{name} / {other}", taken[name], taken[other], below) for name, other, below in compared)]


def _of(name: str, counting: Counter, events: int, seed: int) -> int:
    found = counting([sys.executable, str(Path(__file__)), "--events", str(events), "--seed", str(seed), "--work", name])
    if found is None:
        sys.exit(f"the instructions of {name or 'making ready'} cannot be counted")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Count, print, and write."""
    options = parser("Count the instructions of transforming, per event.", events=100, repeat=1, seed=True)
    options.add_argument("--floor", action="store_true", help="count the floor alone")
    options.add_argument("--work", help="do this kind of work once, and count nothing: what is run to be counted")
    chosen = options.parse_args(arguments)
    if chosen.work is not None:
        work(chosen.work, chosen.events, chosen.seed)
        return 0
    counting = counter()
    if counting is None:
        print("Instructions are not counted: neither perf nor valgrind can do it here")
        return 0
    return finish(f"Thousands of instructions for each of {chosen.events} orders, counted with {counting.__name__}", measure(counting, chosen.events, chosen.seed, (FLOOR,) if chosen.floor else COUNTED), chosen)


if __name__ == "__main__":
    sys.exit(main())
