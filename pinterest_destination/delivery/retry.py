"""What to do after a reply: a pure decision from the reply, the number of the attempt, the time and a random number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TypeAlias

from attrs import frozen

from .result import Answer, NoAnswer, Reply, Verdict, read, refusal


@frozen
class Policy:
    """How long to wait at most, in seconds."""

    base: float = 1.0
    """The bound of the first wait; it doubles with every attempt."""
    cap: float = 300.0
    """The bound of all waits that this side chooses."""
    hint_cap: float = 3600.0
    """The longest wait that an answer may ask for."""
    pause: float = 300.0
    """The first pause of a destination; it doubles with every attempt."""
    pause_cap: float = 3600.0


DEFAULT = Policy()


@frozen
class Stop:
    """Pinterest has told of every event: there is a verdict on each, in the order of the request."""

    verdicts: tuple[Verdict, ...]


@frozen
class Wait:
    """Send the same events again, with the same ids, when *seconds* are over."""

    seconds: float
    code: str
    message: str
    certain: bool
    """Whether none of the events can have been processed. Offline events may go again only then."""


@frozen
class Pause:
    """Nothing can be delivered to this destination until somebody mends it; no event has been processed. Try after *seconds*."""

    seconds: float
    code: str
    message: str


@frozen
class Split:
    """Pinterest refuses the request as a whole: send each half on its own, until what it refuses stands alone."""

    code: str
    message: str
    certain: bool
    """As for `Wait`."""


Decision: TypeAlias = Stop | Wait | Pause | Split

_PAUSES: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        401: ("unauthorized", "Pinterest does not accept the token"),
        403: ("forbidden", "the token has no access to this ad account"),
        404: ("not_found", "Pinterest knows no such ad account, or no such address"),
    }
)
_REFUSALS: Mapping[int, str] = MappingProxyType(
    {
        400: "Pinterest refused the request without saying why",
        413: "the request is too large for Pinterest",
        422: "Pinterest refused some or all events without saying which",
    }
)
_NO_ANSWERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "dns": ("dns", "the name of the server could not be resolved"),
        "connect": ("connect", "no connection to the server, or to the proxy before it"),
        "connect_timeout": ("timeout", "the server did not accept a connection in time"),
        "tls": ("tls", "no trusted TLS connection to the server"),
        "read_timeout": ("timeout", "no complete answer in time"),
        "reset": ("reset", "the connection broke before the answer"),
        "truncated": ("truncated", "the answer broke off"),
        "too_large": ("unreadable", "the answer is larger than any of Pinterest's"),
        "undecodable": ("unreadable", "the answer is no HTTP, or its encoding is broken"),
        "unexpected": ("unexpected", "the request failed in a way that has no name here"),
    }
)
_RAMPED_DOWN = "4197"
"""Pinterest's code for an endpoint that is "not accepting any traffic" (OpenAPI 5.23, the 503 of `events/create`)."""


def decide(reply: Reply, count: int, attempt: int, now: float, jitter: float, policy: Policy = DEFAULT) -> Decision:
    """Decide what becomes of the *count* events of a request that *reply* came to. Never raises, whatever the reply holds.

    *attempt* counts from 1, *now* is in epoch seconds, *jitter* a random number from 0 up to 1.
    """
    backoff = jitter * _doubled(policy.base, attempt, policy.cap)
    if isinstance(reply, NoAnswer):
        return Wait(backoff, *_NO_ANSWERS[reply.kind], certain=not reply.maybe_sent)
    if (verdicts := read(reply, count)) is not None:
        return Stop(verdicts)
    message = _message(reply)
    if reply.status in _PAUSES:
        return Pause(pause_seconds(attempt, policy), _PAUSES[reply.status][0], message)
    if reply.status in _REFUSALS:
        return Split("refused", message, certain=reply.status != 422)
    asked = hint(reply.headers, now) if reply.status in (408, 425, 429) or reply.status >= 500 else 0.0
    wait = max(backoff, min(asked, policy.hint_cap) + jitter * policy.base) if asked else backoff
    return Wait(wait, _code(reply.status), message, certain=_unprocessed(reply))


def hint(headers: Mapping[str, str], now: float) -> float:
    """Give the seconds that an answer asks to wait; 0.0 where it does not, or in no way that can be read.

    From `Retry-After`, as seconds or HTTP date (RFC 9110, 10.2.3), and from `x-ratelimit-reset`, as seconds or epoch
    time, when `x-ratelimit-remaining` says that nothing is left. The names of *headers* are in lower case.
    """
    asked = _retry_after(headers.get("retry-after", ""), now)
    if _number(headers.get("x-ratelimit-remaining", "")) == 0:
        reset = _number(headers.get("x-ratelimit-reset", "")) or 0.0
        asked = max(asked, reset - now if reset >= 10**9 else reset)
    return max(asked, 0.0)


def _retry_after(text: str, now: float) -> float:
    seconds = _number(text)
    return seconds if seconds is not None else _date(text, now) - now


def _number(text: str) -> float | None:
    """The number that *text* begins with, before windows as in "4, 100;w=60"; None if there is none."""
    found = re.match(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:[,;]|$)", text)
    return float(found[1]) if found else None


def _date(text: str, otherwise: float) -> float:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return otherwise


def pause_seconds(attempt: int, policy: Policy = DEFAULT) -> float:
    """Give how long a destination is left alone that nobody may deliver to, *attempt* counting from 1."""
    return _doubled(policy.pause, attempt, policy.pause_cap)


def _doubled(base: float, attempt: int, cap: float) -> float:
    """*base*, doubled with every attempt after the first, up to *cap*; the exponent is bounded, or it would overflow."""
    return min(cap, base * 2.0 ** min(max(attempt - 1, 0), 100))


def _message(answer: Answer) -> str:
    """What Pinterest says, if it does; else what its status means."""
    status = answer.status
    code, message = refusal(answer)
    if message:
        return message
    known = _PAUSES[status][1] if status in _PAUSES else _REFUSALS.get(status)
    words = known or (
        "Pinterest's answer does not tell what became of each event" if 200 <= status < 300
        else "the server points elsewhere, which is not followed" if 300 <= status < 400
        else "Pinterest did not accept the request"
    )  # fmt: skip
    return f"{words} (HTTP {status}{f', code {code}' if code else ''})"


def _code(status: int) -> str:
    if status == 429:
        return "rate_limited"
    if 200 <= status < 300:
        return "unreadable"
    return "redirect" if 300 <= status < 400 else f"http_{status}"


def _unprocessed(answer: Answer) -> bool:
    """Whether the status alone says that nothing was processed: over the limit, "too early" (RFC 8470), ramped down."""
    return answer.status in (425, 429) or (answer.status == 503 and refusal(answer)[0] == _RAMPED_DOWN)
