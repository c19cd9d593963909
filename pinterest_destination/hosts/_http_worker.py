"""One worker process: uvicorn with the application of a `Service`, on a socket that listens already."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn

from . import _http_metrics as metrics
from ._http_protocol import Protocol
from ._http_refused import Refused
from ._http_service import Service
from .http import application

_KEEP_ALIVE = 75
"""Seconds that a connection may be idle: longer than clients keep theirs, so that it is they who close it."""


class Server(uvicorn.Server):
    """uvicorn's own, which ends in an orderly way, with nothing raised, on SIGTERM and when nobody wants it any more."""

    def __init__(self, config: uvicorn.Config, is_wanted: Callable[[], bool]) -> None:
        super().__init__(config)
        self._is_wanted = is_wanted

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM, and Ctrl-C unless it is ignored: then it is meant for the parent."""
        heard = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN]
        heard = heard if threading.current_thread() is threading.main_thread() else []
        before = [(number, signal.signal(number, self.handle_exit)) for number in heard]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    async def on_tick(self, counter: int) -> bool:
        """Tell whether it is time to end."""
        return await super().on_tick(counter) or not self._is_wanted()


def _protocol(service: Service) -> type[Protocol]:
    """Give the protocol with the limit, the numbers and the log of *service*."""

    class Limited(Protocol):
        """This service's own."""

        seconds = service.limits.seconds

        def count(self, why: Refused) -> None:
            service.row.add(metrics.CONNECTIONS, why.code)
            service.log.write("warning", "a connection is refused", status=why.status, code=why.code)

    return Limited


def make_server(service: Service, grace: float, is_wanted: Callable[[], bool] = lambda: True) -> Server:
    """Make the server of a worker, which gives requests *grace* seconds to end once it has to, or *is_wanted* says no."""
    config = uvicorn.Config(
        application(service),
        loop="asyncio",
        http=_protocol(service),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, round(grace)),
    )
    service.log.take_over()
    return Server(config, is_wanted)


def work(service: Service, listener: socket.socket, grace: float, is_wanted: Callable[[], bool]) -> None:
    """Answer what comes in at *listener*, until SIGTERM, or until *is_wanted* says no."""
    server = make_server(service, grace, is_wanted)
    try:
        asyncio.run(server.serve([listener]))
    finally:
        service.close()
