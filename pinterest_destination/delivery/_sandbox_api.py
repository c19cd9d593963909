"""The two endpoints for events: `POST /v5/ad_accounts/{ad_account_id}/events` and `POST /events/v3`."""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs

from attrs import frozen

from ._sandbox_answers import Call, Reply, as_json, shaped
from ._sandbox_faults import Fault
from ._sandbox_ledger import Exchange, Ledger, Received
from ._sandbox_rules import (
    TEST_EVENTS,
    Event,
    Refused,
    Version,
    answer,
    detailed,
    judge,
    parsed,
    read_events,
    validator,
)

_V5 = re.compile(r"/v5/ad_accounts/([^/]+)/events/?")
_V3 = re.compile(r"/events/v3/?")
_ACCOUNT = re.compile(r"[0-9]{1,30}")

Taken = tuple[Reply, tuple[Received, ...]]


@frozen
class Rights:
    """Who may send events, for which accounts, and how often."""

    token: str | None
    """The only token that is good; None for any."""
    accounts: frozenset[str] | None
    """The only accounts there are; None for any."""
    calls_per_minute: int
    """Calls of one account within a minute of the clock."""

    def check_token(self, authorization: str) -> None:
        """Raises `Refused` (401) for a header without a good token."""
        kind, _, token = authorization.partition(" ")
        good = token.strip() if self.token is None else hmac.compare_digest(token.strip().encode(), self.token.encode())
        if kind.lower() != "bearer" or not good:
            raise Refused(401)

    def check_account(self, account: str) -> None:
        """Raises `Refused` for what is no account (400), and for an account that is not there (403)."""
        if not _ACCOUNT.fullmatch(account):
            raise Refused(400, "the id of an account is made of digits")
        if self.accounts is not None and account not in self.accounts:
            raise Refused(403)

    def headers(self, calls: int, now: float) -> dict[str, str]:
        """The headers that tell of the limit after so many *calls* in this minute; times are seconds from now."""
        reset = str(60 - int(now % 60))
        told = {"x-ratelimit-limit": str(self.calls_per_minute), "x-ratelimit-remaining": str(max(0, self.calls_per_minute - calls)), "x-ratelimit-reset": reset}
        return {**told, "Retry-After": reset} if calls > self.calls_per_minute else told


def is_endpoint(path: str) -> bool:
    """Whether *path* is one of the two."""
    return bool(_V5.fullmatch(path) or _V3.fullmatch(path))


def account_of(call: Call) -> str:
    """The ad account in the path; for v3 the advertiser of the first event; "" where none is to be found."""
    found = _V5.fullmatch(call.path)
    account = found[1] if found else next((row.get("advertiser_id") for row in call.rows), "")
    return account if isinstance(account, str) and _ACCOUNT.fullmatch(account) else ""


class Api:
    """Answers requests for the two endpoints, and keeps account of them in a ledger."""

    def __init__(self, rights: Rights, ledger: Ledger, mixed: int, clock: Callable[[], float]) -> None:
        """*mixed* is the HTTP status, 200 or 422, of an answer where events failed.

        Raises `ModuleNotFoundError` where jsonschema-rs is not installed.
        """
        self._rights, self._ledger, self._mixed, self._clock = rights, ledger, mixed, clock
        for version in ("v5", "v3"):
            validator(version)

    def answer(self, call: Call, fault: Fault | None) -> tuple[Reply, Exchange, tuple[Received, ...]]:
        """Answer a request as Pinterest would, or as the *fault* says; log it, and take in its events."""
        number, now = self._ledger.number(), self._clock()
        reply, received = self._usual(call, number, now, record=fault is None or fault.processes)
        if fault:
            reply = shaped(reply, fault, call)
        exchange = self._exchange(call, reply, received, fault, number, now)
        self._ledger.log(exchange)
        return reply, exchange, received

    def _usual(self, call: Call, number: int, now: float, *, record: bool) -> Taken:
        try:
            version = self._admitted(call)
        except Refused as refused:
            return as_json(refused.status, refused.body), ()
        calls = self._ledger.call(account_of(call), now)
        headers = self._rights.headers(calls, now)
        try:
            if calls > self._rights.calls_per_minute:
                raise Refused(429)
            return self._taken(call, version, number, now, headers, record=record)
        except Refused as refused:
            return as_json(refused.status, refused.body, headers), ()

    def _admitted(self, call: Call) -> Version:
        """Tell the API's version. Raises `Refused` for a caller without the right, and for any other path."""
        if found := _V5.fullmatch(call.path):
            self._rights.check_token(call.authorization)
            self._rights.check_account(found[1])
            return "v5"
        if not _V3.fullmatch(call.path):
            raise Refused(404, "There is no such endpoint: it is /v5/ad_accounts/{ad_account_id}/events, or /events/v3.")
        return "v3"

    def _taken(self, call: Call, version: Version, number: int, now: float, headers: Mapping[str, str], *, record: bool) -> Taken:
        test = _is_test(call)
        events = read_events(call.document, version)
        accounts = self._accounts(call, events)
        rows = [(event, account, judge(event, now)) for event, account in zip(events, accounts, strict=True)][: TEST_EVENTS if test else None]
        received = self._ledger.take(rows, number, now, test=test) if record else ()
        body = answer([judged for _, _, judged in rows], len(events))
        if self._mixed == 422 and body["num_events_processed"] < len(rows):
            return as_json(422, detailed(body), headers), received
        return as_json(200, body, headers), received

    def _accounts(self, call: Call, events: Sequence[Event]) -> list[str]:
        """The account of each event. Raises `Refused` where one is not the caller's."""
        own = account_of(call)
        accounts: list[str] = [event.get("advertiser_id", own) for event in events]
        for account in dict.fromkeys(accounts):
            self._rights.check_account(account)
        return accounts

    def _exchange(self, call: Call, reply: Reply, received: Sequence[Received], fault: Fault | None, number: int, now: float) -> Exchange:
        fates = Counter(row.fate for row in received)
        status = 0 if fault and fault.reset else reply.status
        code, message = _error(reply) if status else (0, "")
        return Exchange(
            number,
            now,
            account_of(call),
            status,
            len(call.body),
            call.count,
            fates["accepted"],
            fates["duplicate"],
            fates["refused"],
            fates["test"],
            str(fault or ""),
            code,
            # What a fault says may hold anything; it is for the client, and the client alone.
            "" if fault and (fault.echo or fault.body is not None) else message,
        )


def _is_test(call: Call) -> bool:
    """Tell whether it is a test request. Raises `Refused` for a value that is no boolean."""
    given = parse_qs(call.query, keep_blank_values=True).get("test", ["false"])[-1].lower()
    if given not in ("true", "false"):
        raise Refused(400, "the parameter test is neither true nor false")
    return given == "true"


def _error(reply: Reply) -> tuple[int, str]:
    """Pinterest's code and message in an answer that is an error."""
    document = parsed(reply.body) if reply.status >= 300 else None
    return (document.get("code", 0), document.get("message", "")) if isinstance(document, dict) else (0, "")
