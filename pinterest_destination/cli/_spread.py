"""`transform` over several processes: which input is worth it, what a process makes of a shard, and how that comes together."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from ..destination import Destination, To
from ._exits import BrokenOff
from ._input import Input, lines_within
from ._interrupt import Interrupt
from ._output import Write, WriteLines, json_line
from ._progress import Tick
from ._shards import Shard, cut
from ._summary import Summary
from ._transforming import Run, forget

if TYPE_CHECKING:
    from ._pool import Pool

SHARD = 1024 * 1024
"""Bytes: some hundred events, so that handing them out costs next to nothing, and what is done before its turn little memory."""
SMALLEST = 4 * SHARD
"""Bytes of input below which one process is done before others are of use."""
_PART = 64 * 1024
"""Bytes of output after which a part ends; Ctrl-C is heard between two of them."""


@define
class Part:
    """What came of some lines in a row."""

    output: bytearray = field(factory=bytearray)
    problems: bytearray = field(factory=bytearray)
    summary: Summary = field(factory=Summary)

    def run(self, destination: Destination, to: To, *, with_problems: bool) -> Run:
        """Give what adds to this part."""
        note = self._note if with_problems else forget
        return Run(destination, to, self._write, note, self.summary)

    def _write(self, value: object) -> None:
        self.output += json_line(value)

    def _note(self, value: object) -> None:
        self.problems += json_line(value)

    def is_full(self) -> bool:
        """Tell whether another one is to begin."""
        return len(self.output) + len(self.problems) >= _PART


@frozen
class Job:
    """What a process does with a shard of the file that has this descriptor."""

    file: int
    destination: Destination
    to: To
    with_problems: bool

    def __call__(self, shard: Shard) -> list[Part]:
        """Transform the lines of a shard."""
        parts: list[Part] = []
        for record in lines_within(self.file, shard.start, shard.end, shard.before):
            if not parts or parts[-1].is_full():
                parts.append(Part())
                run = parts[-1].run(self.destination, self.to, with_problems=self.with_problems)
            run.add(record)
        return parts


@frozen
class Pass:
    """One pass over the input. *note* is None where nobody wants the problems; *say* is for what happens to processes and costs nothing."""

    destination: Destination
    to: To
    write: WriteLines
    note: WriteLines | None
    tick: Tick
    summary: Summary
    say: Callable[[str], None]

    def alone(self, events: Input, interrupt: Interrupt) -> None:
        """Write what comes of each event, in this process. Ctrl-C raises `KeyboardInterrupt`."""
        note = _lines_to(self.note) if self.note else forget
        run = Run(self.destination, self.to, _lines_to(self.write), note, self.summary)
        for record in interrupt.reading(events.records()):
            run.add(record)
            self.tick(self.summary.events)

    def shared(self, events: Input, first: tuple[int, int], count: int, interrupt: Interrupt) -> None:
        """Write what comes of each event from the *first* line on (so many bytes and lines stand before it), with *count* processes.

        Where the system gives fewer processes, or none, the work is done by those there are. Ctrl-C raises `KeyboardInterrupt`.
        Raises `BrokenOff` where two processes have died over the same lines, or one can have no successor; what came of all
        before is written then.
        """
        from ._pool import NoProcess, Pool

        job = Job(events.file.fileno(), self.destination, self.to, self.note is not None)
        with contextlib.ExitStack() as stack:
            try:
                pool = stack.enter_context(Pool(job, count, self._died, self._fewer))
            except NoProcess as none:
                self.say(f"The system gives no other process ({none}); this one does all the work.")
                self.alone(events, interrupt)
            else:
                self._pooled(events, first, pool, interrupt)

    def _pooled(self, events: Input, first: tuple[int, int], pool: Pool[Shard, list[Part]], interrupt: Interrupt) -> None:
        from ._pool import Lost, NoProcess

        try:
            for part in interrupt.reading(_in_turn(events, pool.results(cut(_pieces(events.file.fileno(), first[0]), *first, SHARD)))):
                self._add(part)
        except Lost as lost:
            raise BrokenOff(f"two processes have died over {lost.args[0]}; nothing is written of what comes from there on") from None
        except NoProcess as none:
            raise BrokenOff(f"a process has died, and the system gives no other ({none}); nothing is written of what was left to do") from None

    def _add(self, part: Part) -> None:
        self.write(part.output)
        if self.note:
            self.note(part.problems)
        self.summary.merge(part.summary)
        self.tick(self.summary.events)

    def _fewer(self, count: int, why: str) -> None:
        self.say(f"The system gives no more than {count} of the processes ({why}); they do all the work.")

    def _died(self, shard: Shard, how: str) -> None:
        self.say(f"A process has died ({how}) over {shard}; another one tries again.")


def _lines_to(write: WriteLines) -> Write:
    return lambda value: write(json_line(value))


def _in_turn(events: Input, results: Iterator[tuple[Shard, list[Part]]]) -> Iterator[Part]:
    """Yield the parts; the file then stands behind those that have been used, as if it had been read that far."""
    for shard, parts in results:
        yield from parts
        events.file.seek(shard.end)


def _pieces(number: int, at: int) -> Iterator[bytes]:
    while piece := os.pread(number, SHARD, at):
        yield piece
        at += len(piece)


def processes(wanted: int | None, events: Input) -> int:
    """Tell how many processes to use where *wanted* are: one each for this machine's CPUs if None, and no more than there are shards.

    One for what has no size or is small, and where processes cannot be forked.
    """
    size = (events.size or 0) - (events.position() if events.size else 0)
    if size < SMALLEST or not hasattr(os, "fork"):
        return 1
    return min(wanted or cpus(), size // SHARD)


def cpus() -> int:
    """Count the CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
