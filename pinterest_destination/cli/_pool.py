"""Processes that share one kind of work: results in the order of the tasks, a bounded number ahead, and a death is survived once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Generic, NoReturn, Self, TypeVar

from attrs import define, field

AHEAD = 2
"""Tasks per process that may be handed out, or done, before their turn: what memory holds at most, and what evens out slow ones."""

Task = TypeVar("Task")
Result = TypeVar("Result")


class Lost(Exception):
    """A process has died over the same task twice; the argument is the task."""


class NoProcess(Exception):
    """The system has no process to give; the argument is its reason."""


@define(eq=False)
class _Job(Generic[Task, Result]):
    task: Task
    results: list[Result] = field(factory=list)
    """The result, once it is there."""
    deaths: int = 0


@define(eq=False)
class _Worker:
    pid: int
    connection: Connection[Any, Any]
    job: _Job[Any, Any] | None = None


class Pool(Generic[Task, Result]):
    """So many processes doing *work*, forked when it is entered and gone when it is left; *died* is told of a death that is made good.

    Where the system gives fewer, *fewer* is told how many there are, and why. Entering raises `NoProcess` where it gives none.
    *work* and whatever it refers to are those of the moment of entering. Tasks and results go through pipes, so both are
    pickled. Only where there is `os.fork`, and in a process without other threads.
    """

    def __init__(
        self, work: Callable[[Task], Result], count: int, died: Callable[[Task, str], None], fewer: Callable[[int, str], None] = lambda *_: None
    ) -> None:
        self._work, self._count, self._died, self._fewer = work, count, died, fewer
        self._workers: list[_Worker] = []
        self._jobs: deque[_Job[Task, Result]] = deque()

    def __enter__(self) -> Self:
        try:
            self._start_all()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def _start_all(self) -> None:
        try:
            for _ in range(self._count):
                self._start()
        except NoProcess as none:
            if not self._workers:
                raise
            self._count = len(self._workers)
            self._fewer(self._count, str(none))

    def results(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result]]:
        """Yield each task with its result, in order. *tasks* are asked for no earlier than a process is free for one.

        Raises `Lost` in the place of a task over which two processes have died, `NoProcess` where there is none for one that has died.
        """
        rest = iter(tasks)
        while self._hand_out(rest) or self._jobs:
            first = self._jobs[0]
            if first.results:
                self._jobs.popleft()
                yield first.task, first.results[0]
            elif first.deaths > 1:
                raise Lost(first.task)
            else:
                self._collect()

    def _hand_out(self, rest: Iterator[Task]) -> bool:
        """Give free processes something to do, as far as that is not too far ahead; tell whether there was more."""
        for worker in [worker for worker in self._workers if worker.job is None]:
            if len(self._jobs) >= self._count * AHEAD:
                break
            for task in rest:
                job = _Job[Task, Result](task)
                self._jobs.append(job)
                self._give(worker, job)
                break
            else:
                return False
        return True

    def _give(self, worker: _Worker, job: _Job[Task, Result]) -> None:
        worker.job = job
        with contextlib.suppress(OSError):  # it has died; reading from it tells
            worker.connection.send(job.task)

    def _collect(self) -> None:
        """Wait for results, or deaths."""
        busy = {worker.connection: worker for worker in self._workers if worker.job is not None}
        for ready in wait(list(busy)):
            worker = busy[ready]  # type: ignore[index]  # it gives what it got
            job, worker.job = worker.job, None
            assert job is not None  # noqa: S101  # busy ones have one
            try:
                job.results.append(worker.connection.recv())
            except (EOFError, OSError):
                self._replace(worker, job)

    def _replace(self, worker: _Worker, job: _Job[Task, Result]) -> None:
        """Put another process in the place of a dead one, with the same task if it was the first to die over it."""
        self._workers.remove(worker)
        worker.connection.close()
        how = _how(os.waitpid(worker.pid, 0)[1])
        job.deaths += 1
        successor = self._start()
        if job.deaths == 1:
            self._died(job.task, how)
            self._give(successor, job)

    def _start(self) -> _Worker:
        try:
            ours, theirs = Pipe()
        except OSError as error:
            raise NoProcess(error.strerror) from None
        with _without_interruption():
            pid = _fork(ours, theirs)
            if pid == 0:
                self._be(ours, theirs)
            theirs.close()  # so that a death is the end of what can be read, also for those that are forked later
            worker = _Worker(pid, ours)
            self._workers.append(worker)
        return worker

    def _be(self, ours: Connection[Any, Any], theirs: Connection[Any, Any]) -> NoReturn:
        """Be the process: nothing of the parent's is touched, and its end, however it comes, is noticed."""
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the parent decides what it means
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for connection in (ours, *(worker.connection for worker in self._workers)):
                connection.close()
            _detach()
            serve(theirs, self._work)
            code = 0
        finally:
            os._exit(code)  # without a traceback: it might hold values

    def _end(self) -> None:
        """End the processes; none holds anything that would be missed."""
        while self._workers:
            worker = self._workers[-1]
            worker.connection.close()
            os.kill(worker.pid, signal.SIGKILL)  # it exists until it is waited for
            os.waitpid(worker.pid, 0)
            self._workers.pop()


def serve(connection: Connection[Any, Any], work: Callable[[Any], Any]) -> None:
    """Answer every task on *connection* with its result, until the other side has gone."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(work(connection.recv()))


def _fork(*connections: Connection[Any, Any]) -> int:
    """Fork. Raises `NoProcess`, with the connections closed, where the system has reached a limit."""
    try:
        return os.fork()
    except OSError as error:
        for connection in connections:
            connection.close()
        raise NoProcess(error.strerror) from None


@contextlib.contextmanager
def _without_interruption() -> Iterator[None]:
    """Hold back Ctrl-C: a process that has been forked but is known to nobody could not be ended."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _detach() -> None:
    """Let go of standard output and error: whoever reads what the parent writes must not wait for this process to end, too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit code {code}"
