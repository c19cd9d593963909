"""What became of a request, and of each event in it: Pinterest's answer read strictly, and put in words fit to be kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NoReturn, TypeAlias
from urllib.parse import quote

from attrs import field, frozen

from ..identity import scrub
from ..settings.secret import Secret

Status = Literal["delivered", "delivered_with_warning", "rejected", "retry", "unknown", "expired"]
"""retry: it goes again by itself. unknown: it may have arrived and may not go again, so a person decides. expired: it
could not be delivered within the horizon, and is kept."""

MAX_MESSAGE = 500
"""Characters that are kept of a message."""


@frozen
class Outcome:
    """What became of one event."""

    status: Status
    event_id: str
    event_name: str
    code: str = ""
    """A stable reason, "" for a plain delivery: "failed" (Pinterest refused this event), "refused" (Pinterest refused the
    request with nothing else in it), "warning", else what keeps it back: "http_503", "rate_limited", "unauthorized", "dns", ..."""
    message: str = ""
    """Pinterest's own message or ours, cleaned by `clean`."""
    wait: float | None = None
    """Seconds until it may go again; only with "retry"."""


@frozen
class Answer:
    """A complete HTTP answer, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    """Those that matter here, by lower-case name."""
    body: bytes = field(default=b"", repr=False)
    """The content, without its encoding (gzip)."""
    secret: Secret | None = None
    """The token that the request carried: nothing that is read out of the answer may hold it."""


NoAnswerKind = Literal[
    "dns", "connect", "connect_timeout", "tls", "read_timeout", "reset", "truncated", "too_large", "undecodable", "unexpected"
]


@frozen
class NoAnswer:
    """There is no answer, or none that is whole; why is all that is known, since the exceptions' own words may hold the token."""

    kind: NoAnswerKind
    maybe_sent: bool
    """False only where it is certain that no whole request went out."""


Reply: TypeAlias = Answer | NoAnswer


@frozen
class Verdict:
    """What Pinterest says of one event."""

    status: Literal["delivered", "delivered_with_warning", "rejected"]
    message: str = ""


NO_REASON = "Pinterest refused this event without saying why"


def read(answer: Answer, count: int) -> tuple[Verdict, ...] | None:
    """Give the verdict on each of the *count* events that were sent, in their order; None if the answer does not tell.

    A 2xx and a 422 are read alike: partial failure is declared for 422 (`DetailedError`, whose `details` are observed to be a
    `ConversionApiResponse`), but comes with 200 as well. It tells only if it holds one result for each event, and each
    is `processed` or `failed` (Pinterest OpenAPI 5.23, `ConversionApiResponse`).
    """
    if not (200 <= answer.status < 300 or answer.status == 422):
        return None
    document = _object(answer.body)
    results = document if "events" in document else document.get("details")
    if not isinstance(results, dict) or not _counts(results, count):
        return None
    verdicts = [_verdict(event, answer.secret) for event in results["events"]]
    told = tuple(verdict for verdict in verdicts if verdict)
    return told if len(told) == count else None


def refusal(answer: Answer) -> tuple[str, str]:
    """Give code and message with which Pinterest refused the whole request (`Error` in its OpenAPI), "" for what it does not tell."""
    document = _object(answer.body)
    code = document.get("code")
    known = isinstance(code, int | str) and not isinstance(code, bool)
    return clean(str(code), answer.secret)[:50] if known else "", _text(document.get("message"), answer.secret)


def clean(text: str, secret: Secret | None = None) -> str:
    """Make *text* fit for logs and tables: one line, printable, at most 500 characters, without personal data or tokens.

    E-mail addresses become their digests; the token *secret*, as it is or escaped, and what follows "Bearer" or
    looks like one of Pinterest's tokens becomes ***.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    for token in _spellings(secret):
        line = line.replace(token, "***")
    line = scrub(_TOKENS.sub(r"\1***", line))
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


_TOKENS = re.compile(r"(\bbearer(?:[\s:=+]|%20)+)(?!(?-i:[a-z]+)[.,;:]?(?:\s|$))\S+|\bpin[a-z]_[\w.~+/-]+", re.IGNORECASE)
"""What may be a token, though not the one in use; a small word after "bearer", as in "bearer token", is none."""


def _spellings(secret: Secret | None) -> set[str]:
    if secret is None or secret.fault:
        return set()
    token = secret.reveal()
    return {token, quote(token, safe=""), json.dumps(token)[1:-1], token.replace("/", "\\/")}


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object in *body*; an empty one where there is none, or something that JSON has not."""
    try:
        document = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _refuse(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _counts(results: Mapping[str, Any], count: int) -> bool:
    """Tell whether there is a result for each event, and Pinterest says it received as many."""
    events, received = results.get("events"), results.get("num_events_received")
    given = received is None or (type(received) is int and received == count)
    return given and isinstance(events, list) and len(events) == count


def _verdict(event: object, secret: Secret | None) -> Verdict | None:
    if not isinstance(event, dict):
        return None
    error, warning = (_text(event.get(key), secret) for key in ("error_message", "warning_message"))
    match event.get("status"):
        case "failed":
            return Verdict("rejected", error or warning or NO_REASON)
        case "processed":
            remark = warning or error
            return Verdict("delivered_with_warning", remark) if remark else Verdict("delivered")
    return None


def _text(value: object, secret: Secret | None) -> str:
    return clean(value, secret) if isinstance(value, str) else ""
