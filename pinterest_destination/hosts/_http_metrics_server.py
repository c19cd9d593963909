"""The page of metrics, on a port of its own: what scrapes it has no business with the rest."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ._http_metrics import TYPE, Board

PATH = "/metrics"


class MetricsServer(ThreadingHTTPServer):
    """Answers `GET /metrics` with the numbers of *board*, on a socket that listens already, as long as *is_wanted* says so."""

    daemon_threads = True

    def __init__(self, board: Board, listener: socket.socket, is_wanted: Callable[[], bool] = lambda: True) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.board, self._is_wanted = listener, board, is_wanted

    def service_actions(self) -> None:
        """End where nobody is left to be served."""
        if not self._is_wanted():
            raise SystemExit

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is no matter; the default prints a traceback."""


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    timeout = 10

    def do_GET(self) -> None:
        found = self.path.partition("?")[0] == PATH
        body = self.server.board.page() if found else f"metrics are at {PATH}\n".encode("ascii")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", TYPE if found else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Scrapes are no news."""


def serve_metrics(board: Board, listener: socket.socket, is_wanted: Callable[[], bool]) -> None:
    """Serve until the process is ended, or *is_wanted* says no."""
    MetricsServer(board, listener, is_wanted).serve_forever(0.2)
