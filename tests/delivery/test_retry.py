"""What is decided after each kind of reply, with a fixed clock and fixed jitter; and the laws that hold for all of them."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.delivery.result import Answer, NoAnswer, NoAnswerKind, Verdict
from pinterest_destination.delivery.retry import Pause, Policy, Split, Stop, Wait, decide, hint

NOW = 1_795_341_600.0  # Sun, 22 Nov 2026 10:00:00 GMT
JITTER = 0.5
REPLY: Any = {"num_events_received": 1, "num_events_processed": 1, "events": [{"status": "processed"}]}


def answer(status, content=None, **headers):
    """Give an answer with JSON *content*; headers are named as in Python."""
    body = b"" if content is None else json.dumps(content).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def error(code, message):
    """Give Pinterest's `Error`."""
    return {"code": code, "message": message}


LIMITED = error(8, "This request exceeded a rate limit.")
DOWN = error(4197, "The endpoint has been ramped down and is currently not accepting any traffic.")

# The third attempt, so that a wait without a hint is 0.5 * 4 seconds, and a pause 4 * 300.
TABLE = {
    "200": (answer(200, REPLY), Stop((Verdict("delivered"),))),
    "201": (answer(201, REPLY), Stop((Verdict("delivered"),))),
    "422 with results": (answer(422, {"code": 953, "message": "", "details": REPLY}), Stop((Verdict("delivered"),))),
    "200 without results": (answer(200, {}), Wait(2, "unreadable", "Pinterest's answer does not tell what became of each event (HTTP 200)", False)),
    "200 with an error": (answer(200, error(7, "odd")), Wait(2, "unreadable", "odd", False)),
    "204": (answer(204), Wait(2, "unreadable", "Pinterest's answer does not tell what became of each event (HTTP 204)", False)),
    "101": (answer(101), Wait(2, "http_101", "Pinterest did not accept the request (HTTP 101)", False)),
    "302": (answer(302, retry_after="60"), Wait(2, "redirect", "the server points elsewhere, which is not followed (HTTP 302)", False)),
    "308": (answer(308), Wait(2, "redirect", "the server points elsewhere, which is not followed (HTTP 308)", False)),
    "400": (answer(400, error(4196, "The request was invalid.")), Split("refused", "The request was invalid.", True)),
    "400 without a word": (answer(400), Split("refused", "Pinterest refused the request without saying why (HTTP 400)", True)),
    "413": (answer(413), Split("refused", "the request is too large for Pinterest (HTTP 413)", True)),
    "422 without results": (answer(422, {"code": 953, "details": {}}), Split("refused", "Pinterest refused some or all events without saying which (HTTP 422, code 953)", False)),
    "401": (answer(401, error(2, "Authentication failed.")), Pause(1200, "unauthorized", "Authentication failed.")),
    "401 without a word": (answer(401), Pause(1200, "unauthorized", "Pinterest does not accept the token (HTTP 401)")),
    "403": (answer(403, error(29, "")), Pause(1200, "forbidden", "the token has no access to this ad account (HTTP 403, code 29)")),
    "404": (answer(404), Pause(1200, "not_found", "Pinterest knows no such ad account, or no such address (HTTP 404)")),
    "405": (answer(405), Wait(2, "http_405", "Pinterest did not accept the request (HTTP 405)", False)),
    "408": (answer(408), Wait(2, "http_408", "Pinterest did not accept the request (HTTP 408)", False)),
    "408 with a hint": (answer(408, retry_after="10"), Wait(10.5, "http_408", "Pinterest did not accept the request (HTTP 408)", False)),
    "425": (answer(425, retry_after="10"), Wait(10.5, "http_425", "Pinterest did not accept the request (HTTP 425)", True)),
    "429": (answer(429, LIMITED), Wait(2, "rate_limited", LIMITED["message"], True)),
    "429 with seconds": (answer(429, LIMITED, retry_after="30"), Wait(30.5, "rate_limited", LIMITED["message"], True)),
    "429 with a short hint": (answer(429, LIMITED, retry_after="1"), Wait(2, "rate_limited", LIMITED["message"], True)),
    "429 with a long hint": (answer(429, LIMITED, retry_after="999999"), Wait(3600.5, "rate_limited", LIMITED["message"], True)),
    "429 with a date": (answer(429, LIMITED, retry_after="Sun, 22 Nov 2026 10:01:00 GMT"), Wait(60.5, "rate_limited", LIMITED["message"], True)),
    "429 with a limit": (answer(429, LIMITED, x_ratelimit_remaining="0", x_ratelimit_reset="45"), Wait(45.5, "rate_limited", LIMITED["message"], True)),
    "500": (answer(500), Wait(2, "http_500", "Pinterest did not accept the request (HTTP 500)", False)),
    "502 with a hint": (answer(502, retry_after="10"), Wait(10.5, "http_502", "Pinterest did not accept the request (HTTP 502)", False)),
    "503": (answer(503), Wait(2, "http_503", "Pinterest did not accept the request (HTTP 503)", False)),
    "503 ramped down": (answer(503, DOWN, retry_after="10"), Wait(10.5, "http_503", DOWN["message"], True)),
    "599": (answer(599), Wait(2, "http_599", "Pinterest did not accept the request (HTTP 599)", False)),
    "no name": (NoAnswer("dns", False), Wait(2, "dns", "the name of the server could not be resolved", True)),
    "refused": (NoAnswer("connect", False), Wait(2, "connect", "no connection to the server, or to the proxy before it", True)),
    "no connection in time": (NoAnswer("connect_timeout", False), Wait(2, "timeout", "the server did not accept a connection in time", True)),
    "certificate": (NoAnswer("tls", False), Wait(2, "tls", "no trusted TLS connection to the server", True)),
    "TLS later on": (NoAnswer("tls", True), Wait(2, "tls", "no trusted TLS connection to the server", False)),
    "no answer in time": (NoAnswer("read_timeout", True), Wait(2, "timeout", "no complete answer in time", False)),
    "reset": (NoAnswer("reset", True), Wait(2, "reset", "the connection broke before the answer", False)),
    "truncated": (NoAnswer("truncated", True), Wait(2, "truncated", "the answer broke off", False)),
    "too large": (NoAnswer("too_large", True), Wait(2, "unreadable", "the answer is larger than any of Pinterest's", False)),
    "no HTTP": (NoAnswer("undecodable", True), Wait(2, "unreadable", "the answer is no HTTP, or its encoding is broken", False)),
    "unexpected": (NoAnswer("unexpected", True), Wait(2, "unexpected", "the request failed in a way that has no name here", False)),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "decision"), TABLE.values(), ids=TABLE)
def test_a_reply_leads_to_this_decision(reply, decision):
    """One event was sent, for the third time."""
    assert decide(reply, 1, 3, NOW, JITTER) == decision


def test_every_kind_of_missing_answer_is_in_the_table():
    """A new kind needs a row."""
    assert {reply.kind for reply, _ in TABLE.values() if isinstance(reply, NoAnswer)} == {*get_args(NoAnswerKind)}


@pytest.mark.parametrize(("attempt", "bound"), [(0, 1), (1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (1000, 300), (10**6, 300)])
def test_waits_double_up_to_the_cap(attempt, bound):
    """Each is a random part of the bound, so that many senders do not come back at the same moment."""
    assert [decide(answer(503), 1, attempt, NOW, jitter).seconds for jitter in (0.0, 0.5)] == [0, bound / 2]  # type: ignore[union-attr]


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 300), (2, 600), (5, 3600), (10**6, 3600)])
def test_pauses_double_up_to_their_cap(attempt, seconds):
    """Without chance: a pause is shared by all senders anyway."""
    assert decide(answer(401), 1, attempt, NOW, JITTER) == Pause(seconds, "unauthorized", "Pinterest does not accept the token (HTTP 401)")


def test_a_policy_sets_the_bounds():
    """All waits are its own to choose."""
    policy = Policy(base=10, cap=20, hint_cap=50, pause=7, pause_cap=9)

    assert [decide(answer(500), 1, attempt, NOW, JITTER, policy).seconds for attempt in (1, 5)] == [5, 10]  # type: ignore[union-attr]
    assert decide(answer(429, retry_after="99"), 1, 1, NOW, JITTER, policy).seconds == 55  # type: ignore[union-attr]
    assert [decide(answer(403), 1, attempt, NOW, JITTER, policy).seconds for attempt in (1, 2)] == [7, 9]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": " 120 "}, 120),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "4, 8"}, 4),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "1e9"}, 0),
        ({"retry-after": "NaN"}, 0),
        ({"retry-after": "٣"}, 0),
        ({"retry-after": ""}, 0),
        ({"retry-after": "9" * 400}, float("inf")),
        ({"retry-after": "Sun, 22 Nov 2026 10:02:00 GMT"}, 120),
        ({"retry-after": "Sunday, 22-Nov-26 10:02:00 GMT"}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 11:02:00 +0100"}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 10:02:00 -0000"}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 09:59:00 GMT"}, 0),
        ({"retry-after": "Sun, 99 Nov 2026 10:02:00 GMT"}, 0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, 251_607_045_539),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359"}, 0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "45"}, 45),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795341690"}, 90),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795341000"}, 0),
        ({"x-ratelimit-remaining": "0, 0;w=60", "x-ratelimit-reset": "45, 45;w=60"}, 45),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "45"}, 0),
        ({"x-ratelimit-remaining": "0"}, 0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "later"}, 0),
        ({"x-ratelimit-reset": "45"}, 0),
        ({"retry-after": "30", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "45"}, 45),
        ({"retry-after": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "45"}, 60),
    ],
    ids=str,
)
def test_headers_ask_for_this_wait(headers, seconds):
    """Seconds, dates and epoch times are read; what is past, negative or garbage asks for nothing."""
    assert hint(headers, NOW) == seconds


replies = st.builds(
    Answer,
    st.integers(100, 599),
    st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"]),
        st.text() | st.integers().map(str) | st.floats().map(str) | st.sampled_from(["0", "Sun, 22 Nov 2026 10:02:00 GMT"]),
    ),
    st.binary(max_size=50) | st.sampled_from([json.dumps(REPLY).encode(), b'{"code": 4197, "message": "Down"}']),
) | st.builds(NoAnswer, st.sampled_from(get_args(NoAnswerKind)), st.booleans())
policies = st.builds(Policy, *[st.floats(0.001, 1e6)] * 5)
jitters = st.floats(0, 1, exclude_max=True)


@pytest.mark.property
@given(replies, st.integers(1, 3), st.integers(1, 10**6), st.floats(0, 1e11), jitters, policies)
def test_every_reply_has_a_decision_within_the_bounds(reply, count, attempt, now, jitter, policy):
    """Nothing raises; no wait is negative, or longer than the policy says."""
    decision = decide(reply, count, attempt, now, jitter, policy)

    if isinstance(decision, Stop):
        assert len(decision.verdicts) == count
    else:
        assert decision.code
        assert decision.message
    if isinstance(decision, Wait):
        assert 0 <= decision.seconds <= max(policy.cap, policy.hint_cap + policy.base)
    if isinstance(decision, Pause):
        assert 0 < decision.seconds <= policy.pause_cap


@pytest.mark.property
@given(replies, st.integers(1, 1000), jitters, policies)
def test_later_attempts_never_wait_less(reply, attempt, jitter, policy):
    """With the same chance, the wait grows with the number of the attempt, or stays."""
    waits = [getattr(decide(reply, 1, number, NOW, jitter, policy), "seconds", 0) for number in (attempt, attempt + 1)]

    assert waits == sorted(waits)


@pytest.mark.property
@given(replies, st.integers(1, 3), st.integers(1, 100), jitters)
def test_what_may_have_been_processed_is_never_certain(reply, count, attempt, jitter):
    """After a 2xx, a 422, a 5xx of unknown meaning, or a request that may have gone out, only Pinterest can be sure."""
    decision = decide(reply, count, attempt, NOW, jitter)
    status = getattr(reply, "status", 0)
    doubtful = reply.maybe_sent if isinstance(reply, NoAnswer) else 200 <= status < 400 or status in (408, 422, 500, 502, 504)

    assert not (doubtful and getattr(decision, "certain", False))
    assert isinstance(decision, Pause) == (status in (401, 403, 404))
