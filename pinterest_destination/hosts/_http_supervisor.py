"""Child processes that are kept alive, and ended in an orderly way."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import NoReturn

from attrs import define

from ._http_log import Log

_PATIENCE = 0.05
"""Seconds between two looks at the children."""
_SHORT_LIFE = 5.0
"""Seconds; a child that ends earlier has a reason that the next one will have as well, and is started again ever more slowly."""
_SLOWEST = 10.0
_TOGETHER = 0.5
"""Seconds in which signals are the same one: who ends a process and its group, as timeout(1) does, sends it twice."""
_HEARD = frozenset({signal.SIGTERM, signal.SIGINT})
_SLACK = 2.0
"""Seconds beyond the grace before a child is killed: it ends its requests itself when the grace is over."""

Job = Callable[[], None]


@define(eq=False)
class _Child:
    name: str
    job: Job
    pid: int = 0
    """0 while it does not run."""
    started: float = 0.0
    due: float = 0.0
    short_lives: int = 0


class Supervisor:
    """Runs *workers*, and one *helper* that ends last, each in a process of its own, until SIGTERM or Ctrl-C.

    Both then get *grace* seconds for what they are doing; a second signal ends everything at once. *restarted* is called
    when a worker takes the place of a dead one, *stopping* when the end has come. A signal may go to the whole process
    group: workers end by it as they would anyway, the helper stays until the parent ends it. Only where there is
    `os.fork`, and in the main thread.
    """

    def __init__(self, workers: Sequence[Job], helper: Job, grace: float, log: Log, *, restarted: Callable[[], None], stopping: Callable[[], None]) -> None:
        self._workers = [_Child(f"worker {number}", job) for number, job in enumerate(workers, 1)]
        self._helper = _Child("metrics", helper)
        self._grace, self._log, self._restarted, self._stopping = grace, log, restarted, stopping
        self._ending = self._hurried = False
        self._heard = 0.0

    def run(self, ready: Callable[[], None]) -> None:
        """Start the children, call *ready*, and return when all of them have ended."""
        children = [self._helper, *self._workers]
        with self._listening():
            for child in children:
                self._start(child)
            ready()
            while not self._ending:
                time.sleep(_PATIENCE)
                self._look_after(children)
            self._log.write("info", "stopping")
            self._stopping()
            self._end(self._workers, self._grace + _SLACK)
            self._end([self._helper], 0)
            self._log.write("info", "stopped")

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        before = [(number, signal.signal(number, self._hear)) for number in _HEARD]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        self._hurried = self._hurried or (self._ending and now - self._heard > _TOGETHER)
        self._heard = self._heard if self._ending else now
        self._ending = True

    def _start(self, child: _Child) -> None:
        child.started = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)  # to a child that still had the parent's handlers, what comes now would be lost
        try:
            child.pid = os.fork() or self._be(child)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)

    def _be(self, child: _Child) -> NoReturn:
        """Be the child: do its job, and end without a trace of the parent's own endings."""
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_IGN if child is self._helper else signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of them; the parent decides what it means
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
            child.job()
            code = 0
        except BaseException as error:
            if not isinstance(error, SystemExit):
                self._log.fault(f"{child.name} has failed", error)
        finally:
            os._exit(code)

    def _look_after(self, children: Sequence[_Child]) -> None:
        """Start again what has ended."""
        now = time.monotonic()
        for child in children:
            if child.pid and _has_ended(child) and not self._ending:
                child.short_lives = child.short_lives + 1 if now - child.started < _SHORT_LIFE else 0
                child.due = now + (min(_SLOWEST, 0.1 * 2**child.short_lives) if child.short_lives else 0)
                self._log.write("error", "a process has ended, and is started again", child=child.name)
            if not child.pid and now >= child.due and not self._ending:
                self._start(child)
                if child is not self._helper:
                    self._restarted()

    def _end(self, children: Sequence[_Child], seconds: float) -> None:
        """Have them end within so many seconds, 0 for at once; at once as well when somebody will not wait any longer."""
        deadline = time.monotonic() + seconds
        _send(children, signal.SIGTERM)
        while [child for child in children if child.pid and not _has_ended(child)]:
            if time.monotonic() >= deadline or self._hurried:
                _send(children, signal.SIGKILL)
            time.sleep(_PATIENCE)


def _has_ended(child: _Child) -> bool:
    """Tell whether the process has ended, and forget it if so."""
    ended = os.waitpid(child.pid, os.WNOHANG)[0] != 0
    child.pid = 0 if ended else child.pid
    return ended


def _send(children: Sequence[_Child], number: int) -> None:
    for child in children:
        if child.pid:
            os.kill(child.pid, number)
