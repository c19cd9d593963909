"""The only network of this package: one request out, one answer or none back, and never an exception for what lies between."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Self

from .. import __version__
from ..settings.secret import Secret
from .result import Answer, NoAnswer, NoAnswerKind, Reply

if TYPE_CHECKING:
    from requests import Response

MAX_ANSWER = 1_000_000
"""Bytes of an answer's body, encoded or decoded; a result for 1,000 events, each with a long message, is half as long."""

_CHUNK = 65_536
_HEADERS = ("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-pinterest-rid")
_MAX_HEADER = 200


class Client:
    """Posts requests over one pool of connections. Threads may share it; close it, or use it as a context manager.

    *connect_timeout* (seconds) is for each address of the server; *read_timeout* for sending a request, and again for the
    whole answer, however it comes in. At most *connections* requests are under way at once. Certificates are always checked,
    redirects never followed; of the environment nothing counts, unless *environment_proxies* asks for its proxies.
    *clock* gives seconds that never go back.
    """

    def __init__(
        self,
        connect_timeout: float = 5,
        read_timeout: float = 30,
        environment_proxies: bool = False,
        *,
        connections: int = 8,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from ._connection import Progress, Watch, make_adapter
        from ._failures import kind_of

        self._kind_of = kind_of
        self._progress = Progress()
        self._adapter = make_adapter(Watch(self._progress, read_timeout, clock), connections)
        self._timeouts = (connect_timeout, read_timeout)
        self._environment_proxies = environment_proxies

    def post(self, url: str, body: bytes, token: Secret | None = None) -> Reply:
        """Post the JSON *body* to *url*, with *token* as its authorization, and give the answer, whatever its status.

        Raises nothing for what the network or the server does, and passes on no words of the HTTP libraries, which may hold
        the token. Raises `SettingsError` for a token that has nothing to reveal.
        """
        headers = _request_headers(token)
        self._progress.sent = False
        try:
            with closing(self._send(url, body, headers)) as response:
                content = _decoded(_content(response), response.headers.get("content-encoding", ""))
                return Answer(response.status_code, _answer_headers(response.headers), content, token)
        except _Unusable as found:
            return NoAnswer(found.kind, maybe_sent=True)
        except Exception as error:  # whatever it is: the events must live on, and its text must not
            return self._no_answer(self._kind_of(error))

    def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send it through the adapter alone: a session would read the body of a redirect, netrc files and cookies."""
        from requests import Request
        from requests.utils import get_environ_proxies

        request = Request("POST", url, headers, data=body).prepare()
        proxies = get_environ_proxies(url) if self._environment_proxies else {}
        return self._adapter.send(request, stream=True, timeout=self._timeouts, verify=True, proxies=proxies)

    def _no_answer(self, kind: NoAnswerKind) -> NoAnswer:
        """Give the kind, which is another where time was over before the request could go out, as in the TLS handshake."""
        sent = self._progress.sent
        return NoAnswer("connect_timeout" if kind == "read_timeout" and not sent else kind, maybe_sent=sent)

    def close(self) -> None:
        """Close the connections that are not in use; the others close when their answers are there."""
        self._adapter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Unusable(Exception):
    def __init__(self, kind: NoAnswerKind) -> None:
        super().__init__()
        self.kind = kind


def _request_headers(token: Secret | None) -> dict[str, str]:
    headers = {
        "User-Agent": f"pinterest-destination/{__version__}",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    }
    return headers if token is None else {**headers, "Authorization": f"Bearer {token.reveal()}"}


def _answer_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Keep what is read, and only so much of it as makes sense."""
    return {name: headers[name][:_MAX_HEADER] for name in _HEADERS if name in headers}


def _content(response: Response) -> bytes:
    """Read the body as it came. An answer that breaks off is noticed, by its length or its chunks."""
    response.raw.enforce_content_length = True  # the default in urllib3 2 alone
    parts, size = [], 0
    while part := response.raw.read(_CHUNK, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER:
            raise _Unusable("too_large")
    return b"".join(parts)


def _decoded(content: bytes, coding: str) -> bytes:
    """Undo the encoding. Only gzip was asked for; no more is decoded than may be, however small it was made."""
    if coding.strip().lower() in ("", "identity") or not content:
        return content
    if coding.strip().lower() not in ("gzip", "x-gzip"):
        raise _Unusable("undecodable")
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    decoded = stream.decompress(content, MAX_ANSWER + 1)
    if len(decoded) > MAX_ANSWER:
        raise _Unusable("too_large")
    if not stream.eof:
        raise _Unusable("truncated")
    if stream.unused_data:
        raise _Unusable("undecodable")
    return decoded
