"""One connection: uvicorn's own protocol, with a limit on heads, and errors told as JSON, each in its turn."""

from __future__ import annotations

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ._http_body import dumps
from ._http_framing import Framing
from ._http_refused import Refused, plain_form

MAX_HEAD = 64 * 1024
"""Bytes of a request's head."""

_LINGER = 5.0
"""Seconds that what still comes in after a refusal is thrown away: at once closed, a connection could lose the refusal itself."""


class Protocol(HttpToolsProtocol):
    """uvicorn's own, with limits on heads, and its errors as JSON, each after the answers to the requests before it."""

    seconds = 60.0
    """Until a head is there, from its first byte, and until the first byte of a connection is. Whoever makes one may set it."""
    _timer: asyncio.TimerHandle | None = None

    refused: Refused | None = None
    """Why nothing more is read, until that is told."""
    under_way = 0
    """Requests that are not answered yet."""

    def count(self, why: Refused) -> None:
        """Take note that a connection is refused. Whoever makes one may say how."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to read."""
        super().connection_made(transport)
        self.framing = Framing()
        self._timer = self.loop.call_later(self.seconds, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._watch(waiting=False)
        super().connection_lost(exc)

    def _watch(self, *, waiting: bool) -> None:
        """Begin to wait for the rest of a head, unless that goes on already, or end it."""
        if waiting and self._timer is None:
            self._timer = self.loop.call_later(self.seconds, self._give_up)
        elif self._timer is not None and not waiting:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        """Close a connection that nothing has come from, and refuse half a head."""
        if self.framing.count:
            self._refuse(Refused(408, "request_timeout", f"the head of the request was not there within {self.seconds:g} seconds"))
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what has come in, unless it is a head, or the trailer of a body, that finds no end."""
        start = 0
        while start < len(data) and not (self.refused or self.transport.is_closing()):
            end = self.framing.take(data, start)
            if not self._is_too_long(in_body=False):
                super().data_received(data[start:end])
                self._stay()
            self._is_too_long(in_body=True)
            start = end
        self._watch(waiting=not self.framing.in_body and self.framing.count > 0 and self.refused is None)

    def _is_too_long(self, *, in_body: bool) -> bool:
        too_long = self.framing.in_body == in_body and self.framing.count > MAX_HEAD
        if too_long:
            self._refuse(Refused(431, "head_too_large", f"the head of the request has more than {MAX_HEAD} bytes"))
        return too_long

    def _stay(self) -> None:
        """Read a head that asks for another protocol again, as if it did not: its parser takes what follows for no HTTP.

        Clients ask so with every request, such as Java's for HTTP/2, and are content with what there is.
        """
        if not self._is_leaving():
            return
        line = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode("ascii"))
        lines = [line, *(b"%s: %s" % pair for pair in self.headers if pair[0] != b"upgrade")]
        self.parser = httptools.HttpRequestParser(self)
        super().data_received(b"\r\n".join([*lines, b"", b""]))

    def _is_leaving(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def on_headers_complete(self) -> None:
        """Have the request answered."""
        if not self._is_leaving():
            super().on_headers_complete()
            self.framing.has_head(self.headers)
            self._watch(waiting=False)
            self.under_way += 1

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self.framing.has_body()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        if not self._is_leaving():
            self.framing.has_ended()
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(Refused(400, "invalid_http", "this is no HTTP request"))

    def _refuse(self, why: Refused) -> None:
        """Tell *why*: of a head after the answers before it, of a body where no answer to it, and none before it, has begun."""
        self.refused = why
        self.count(why)
        if not self.framing.in_body:
            if not self.under_way:
                self._tell(why)
        elif self.under_way == 1 and not self.cycle.response_started:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._tell(why)
        else:
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: another protocol is an offer, which need not be taken."""

    def on_response_complete(self) -> None:
        """Go on with what has come in meanwhile."""
        self.under_way -= 1
        super().on_response_complete()
        if self.refused and not self.under_way and not self.transport.is_closing():
            self._tell(self.refused)

    def _tell(self, why: Refused) -> None:
        body = dumps(plain_form(why))
        head = f"HTTP/1.1 {why.status} Refused\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write(head.encode("ascii") + body)
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)
