"""One request from its head to its answer: read within the limits, answered whatever happens, counted, logged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from attrs import define, field, frozen
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from . import _http_body as bodies
from . import _http_metrics as metrics
from ._http_refused import NO_HEADERS, Refused
from ._http_service import Service

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"

_GENEROSITY = 4
"""So many times the limit is read, and thrown away, before the connection is closed: most clients read no answer until they have sent all."""
_CLOSE: Mapping[str, str] = MappingProxyType({"Connection": "close"})
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


@frozen
class Answer:
    """What a request gets, and what is to be counted of it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = NO_HEADERS
    media_type: str = JSON
    events: int = 0
    results: Mapping[str, int] = NO_HEADERS  # type: ignore[assignment]  # nothing, of either kind
    """How many results have each outcome."""


@frozen
class Body:
    """A body as it came in."""

    content: bytes = field(repr=False)
    gzipped: bool

    def parse(self, limits: bodies.Limits, parse: Callable[[bytes, bodies.Limits], Any] = bodies.parse) -> Any:
        """Inflate it if need be, and *parse* it. Raises `Refused`. To be called in the thread for work."""
        return parse(bodies.inflate(self.content, limits) if self.gzipped else self.content, limits)


@define(eq=False)
class Call:
    """A request that is being answered."""

    request: Request
    service: Service
    received: int = 0
    """Bytes of the body."""
    held: int = 0
    """Those that are kept."""

    @property
    def features(self) -> dict[str, object]:
        """What the host says it understands: `X-Feature-Gzip-Support: ?1` becomes `{"gzip-support": True}`."""
        prefix = "x-feature-"
        headers = self.request.headers.items()
        return {name.removeprefix(prefix): _FLAGS.get(value, value) for name, value in headers if name.startswith(prefix)}

    async def body(self) -> Body:
        """Read the body. Raises `Refused` for what is no JSON, too much, or too slow, `ClientDisconnect` when the client has gone."""
        limits = self.service.limits
        bodies.check_type(self.request.headers.get("content-type", ""))
        gzipped = bodies.check_encoding(self.request.headers.get("content-encoding", ""))
        if self._declared > limits.body * _GENEROSITY:
            raise _closing(bodies.too_long(limits))
        try:
            async with asyncio.timeout(limits.seconds):
                return Body(await self._read(limits), gzipped)
        except TimeoutError:
            why = f"the body was not there within {limits.seconds:g} seconds"
            raise _closing(Refused(408, "request_timeout", why)) from None

    @property
    def _declared(self) -> int:
        length = self.request.headers.get("content-length", "")
        return int(length) if length.isdecimal() and len(length) < 20 else 0

    async def _read(self, limits: bodies.Limits) -> bytes:
        parts: list[bytes] = []
        refused: Refused | None = None
        async for part in self.request.stream():
            self.received += len(part)
            if self.received > limits.body * _GENEROSITY:
                raise _closing(bodies.too_long(limits))
            refused = refused or self._over(limits, len(part))
            if refused:
                parts.clear()
                self.release()
                continue
            parts.append(part)
            self.held += len(part)
            self.service.waiting += len(part)
        if refused:
            raise refused
        return b"".join(parts)

    def _over(self, limits: bodies.Limits, more: int) -> Refused | None:
        if self.received > limits.body:
            return bodies.too_long(limits)
        if self.service.waiting + more > limits.waiting:
            headers = {"Retry-After": "1", "X-Rudder-Should-Retry": "true", "X-Rudder-Error-Reason": "overloaded"}
            return Refused(503, "overloaded", "too many requests are waiting to be answered; try again", headers=headers)
        return None

    def release(self) -> None:
        """Give the memory of the body back."""
        self.service.waiting -= self.held
        self.held = 0


_FLAGS: Mapping[str, object] = MappingProxyType({"?1": True, "true": True, "?0": False, "false": False})


def _closing(why: Refused) -> Refused:
    return Refused(why.status, why.code, why.message, headers={**why.headers, **_CLOSE})


Handler = Callable[[Call], Awaitable[Answer]]
Form = Callable[[Refused], dict[str, Any]]


def endpoint(service: Service, route: str, handler: Handler, form: Form) -> Callable[[Request], Awaitable[Response]]:
    """Make what answers requests for *route*: with what *handler* gives, or with an error in *form*."""

    async def respond(request: Request) -> Response:
        started = time.perf_counter()
        call = Call(request, service)
        async with _in_flight(call):
            answer = await _answer(call, handler, form)
        _tell(call, route, answer, time.perf_counter() - started)
        return Response(answer.body, answer.status, dict(answer.headers), answer.media_type)

    return respond


@asynccontextmanager
async def _in_flight(call: Call) -> AsyncIterator[None]:
    call.service.in_flight += 1
    call.service.count()
    try:
        yield
    finally:
        call.release()
        call.service.in_flight -= 1
        call.service.count()


async def _answer(call: Call, handler: Handler, form: Form) -> Answer:
    try:
        return await handler(call)
    except Refused as why:
        return Answer(bodies.dumps(form(why)), why.status, why.headers)
    except ClientDisconnect:
        return Answer(b"", 499)
    except Exception as error:  # its text may hold values, so only its kind and place are told, and only in the log
        call.service.log.fault("a request met a mistake in the plugin", error)
        told = form(Refused(500, "internal_error", "a mistake in the plugin; its log tells more"))
        return Answer(bodies.dumps(told), 500)


def _tell(call: Call, route: str, answer: Answer, seconds: float) -> None:
    row = call.service.row
    row.add(metrics.REQUESTS, route, metrics.status_label(answer.status))
    row.observe(metrics.SECONDS, route, seconds)
    row.add(metrics.RECEIVED, route, amount=call.received)
    row.add(metrics.SENT, route, amount=len(answer.body))
    row.add(metrics.EVENTS, route, amount=answer.events)
    for outcome, count in answer.results.items():
        row.add(metrics.RESULTS, route, outcome, amount=count)
    method = call.request.method
    call.service.log.write(
        "error" if answer.status >= 500 else "info",
        "request",
        method=method if method in _METHODS else "other",
        route=route,
        status=answer.status,
        milliseconds=round(seconds * 1000, 2),
        received=call.received,
        sent=len(answer.body),
        events=answer.events,
        results=dict(answer.results),
    )
