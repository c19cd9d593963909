"""Connections that know whether a request has gone out, and that give an answer only so long to come in as a whole.

Imported only when a `Client` is made: requests takes longer to import than all of this package.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Callable
from typing import Any

from attrs import frozen
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Progress(threading.local):
    """How far the request of this thread has come."""

    sent = False
    """Whether a byte of it has been handed to a connection that stands; until then it cannot have arrived."""


@frozen(eq=False)
class Watch:
    """What a connection must know beyond what urllib3 tells it."""

    progress: Progress
    seconds: float
    """How long sending a request may take, and again receiving the answer."""
    clock: Callable[[], float]
    """Seconds that never go back."""


def make_adapter(watch: Watch, connections: int) -> HTTPAdapter:
    """Make the adapter whose pool keeps at most so many connections to a server; more threads than that wait for one.

    It repeats no request and follows no redirect: that is decided elsewhere.
    """
    schemes = {"http": _pool(HTTPConnectionPool, _Connection, watch), "https": _pool(HTTPSConnectionPool, _TLSConnection, watch)}

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **more: Any) -> None:
            super().init_poolmanager(*args, **more)
            self.poolmanager.pool_classes_by_scheme = schemes

        def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
            manager = super().proxy_manager_for(*args, **more)
            manager.pool_classes_by_scheme = schemes
            return manager

    return Adapter(pool_maxsize=connections, pool_block=True)


def _pool(pool: type[HTTPConnectionPool], connection: type[_Connection], watch: Watch) -> type[HTTPConnectionPool]:
    """Give a kind of *pool* with watched connections; urllib3 takes their class, and nothing that could be handed to it."""
    return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": type(connection.__name__, (connection,), {"watch": watch})})


class _Connection(HTTPConnection):
    watch: Watch
    _connecting = False

    def connect(self) -> None:
        """Connect; what is sent meanwhile, to a proxy, is no part of the request."""
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Send with a limit of its own: urllib3 would give a large request no longer than the connecting may take."""
        if self.sock is None:
            self.connect()
        if not self._connecting:
            self.sock.settimeout(self.watch.seconds)
            self.watch.progress.sent = True
        super().send(data)

    def response_class(self, sock: socket.socket, *args: Any, **more: Any) -> _Response:  # type: ignore[override]
        """Make the response, as http.client asks for it once the request is out: from here its time runs."""
        return _Response(self.watch.clock() + self.watch.seconds, self.watch.clock, sock, *args, **more)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Response(http.client.HTTPResponse):
    def __init__(self, end: float, clock: Callable[[], float], sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self._reader = _Reader(self.fp.detach(), sock, end, clock)
        self.fp = io.BufferedReader(self._reader)

    def _read_status(self) -> tuple[str, int, str]:
        """Read on to the final answer: http.client takes an interim one (RFC 9110, 15.2) but 100 for it, and the rest for the next."""
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # typeshed does not list it
            if not 100 <= status < 200 or status == 101:
                return version, status, reason
            http.client.parse_headers(self.fp)

    def begin(self) -> None:
        """Read the head. http.client takes one that breaks off for a whole one.

        What in it cannot be parsed is dropped: urllib3 would log it, and it may echo the token. A connection with an
        answer that is none of Pinterest's is not used again: what else comes over it may be no answer at all.
        """
        super().begin()
        if self.status < 200 or 300 <= self.status < 400:
            self.will_close = True
        if self._reader.ended:
            raise http.client.IncompleteRead(b"")
        self.msg.defects.clear()
        self.msg.set_payload("")


class _Reader(io.RawIOBase):
    """The bytes of one answer, all of which must come before its time is over: each on its own may be as slow as it likes."""

    def __init__(self, inner: io.RawIOBase, sock: socket.socket, end: float, clock: Callable[[], float]) -> None:
        self._inner, self._sock, self._end, self._clock = inner, sock, end, clock
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        read = self._inner.readinto(buffer)
        self.ended = self.ended or not read
        return read

    def close(self) -> None:
        self._inner.close()
        super().close()
