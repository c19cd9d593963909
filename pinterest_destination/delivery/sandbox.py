"""A stand-in for Pinterest's Conversions API on the loopback interface: it checks, counts and shows what it is sent.

It can also be told what goes wrong: see `Fault`. Needs the extra `server`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from wsgiref.types import StartResponse, WSGIEnvironment

from attrs import asdict, evolve

from .. import _json, errors
from ._sandbox_answers import HTML, Call, Reply, as_json
from ._sandbox_api import Api, Rights, is_endpoint
from ._sandbox_faults import Fault, read_faults
from ._sandbox_ledger import Exchange, Ledger, Received, Totals
from ._sandbox_look import HEADERS
from ._sandbox_page import View, page
from ._sandbox_rules import Event, Refused
from ._sandbox_wsgi import answered, body_of, call_of

if TYPE_CHECKING:
    from ._sandbox_server import Server

__all__ = ["TOKEN", "Exchange", "Fault", "Received", "Sandbox", "Totals", "read_faults"]

TOKEN = "sandbox-token"  # noqa: S105 - everybody's, and good for nothing else
"""The token that a sandbox takes unless it is told another one."""

Observer = Callable[[Exchange, Sequence[Received]], None]
"""Is called for every request to the API with its line of the log, and the events that were taken in."""


class Sandbox:
    """Answers `POST /v5/ad_accounts/{ad_account_id}/events` and `POST /events/v3` as Pinterest's OpenAPI description says.

    Use it as a context manager, or with `start` and `close`. All methods may be called from any thread.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str | None = TOKEN,
        accounts: Iterable[str] | None = None,
        calls_per_minute: int = 5000,
        window: float = 86400.0,
        mixed: Literal["200", "422"] = "422",
        keep: int | None = None,
        clock: Callable[[], float] = time.time,
        observer: Observer | None = None,
    ) -> None:
        """Make a sandbox that listens nowhere yet.

        *port* 0 is any that is free; *token* None takes any bearer token; *accounts* None any account. Events of the same
        name and id are duplicates within *window* seconds. *mixed* is the HTTP status of an answer where events failed:
        Pinterest has been seen to give both. *keep* is the number of latest events and requests that are kept; None for
        all. Raises `ModuleNotFoundError` where jsonschema-rs or cheroot is not installed.
        """
        rights = Rights(token, None if accounts is None else frozenset(accounts), calls_per_minute)
        self._port, self._observer = port, observer
        self._ledger = Ledger(window, keep)
        self._api = Api(rights, self._ledger, int(mixed), clock)
        self._queue: list[Fault] = []
        self._lock = Lock()
        self._serve = _server()
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self._where()}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Listen, and answer. Raises `OSError` where the port is taken; does nothing on a sandbox that listens."""
        if self._server is None:
            self._server = self._serve(self, self._port)
            self._server.open()

    def close(self) -> None:
        """Close the port and every connection, the slow ones as well. What was received stays."""
        server, self._server = self._server, None
        if server:
            server.stop()

    @property
    def url(self) -> str:
        """Where it listens, "http://127.0.0.1:PORT". Raises `RuntimeError` when it does not."""
        if self._server is None:
            raise RuntimeError("The sandbox listens nowhere: use it in a with statement, or call start()")
        return self._where()

    def _where(self) -> str:
        return f"http://127.0.0.1:{self._server.bind_addr[1]}" if self._server else "closed"

    @property
    def received(self) -> tuple[Received, ...]:
        """Every event that was read, in order, whatever became of it; none of a request that was refused as a whole."""
        return self._ledger.received

    @property
    def accepted(self) -> tuple[Event, ...]:
        """The events that count, in order: no duplicates, none of a test, none that was refused."""
        return tuple(row.event for row in self._ledger.received if row.counts)

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """The log of all requests to the API, in order."""
        return self._ledger.exchanges

    @property
    def totals(self) -> Totals:
        """The sums of both."""
        return self._ledger.totals

    @property
    def scripted(self) -> tuple[Fault, ...]:
        """The faults that no request has met yet."""
        with self._lock:
            return tuple(self._queue)

    def script(self, *faults: Fault) -> None:
        """Let the next requests to the API meet *faults*, one after the other, after those that are waiting already."""
        with self._lock:
            self._queue += faults

    def clear(self) -> None:
        """Forget all that was received, and the faults that wait: as new."""
        with self._lock:
            self._queue.clear()
        self._ledger.clear()

    # What answers.

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, as a WSGI application; the faults that only a server can bring about are left to the own one."""
        return answered(environ, start_response, *self._answer(environ))

    def _answer(self, environ: WSGIEnvironment) -> tuple[Reply, Fault]:
        call = call_of(environ)
        if fault := self._met(call):
            return self._respond(call, fault), fault
        try:
            call = evolve(call, body=body_of(environ))
        except Refused as refused:  # what is left of the body would be taken for the next request
            return as_json(refused.status, refused.body, {"Connection": "close"}), Fault(close=True)
        if call.method == "POST" and _is_for_api(call.path):
            fault = self._next(call)
            return self._respond(call, fault), fault or Fault()
        return self._control(call), Fault()

    def _met(self, call: Call) -> Fault | None:
        """Take the fault that *call* meets before its body is read."""
        with self._lock:
            first = self._queue[0] if self._queue else None
            if first and first.reset == "accept" and call.method == "POST" and _is_for_api(call.path):
                return self._use(0)
        return None

    def _respond(self, call: Call, fault: Fault | None) -> Reply:
        reply, exchange, received = self._api.answer(call, fault)
        if self._observer:
            self._observer(exchange, received)
        return reply

    def _next(self, call: Call) -> Fault | None:
        """Take the first fault from the queue that is meant for *call*."""
        with self._lock:
            ids = call.event_ids if any(fault.event_id for fault in self._queue) else ()
            for index, fault in enumerate(self._queue):
                if not fault.event_id or fault.event_id in ids:
                    return self._use(index)
        return None

    def _use(self, index: int) -> Fault:
        """Take one use of a fault in the queue; the lock is held."""
        fault = self._queue.pop(index)
        if fault.times > 1:
            self._queue.insert(index, evolve(fault, times=fault.times - 1))
        return fault

    def _control(self, call: Call) -> Reply:
        """Answer what is not for Pinterest but for the sandbox itself."""
        match call.method, call.path:
            case "GET", "/":
                return Reply(200, self._page().encode("utf-8", "replace"), {**HTML, **HEADERS})
            case "GET", "/events":
                return as_json(200, [_row(row) for row in self.received])
            case "GET", "/requests":
                return as_json(200, [asdict(exchange) for exchange in self.requests])
            case "DELETE", "/events":
                self.clear()
                return Reply(204, b"", {})
            case "POST", "/_script":
                return self._script(call.body)
        if call.path in _PATHS or is_endpoint(call.path):
            return as_json(405, {"code": 405, "message": f"{call.path} takes {_PATHS.get(call.path, 'POST')}."}, {"Allow": _PATHS.get(call.path, "POST")})
        return as_json(404, {"code": 404, "message": f"There is nothing here; there is {', '.join(_PATHS)}."})

    def _script(self, body: bytes) -> Reply:
        document = _json.parse(body)
        try:
            if isinstance(document, errors.Fault):
                raise errors.DocumentError([document])
            faults = read_faults(document)
        except errors.DocumentError as error:
            return as_json(400, {"code": 400, "message": str(error)})
        self.script(*faults)
        return as_json(200, {"waiting": len(self.scripted)})

    def _page(self) -> str:
        return page(View(self._where(), self.totals, self.received[-60:], self.requests[-90:], self.scripted))


def _server() -> type[Server]:
    """Import the server. Raises `ModuleNotFoundError` that names the extra."""
    try:
        from ._sandbox_server import Server
    except ModuleNotFoundError:
        raise ModuleNotFoundError("The sandbox needs cheroot: pip install 'pinterest-destination[server]'") from None
    return Server


_PATHS = {"/": "GET", "/events": "GET, DELETE", "/requests": "GET", "/_script": "POST"}


def _is_for_api(path: str) -> bool:
    """Whether a POST to *path* is meant for Pinterest, though perhaps misspelt."""
    return path not in _PATHS


def _row(row: Received) -> dict[str, Any]:
    """One event for GET /events: whole, as it is a test's to look at."""
    return {"fate": row.fate, **asdict(row, recurse=False)}
