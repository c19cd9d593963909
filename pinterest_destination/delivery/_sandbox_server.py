"""The sandbox's HTTP server on the loopback interface: cheroot, and the faults that are met on the wire."""

from __future__ import annotations

import logging
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Condition, Event, Thread
from typing import Any
from wsgiref.types import WSGIApplication

from cheroot.errors import MaxSizeExceeded
from cheroot.server import HTTPConnection, HTTPRequest, HTTPServer
from cheroot.wsgi import Gateway_10

from ._sandbox_answers import as_json
from ._sandbox_faults import Fault
from ._sandbox_rules import Refused
from ._sandbox_wsgi import FAULT

HOST = "127.0.0.1"
MAX_BODY = 20_000_000
"""Bytes of a request's body that are read; more is refused with 413."""

_BLOCK = 2**16
_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER for a close that sends RST in place of FIN."""


class Request(HTTPRequest):
    """A request as cheroot reads it, but refused in JSON as everything else is."""

    status: Any  # bytes, though cheroot's types say otherwise

    def __init__(self, server: Server, conn: Connection) -> None:
        super().__init__(server, conn, strict_mode=False)  # the log shall show "//v5/..." as well

    def parse_request(self) -> None:
        """Read the head."""
        try:
            super().parse_request()
        except ValueError:  # "//[", say; cheroot would write down what it has found there
            self.simple_response("400 Bad Request", "the URL cannot be read")

    def simple_response(self, status: str, msg: str = "") -> None:
        """Refuse the request, and end the connection."""
        reply = as_json(int(status[:3]), Refused(int(status[:3]), msg).body)
        self.status, self.close_connection = status.encode("ascii"), True
        self.outheaders = [(b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(reply.body))]
        self.ensure_headers_sent()
        self.write(reply.body)


class Chunks:
    """The body of a chunked request; cheroot's own leaves the trailers for the next request to stumble over."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self) -> bytes:
        """Read all of it. Raises `Refused` for a chunk without a length, and for a body that is too long."""
        try:
            body = b"".join(iter(lambda: self._file.read(_BLOCK), b""))
            for _ in self._file.read_trailer_lines():
                pass
        except ValueError:
            raise Refused(400, "the chunks of the body cannot be read") from None
        except (MaxSizeExceeded, OSError) as error:
            if isinstance(error, ConnectionError | TimeoutError):
                raise  # the client has gone
            raise Refused(413, f"The body has more than {MAX_BODY} bytes.") from None
        return body


class Gateway(Gateway_10):
    """Has the application answer a request, and puts that on the wire with the fault that it has left in the environ."""

    req: Request

    def respond(self) -> None:
        """Answer the request."""
        server: Server = self.req.server
        if self.req.chunked_read:
            self.env["wsgi.input"] = Chunks(self.req.rfile)
        blocks = server.wsgi_app(self.env, self.start_response)
        fault = self.env.get(FAULT, Fault())
        if fault.reset or server.stopping.wait(fault.delay):
            self.req.sent_headers = self.req.close_connection = True
            self.req.conn.reset()
            return
        self.req.ensure_headers_sent()
        for block in self._harmed(blocks, fault):
            self.req.write(block)
        if fault.close or fault.truncate is not None or fault.chunked is not None:
            self.req.close_connection = True

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Take the head as it is: cheroot holds the body to its Content-Length, which a fault may have wrong."""
        self.req.status = status.encode("ascii")
        self.req.outheaders = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
        return self.req.write

    def _harmed(self, blocks: Iterable[bytes], fault: Fault) -> Iterator[bytes]:
        if fault.chunked is not None:  # begin a chunk, and end in the middle of it
            self.req.chunked_write, body = False, b"".join(blocks)
            blocks = [b"%x\r\n" % (len(body) + 1) + body[: fault.chunked]]
        for block in blocks:
            yield from self._dripping(block[: fault.truncate], fault.drip) if fault.drip else (block[: fault.truncate],)

    def _dripping(self, block: bytes, seconds: float) -> Iterator[bytes]:
        for byte in block:
            if self.req.server.stopping.wait(seconds):
                return
            yield bytes([byte])


class Connection(HTTPConnection):
    """A connection that can be reset."""

    RequestHandlerClass = Request

    def reset(self) -> None:
        """End it with RST."""
        self.linger = True  # cheroot must not say goodbye
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self.socket.close()

    def close(self) -> None:
        """End it."""
        with suppress(OSError):  # the client has gone, and takes no more of what is left to be written
            self.wfile.close()
        super().close()


class Workers:
    """A thread for each request: cheroot's own pool has a fixed number, and slow answers would keep the others waiting."""

    def __init__(self, server: Server) -> None:
        self.busy: set[Connection] = set()
        self.change = Condition()
        self._server = server

    def start(self) -> None:
        """Nothing is done before there are requests."""

    def put(self, connection: Connection) -> None:
        """Answer the next request on *connection*."""
        with self.change:
            self.busy.add(connection)
        Thread(target=self._work, args=(connection,), name="sandbox request", daemon=True).start()

    def _work(self, connection: Connection) -> None:
        stays = False
        try:
            with suppress(OSError):  # the client has gone
                stays = connection.communicate()  # type: ignore[no-untyped-call]  # cheroot leaves it open
        finally:
            with self.change:
                self.busy.remove(connection)
                self.change.notify_all()
                if stays and not self._server.stopping.is_set():
                    self._server.put_conn(connection)
                else:
                    connection.close()

    def stop(self, timeout: float) -> None:
        """End every request, and wait at most so many seconds for the threads."""
        with self.change:
            for connection in self.busy:
                with suppress(OSError):  # it has gone by itself
                    connection.socket.shutdown(socket.SHUT_RDWR)
            self.change.wait_for(lambda: not self.busy, timeout)


class Server(HTTPServer):
    """Serves a WSGI application from `open` to `stop`."""

    ConnectionClass = Connection
    max_request_body_size = MAX_BODY
    keep_alive_conn_limit = sys.maxsize
    request_queue_size = 128
    timeout = 3600  # a client may be as slow as a fault
    expiration_interval = 0.02  # so long it may take to stop: a test may start and stop many sandboxes

    def __init__(self, app: WSGIApplication, port: int) -> None:
        """Listen on *port* (0: any that is free). Raises `OSError` that names the address."""
        self.wsgi_app, self.stopping = app, Event()
        try:
            self._listener = socket.create_server((HOST, port), backlog=self.request_queue_size)
        except OSError as error:
            words = str(error.strerror).partition(" (while ")[0]
            raise OSError(error.errno, f"{words}; choose another port", f"{HOST}:{port}") from None
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(self._listener.getsockname(), Gateway)
        self.requests = Workers(self)
        self._thread = Thread(target=self.serve, name="sandbox", daemon=True)
        vars(logging)["statistics"].pop(f"Cheroot HTTPServer {id(self)}", None)  # where it would stay for ever

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Give the socket that listens already; cheroot would leave it open, and tell no errno, where the port is taken."""
        self.socket = self._listener
        return self._listener

    def open(self) -> None:
        """Begin to answer."""
        self.prepare()
        self._thread.start()

    def stop(self) -> None:
        """Close every connection, and the port."""
        with self.requests.change:
            self.stopping.set()
        super().stop()
        self._thread.join()
