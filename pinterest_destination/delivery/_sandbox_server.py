"""The sandbox's HTTP server on the loopback interface, and the faults that are met on the wire."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

from ._sandbox_answers import Call, Reply, as_json
from ._sandbox_faults import Fault
from ._sandbox_rules import Refused

HOST = "127.0.0.1"
MAX_BODY = 20_000_000
"""Bytes of a request's body that are read; more is refused with 413."""

_POLL = 0.02
"""Seconds between two looks at whether to stop: a test may start and stop many sandboxes."""
_FAREWELL = 5.0
"""Seconds that connections have to end when the server stops."""
_BLOCK = 2**20
_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER for a close that sends RST in place of FIN."""

Met = tuple[Reply, Fault | None]


class App(Protocol):
    """What the server asks for answers."""

    def meet(self, call: Call) -> Fault | None:
        """The fault that *call* meets before its body is read."""

    def respond(self, call: Call) -> Met:
        """The answer to *call*, and the fault that it meets on its way."""


class Server(ThreadingHTTPServer):
    """Serves an `App` from `start` to `stop`, one thread for each connection."""

    daemon_threads = True

    def __init__(self, app: App, port: int) -> None:
        """Listen on *port* (0: any that is free). Raises `OSError` that names the address."""
        self.app = app
        self.stopping = Event()
        self._connections: set[socket.socket] = set()
        self._resets: set[socket.socket] = set()
        self._change = Condition()
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}; choose another port", f"{HOST}:{port}") from None
        self._thread = Thread(target=self.serve_forever, args=(_POLL,), name="sandbox", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection, and the port."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._change:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # it has gone by itself
                    connection.shutdown(socket.SHUT_RDWR)
            self._change.wait_for(lambda: not self._connections, _FAREWELL)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin with a connection."""
        with self._change:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection; one that is to be reset must not say goodbye first."""
        if request in self._resets:
            self.close_request(request)
        else:
            super().shutdown_request(request)
        with self._change:
            self._connections.discard(request)
            self._resets.discard(request)
            self._change.notify_all()

    def reset(self, connection: socket.socket) -> None:
        """Have *connection* end with RST."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        with self._change:
            self._resets.add(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away; all else is a bug, and shows on standard error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, and puts the answers on the wire."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        url = urlsplit(self.path)
        call = Call(self.command, url.path, url.query, self.headers.get("Authorization", ""))
        if (fault := self.server.app.meet(call)) is not None:
            self._reset()
            return
        try:
            body = _body(self)
        except Refused as refused:
            self.close_connection = True  # what is left of the body would be taken for the next request
            self._send(as_json(refused.status, refused.body))
            return
        reply, fault = self.server.app.respond(Call(self.command, url.path, url.query, call.authorization, body))
        self._deliver(reply, fault or Fault())

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve

    def _deliver(self, reply: Reply, fault: Fault) -> None:
        if self.server.stopping.wait(fault.delay) or fault.reset:
            self._reset()
            return
        if fault.gzip_bomb is not None:
            self._send_chunks(_bomb(reply.body, fault.gzip_bomb), {**reply.headers, "Content-Encoding": "gzip"}, reply.status)
        elif fault.chunked is not None:
            self._send_cut(reply, fault.chunked)
        else:
            self._send(reply, fault.truncate, fault.drip)
        if fault.close or fault.truncate is not None:
            self.close_connection = True

    def _send(self, reply: Reply, most: int | None = None, drip: float = 0.0) -> None:
        body = b"" if reply.status in (204, 304) else reply.body
        head = self._head(reply.status, {"Content-Length": str(len(body)), **reply.headers} if reply.status != 204 else reply.headers)
        if not drip:
            self.wfile.write(head + body[:most])
            return
        self.wfile.write(head)
        for byte in body[:most]:
            if self.server.stopping.wait(drip):
                return
            self.wfile.write(bytes([byte]))

    def _send_cut(self, reply: Reply, after: int) -> None:
        """Begin a chunked body, and end in the middle of its only chunk."""
        head = self._head(reply.status, {"Transfer-Encoding": "chunked", **reply.headers})
        self.wfile.write(head + f"{len(reply.body) + 1:x}\r\n".encode() + reply.body[:after])
        self.close_connection = True

    def _send_chunks(self, blocks: Iterable[bytes], headers: dict[str, str], status: int) -> None:
        self.wfile.write(self._head(status, {"Transfer-Encoding": "chunked", **headers}))
        for block in filter(None, blocks):
            self.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, status: int, headers: dict[str, str] | Any) -> bytes:
        lines = [f"HTTP/1.1 {status} {responses.get(status, '')}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += ["Connection: close"] if self.close_connection else []
        return "\r\n".join([*lines, "", ""]).encode("ascii")

    def _reset(self) -> None:
        self.server.reset(self.connection)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the ledger has the log, and a path may hold anything."""


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    """Read the body of a request. Raises `Refused` for one that has no length, or too great a one."""
    if "chunked" in handler.headers.get("Transfer-Encoding", "").lower():
        return b"".join(_chunks(handler.rfile))
    length = handler.headers.get("Content-Length", "0")
    if not length.isdecimal():
        raise Refused(400, "Content-Length is no number")
    if len(length) > 15 or int(length) > MAX_BODY:  # Python refuses to read a number of thousands of digits
        raise Refused(413, f"The body has more than {MAX_BODY} bytes.")
    body = handler.rfile.read(int(length))
    if len(body) < int(length):
        raise ConnectionAbortedError  # half a request is none
    return body


def _chunks(file: BinaryIO | Any) -> Iterator[bytes]:
    """Yield the chunks of a body (RFC 9112, section 7.1)."""
    total = 0
    while size := _size(file.readline(100)):
        if (total := total + size) > MAX_BODY:
            raise Refused(413, f"The body has more than {MAX_BODY} bytes.")
        yield file.read(size)
        file.readline(3)
    while file.readline(1000).strip():
        pass  # trailers mean nothing here


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise Refused(400, "a chunk of the body has no length")
    return int(digits, 16)


def _bomb(body: bytes, size: int) -> Iterator[bytes]:
    """Yield the gzip form of *size* blanks and then *body*, piece by piece."""
    zipped = zlib.compressobj(9, zlib.DEFLATED, 31)
    for start in range(0, size, _BLOCK):
        yield zipped.compress(b" " * min(_BLOCK, size - start))
    yield zipped.compress(body) + zipped.flush()


