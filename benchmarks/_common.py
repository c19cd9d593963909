"""What the benchmarks share: work in rounds, rows beside a floor, processes with their memory, the command line, tables, JSON."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from attrs import asdict, evolve, frozen

ROOT = Path(__file__).parents[1]

Work = Callable[[], object]
Taken = Mapping[str, Sequence[float]]
"""What each kind of work took, round by round."""


@frozen
class Row:
    """What was measured of one kind of work."""

    name: str
    unit: str
    minimum: float
    median: float
    ratio: float | None = None
    """To the work beside it, in the same round, the median over all rounds; None where there is none."""
    target: str | None = None
    reached: bool | None = None

    def below(self, limit: float, unit: str) -> Row:
        """The same with what it should stay below: so many times the work beside it, or so much by itself."""
        value = self.median if self.ratio is None else self.ratio
        return evolve(self, target=f"< {limit:g} {unit}", reached=value < limit)


def row(name: str, unit: str, taken: Sequence[float], floor: Sequence[float] = ()) -> Row:
    """Make the row of what was *taken* in each round, beside a *floor* that was taken in the same ones."""
    ratio = median(own / least for own, least in zip(taken, floor, strict=True)) if floor else None
    return Row(name, unit, min(taken), median(taken), ratio)


def times(name: str, taken: Sequence[float], other: Sequence[float], below: float) -> Row:
    """Make the row that compares two kinds of work of the same rounds, and should stay *below* so many times."""
    ratios = [own / beside for own, beside in zip(taken, other, strict=True)]
    return Row(name, "x ", min(ratios), median(ratios), median(ratios)).below(below, "x")


# -- measuring


def rounds(kinds: Mapping[str, Work], repeat: int, events: int) -> dict[str, list[float]]:
    """Do each kind of work once in each of so many rounds; give the microseconds for each of its *events*.

    So a machine that is slow for a while is as slow for all of them.
    """
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(repeat):
        for name, work in kinds.items():
            taken[name].append(timed(work) / events * 1e6)
    return taken


def timed(work: Work) -> float:
    """Seconds of processor time that *work* takes, without what the work before has left to be cleared away."""
    gc.collect()
    started = time.process_time()
    work()
    return max(time.process_time() - started, 1e-9)  # some clocks are coarse


@frozen
class Ran:
    """A command that has ended well."""

    seconds: float
    processor: float
    """Seconds of processor time of all its processes."""
    memory: float
    """MiB of the largest of its processes."""


_LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = [time.perf_counter() - started, usage.ru_utime + usage.ru_stime]
print(json.dumps([*seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]), file=sys.stderr)
"""
"""A small process between this one and the one that is measured, whose memory would else count as at least this one's."""


def measured(code: Sequence[str], folder: Path) -> Ran:
    """Run Python with these words in *folder*. Ends the program where that fails."""
    command = [sys.executable, "-S", "-c", _LAUNCHER, sys.executable, *code]
    done = subprocess.run(command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True, check=True)  # noqa: S603  # our own words
    *said, numbers = done.stderr.splitlines()
    *figures, status = json.loads(numbers)
    if status:
        sys.exit("\n".join([*said, f"{' '.join(code)} ended with {status}"]))
    return Ran(*figures)


def environment() -> dict[str, str]:
    """That of this process, with this checkout in front."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}


# -- command line, tables and JSON


def parser(description: str, *, events: int, repeat: int, seed: bool = False) -> argparse.ArgumentParser:
    """Make what reads the command line, with the options that all benchmarks have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--events", type=count, default=os.environ.get("BENCH_EVENTS") or str(events), help=f"how many events (BENCH_EVENTS, else {events})")
    made.add_argument("--repeat", type=count, default=str(repeat), help=f"how many rounds ({repeat})")
    made.add_argument("--json", type=writable, metavar="FILE", help="write the same as JSON")
    if seed:
        made.add_argument("--seed", type=int, default=20260302, help="of the events")
    return made


def count(text: str) -> int:
    """Read a number of at least one. Raises `argparse.ArgumentTypeError` for anything else."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def writable(text: str) -> Path:
    """Read the path of a file to write. Raises `argparse.ArgumentTypeError` where its folder is not there, before anything is measured."""
    path = Path(text)
    if not path.parent.is_dir() or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no file in a folder that is there")
    return path


def finish(title: str, rows: Sequence[Row], chosen: argparse.Namespace, beside: str = "x floor", **more: Any) -> int:
    """Print the rows under a title, and write them; *beside* heads the ratios. A target that is missed is no failure: machines differ."""
    print(f"{title}, {chosen.repeat} rounds; {python()}\n")
    print(table(rows, beside))
    write(chosen, beside, [asdict(each) for each in rows], **more)
    return 0


def table(rows: Sequence[Row], beside: str) -> str:
    """The rows as a table."""
    width = max(len(each.name) for each in rows) + 2
    lines = [f"{'':<{width}}{'minimum':>11}{'median':>11}{beside:>14}   target"]
    for each in rows:
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        numbers = f"{each.minimum:>8.1f} {each.unit}{each.median:>8.1f} {each.unit}" if each.unit != "x " else f"{each.minimum:>11.2f}{each.median:>11.2f}"
        lines.append(f"{each.name:<{width}}{numbers}{ratio:>14}   {each.target or '':<19}{verdict(each.reached)}".rstrip())
    return "\n".join(lines)


def verdict(reached: bool | None) -> str:
    """Say whether a target is reached; nothing where there is none."""
    return {None: "", True: "reached", False: "missed"}[reached]


def python() -> str:
    """The Python and the machine."""
    return f"Python {platform.python_version()}, {platform.machine()}"


def write(chosen: argparse.Namespace, beside: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Write rows as JSON where that is asked for; each has name, ratio, target and reached."""
    if chosen.json:
        numbers = {name: value for name, value in vars(chosen).items() if isinstance(value, int)}
        head = {**numbers, "python": platform.python_version(), "beside": beside, **more}
        chosen.json.write_text(json.dumps({**head, "rows": list(rows)}, indent=2) + "\n", "utf-8")
