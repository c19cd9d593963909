"""Why there is no answer: every exception of the libraries below, and of the system, has one of a few names.

Imported only when a `Client` is made, like all that needs requests.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import zlib
from collections.abc import Iterator

import requests.exceptions as high
import urllib3.exceptions as low

from .result import NoAnswerKind

_TELLING = (
    high.ProxyError, high.SSLError, high.Timeout, high.ChunkedEncodingError, high.ContentDecodingError
)  # fmt: skip
"""Of the exceptions of requests, which are all `OSError`s, those that say something by themselves."""

_KINDS: tuple[tuple[NoAnswerKind, tuple[type[BaseException], ...]], ...] = (
    ("dns", (socket.gaierror, getattr(low, "NameResolutionError", socket.gaierror))),  # urllib3 1 has no name for it
    ("connect", (ConnectionRefusedError, low.NewConnectionError, low.ProxyError, high.ProxyError)),
    ("connect_timeout", (low.ConnectTimeoutError, high.ConnectTimeout)),
    ("tls", (ssl.SSLError, low.SSLError, high.SSLError)),
    ("read_timeout", (TimeoutError, low.TimeoutError, high.Timeout)),
    ("truncated", (http.client.IncompleteRead, high.ChunkedEncodingError)),
    ("reset", (ConnectionError,)),
    ("undecodable", (http.client.HTTPException, zlib.error, low.DecodeError, low.HeaderParsingError, high.ContentDecodingError)),
    ("reset", (OSError,)),
)
"""The first row that fits counts: the cause of a failure stands inside of others that only say where it was met."""


def kind_of(error: BaseException) -> NoAnswerKind:
    """Name what lies behind *error*: "unexpected" if nothing that is known does."""
    causes = [cause for cause in _causes(error) if isinstance(cause, _TELLING) or not isinstance(cause, high.RequestException)]
    return next((kind for kind, types in _KINDS if any(isinstance(cause, types) for cause in causes)), "unexpected")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give *error* and what it was made of. Not its context, which may be an exception that the caller is handling.

    Only what urllib3 1 raises for lack of a connection has its cause there, and nowhere else.
    """
    seen: set[int] = set()
    todo = [error]
    while todo:
        cause = todo.pop()
        if id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            context = cause.__context__ if isinstance(cause, low.NewConnectionError) else None
            inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__, context)
            todo += [part for part in inner if isinstance(part, BaseException)]
