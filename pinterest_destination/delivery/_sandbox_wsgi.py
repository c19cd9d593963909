"""The sandbox's requests and answers in the words of WSGI (PEP 3333)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from errno import ECONNABORTED
from http.client import responses
from wsgiref.headers import Headers
from wsgiref.types import StartResponse, WSGIEnvironment

from ._sandbox_answers import Call, Reply
from ._sandbox_faults import Fault
from ._sandbox_rules import Refused

FAULT = "pinterest_destination.fault"
"""The key of the environ under which a server finds the fault that it has to bring about; any other one may let it be."""

_BLOCK = 2**20
_BODILESS = (204, 304)


def call_of(environ: WSGIEnvironment) -> Call:
    """Give the request in *environ*; its body is not read yet."""
    return Call(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), environ.get("HTTP_AUTHORIZATION", ""))


def body_of(environ: WSGIEnvironment) -> bytes:
    """Read the request's body. Raises `Refused` where it has no length, `ConnectionAbortedError` where it ends too early."""
    if environ.get("wsgi.input_terminated"):
        whole: bytes = environ["wsgi.input"].read()
        return whole
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():  # servers let "-1" pass
        raise Refused(400, "Content-Length is no number")
    body: bytes = environ["wsgi.input"].read(int(length))
    if len(body) < int(length):
        raise ConnectionAbortedError(ECONNABORTED, "half a request is none")
    return body


def answered(environ: WSGIEnvironment, start_response: StartResponse, reply: Reply, fault: Fault) -> Iterable[bytes]:
    """Begin the answer, and give its body; what else *fault* does to it is left to the server."""
    environ[FAULT] = fault
    headers = Headers(list(reply.headers.items()))
    if fault.gzip_bomb is not None:
        headers["Content-Encoding"] = "gzip"
    elif fault.chunked is None and reply.status not in _BODILESS:
        headers.setdefault("Content-Length", str(len(reply.body)))
    start_response(f"{reply.status} {responses.get(reply.status, '')}", headers.items())
    if reply.status in _BODILESS or environ["REQUEST_METHOD"] == "HEAD":
        return ()
    return (reply.body,) if fault.gzip_bomb is None else _bomb(reply.body, fault.gzip_bomb)


def _bomb(body: bytes, size: int) -> Iterator[bytes]:
    """Yield the gzip form of *size* blanks and then *body*, piece by piece."""
    zipped = zlib.compressobj(9, zlib.DEFLATED, 31)
    for start in range(0, size, _BLOCK):
        yield zipped.compress(b" " * min(_BLOCK, size - start))
    yield zipped.compress(body) + zipped.flush()
