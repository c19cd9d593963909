"""A worker of the HTTP service in a thread of the tests, on a real socket, with its log in a file."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen

from pinterest_destination.hosts import _http_metrics as metrics
from pinterest_destination.hosts._http_body import Limits
from pinterest_destination.hosts._http_log import Log
from pinterest_destination.hosts._http_service import Options, Service
from pinterest_destination.hosts._http_sockets import listen
from pinterest_destination.hosts._http_worker import Server, make_server
from pinterest_destination.hosts.http import LABELS

ACCOUNT = "549755885175"
TOKEN = "pina_EXAMPLE"  # noqa: S105  # nobody's
PROCESS = "/v0/destinations/pinterest_tag"
ROUTE = "/routerTransform"
TRANSFORM = "/v1/transform"


def order(number: int = 1, **changes: Any) -> dict[str, Any]:
    """An order that is good for both channels."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"m-{number}",
        "timestamp": int(time.time()),
        "channel": "web",
        "context": {"traits": {"email": f"ann{number}@example.com"}},
        "properties": {"order_id": f"o-{number}", "value": number, "currency": "USD"},
        **changes,
    }


def job(number: int = 1, account: str = ACCOUNT, **changes: Any) -> dict[str, Any]:
    """An event as rudder-server hands it over."""
    config = {"apiVersion": "newApi", "adAccountId": account, "conversionToken": TOKEN, "sendingUnHashedData": True}
    destination = {"ID": f"d-{account}", "Config": config, "DestinationDefinition": {"Name": "PINTEREST_TAG"}}
    metadata = {"jobId": number, "sourceId": "s-1", "destinationId": f"d-{account}", "workspaceId": "w-1"}
    return {"message": order(number), "metadata": metadata, "destination": destination, **changes}


@frozen
class Reply:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    port: int, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, connection: http.client.HTTPConnection | None = None
) -> Reply:
    """Send one request: *body* as it is, or as JSON. A header that is blank is left away."""
    named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    if body is not None:
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"content-type": "application/json", **named}
    link = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.request(method, path, body, {name: value for name, value in named.items() if value})
        answer = link.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        if connection is None:
            link.close()


@define
class Running:
    """A worker that answers."""

    port: int
    service: Service
    server: Server
    board: metrics.Board
    log: Path
    thread: threading.Thread = field(repr=False)

    def get(self, path: str, **headers: str) -> Reply:
        return ask(self.port, "GET", path, headers=headers)

    def post(self, path: str, body: Any = b"", **headers: str) -> Reply:
        return ask(self.port, "POST", path, body, headers)

    def post_gzip(self, path: str, text: bytes) -> Reply:
        return self.post(path, gzip.compress(text, 9), content_encoding="gzip")

    def lines(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.log.read_bytes().splitlines()]

    def stop(self) -> None:
        """End it as SIGTERM does."""
        self.server.should_exit = True
        self.thread.join(60)


@contextlib.contextmanager
def running(log: Path, limits: Limits | None = None, *, grace: float = 5, steady: Callable[[], float] = time.monotonic, **options: Any) -> Iterator[Running]:
    """Run a worker with these options."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    board = metrics.Board(LABELS, 2)
    service = Service(Options(limits=limits or Limits(), **options), board.row(0), Log(descriptor), steady=steady)
    server = make_server(service, grace)
    (listener,) = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    made = Running(listener.getsockname()[1], service, server, board, log, thread)
    try:
        yield made
    finally:
        made.stop()
        service.close()
        listener.close()
        for name in ("uvicorn.error", "asyncio"):
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).propagate = True
        os.close(descriptor)


@pytest.fixture
def serve_here(tmp_path):
    """Start a worker with options of a test's own; it ends with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda limits=None, **options: stack.enter_context(running(tmp_path / "log.jsonl", limits, **options))


@pytest.fixture
def service(serve_here):
    """A worker with the usual options."""
    return serve_here()
