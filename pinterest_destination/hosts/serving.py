"""A whole service: sockets, worker processes, and the page of metrics. `pinterest-destination serve` runs one."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from attrs import field, frozen

from . import _http_metrics as metrics
from ._http_log import Log
from ._http_metrics_server import serve_metrics
from ._http_service import Options, Service
from ._http_sockets import listen, url
from ._http_supervisor import Supervisor
from ._http_worker import work
from ._settings_folder import unnamed
from .http import LABELS


@frozen
class Where:
    """Where a service listens, and with how many processes."""

    host: str = "127.0.0.1"
    port: int = 9090
    """0 for any that is free."""
    metrics_port: int = 9091
    workers: int = 1
    grace: float = 30.0
    """Seconds that requests get to end when the service has to."""


@frozen
class Running:
    """A service that has started."""

    url: str
    metrics_url: str
    workers: int


def serve(where: Where, options: Options, ready: Callable[[Running], None]) -> None:
    """Serve until SIGTERM or Ctrl-C, and call *ready* when there is somebody to answer. Raises `OSError` for a port that is taken.

    Where a system cannot fork, there is one worker, in this process.
    """
    workers = where.workers if hasattr(os, "fork") else 1
    with ExitStack() as sockets:
        listeners = [sockets.enter_context(listener) for listener in listen(where.host, where.port, workers)]
        (page,) = (sockets.enter_context(listener) for listener in listen(where.host, where.metrics_port))
        running = Running(url(listeners[0]), f"{url(page)}/metrics", workers)
        _serve(_Parts(where, options, listeners, page, metrics.Board(LABELS, workers + 1), Log(quiet=options.quiet)), running, ready)


@frozen
class _Parts:
    """What the processes are made of."""

    where: Where
    options: Options
    listeners: list[socket.socket]
    page: socket.socket
    board: metrics.Board
    log: Log
    starter: int = field(factory=os.getpid)
    """The process that starts the others, known before there are any: a child that asked for its parent might ask too late."""

    def is_wanted(self) -> bool:
        """Tell whether the process that has started this one is still there, or is this one."""
        return self.starter in (os.getpid(), os.getppid())

    def work(self, number: int) -> None:
        """Be a worker."""
        work(Service(self.options, self.board.row(number), self.log), self.listeners[number], self.where.grace, self.is_wanted)

    def show(self) -> None:
        """Show the page of metrics."""
        serve_metrics(self.board, self.page, self.is_wanted)

    def alone(self, job: Callable[[], None], own: socket.socket) -> None:
        """Do a *job* in a process of its own: with the sockets of others open, theirs would take connections after their end."""
        self.close_all(but=own)
        job()

    def close_all(self, but: socket.socket | None = None) -> None:
        """Close what listens."""
        for listener in (*self.listeners, self.page):
            if listener is not but:
                listener.close()


def _serve(parts: _Parts, running: Running, ready: Callable[[Running], None]) -> None:
    own = metrics.start(parts.board, running.workers, running.workers)
    parts.log.write("info", "listening", url=running.url, metrics=running.metrics_url, workers=running.workers)
    for name in unnamed(parts.options.settings_dir) if parts.options.settings_dir else ():
        parts.log.write("warning", "a settings file that no request can name", file=name)
    if not hasattr(os, "fork"):
        threading.Thread(target=parts.show, daemon=True).start()
        ready(running)
        parts.work(0)
        return
    gc.freeze()  # what is there already stays in memory that all processes share
    workers = [partial(parts.alone, partial(parts.work, number), listener) for number, listener in enumerate(parts.listeners)]
    helper = partial(parts.alone, parts.show, parts.page)
    supervisor = Supervisor(workers, helper, parts.where.grace, parts.log, restarted=lambda: own.add(metrics.RESTARTS), stopping=parts.close_all)
    supervisor.run(partial(ready, running))
