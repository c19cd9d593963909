"""Everything that may go wrong on the way to Pinterest, in the first, a middle and the last batch: every event ends as it should.

Real sockets throughout: the sandbox misbehaves as it is told, and counts what it takes in as Pinterest would.
"""

import json
from collections import Counter
from email.utils import formatdate

import pytest

from pinterest_destination.delivery.delivery import Delivery, open_outbox
from pinterest_destination.delivery.result import Outcome
from pinterest_destination.delivery.sandbox import Fault, Sandbox

from .conftest import ADDRESS, AT_ONCE, NOW

BATCHES = {"first": 0, "middle": 1, "last": 2}
SIZE = 4
"""Events in a batch."""
ERROR = json.dumps({"code": 4196, "message": f"The request was invalid; contact {ADDRESS}."})
ANSWER = {"num_events_received": SIZE, "num_events_processed": SIZE, "events": [{"status": "processed"}] * SIZE}


def answer(**changes):
    """The body of a good answer, with something in it changed."""
    return json.dumps({**ANSWER, **changes})


def error(code, message, **more):
    """The body of an answer that refuses the request."""
    return json.dumps({"code": code, "message": message, **more})


PASSING = {
    "408": Fault(status=408),
    "425": Fault(status=425),
    "429": Fault(status=429),
    "429 with Retry-After in seconds": Fault(status=429, headers={"Retry-After": "7"}),
    "429 with Retry-After as a date": Fault(status=429, headers={"Retry-After": formatdate(NOW + 9, usegmt=True)}),
    "429 with a limit that resets": Fault(status=429, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "11"}),
    "429 with nonsense for a hint": Fault(status=429, headers={"Retry-After": "soon", "x-ratelimit-reset": "-1"}),
    "429 four times": Fault(status=429, times=4),
    "500": Fault(status=500),
    "500 although the events were taken in": Fault(status=500, process=True),
    "501": Fault(status=501),
    "502": Fault(status=502, html=True),
    "503": Fault(status=503, body=error(4197, "The endpoint has been ramped down.")),
    "503 five times": Fault(status=503, times=5),
    "504": Fault(status=504),
    "505, which is no status that clients expect": Fault(status=505),
    "299, which is none of Pinterest's": Fault(status=299, body="fine"),
    "301": Fault(status=301, redirect="/elsewhere"),
    "302 to the same address": Fault(redirect="/v5/ad_accounts/549755885175/events"),
    "307 to another server": Fault(status=307, redirect="http://127.0.0.1:9/"),
    "304": Fault(status=304),
    "204": Fault(status=204, process=True),
    "401, and mended": Fault(status=401),
    "403, and mended": Fault(status=403),
    "404, and mended": Fault(status=404),
    "402": Fault(status=402),
    "451": Fault(status=451),
    "400 once, for no reason": Fault(status=400),
    "400 once, with an address and the token in it": Fault(echo=True),
    "401 with an address and the token in it": Fault(echo=True, status=401),
    "413 once": Fault(status=413),
    "422 that tells of no event": Fault(status=422, body=error(953, "Some events are invalid.", details={})),
    "422 with details for other events": Fault(status=422, body=error(953, "x", details={**ANSWER, "events": [{"status": "failed"}]})),
    "200 with HTML": Fault(html=True),
    "200 with nothing": Fault(body=""),
    "200 with half of the JSON": Fault(not_json=True),
    "200 with other JSON": Fault(body="[1, 2, 3]"),
    "200 with text": Fault(body="ok"),
    "200 with NaN": Fault(body='{"num_events_received": NaN, "events": []}'),
    "200 with deep JSON": Fault(body="[" * 100_000),
    "200 with a number of 5,000 digits": Fault(body='{"events": [%s]}' % ("9" * 5000)),
    "200 with a result too few": Fault(results=-1),
    "200 with a result too many": Fault(results=1),
    "200 with no results": Fault(body=answer(events=[])),
    "200 with results that are none": Fault(body=answer(events=[None] * SIZE)),
    "200 with a status that is none": Fault(body=answer(events=[{"status": "maybe"}] * SIZE)),
    "200 that received another number": Fault(body=answer(num_events_received=SIZE + 1)),
    "200 in another character set": Fault(headers={"Content-Type": "text/plain; charset=utf-16"}, body="\ufeffx"),
    "200 that is no gzip": Fault(headers={"Content-Encoding": "gzip"}),
    "200 in an encoding that nobody knows": Fault(headers={"Content-Encoding": "br"}),
    "a gzip bomb": Fault(gzip_bomb=50_000_000),
    "a reset before the request is read": Fault(reset="accept"),
    "a reset instead of the answer": Fault(reset="answer"),
    "a reset instead of the answer, nothing taken in": Fault(reset="answer", process=False),
    "an answer without its body": Fault(truncate=0),
    "an answer that breaks off": Fault(truncate=20),
    "chunks that break off": Fault(chunked=10),
    "a connection that closes unannounced": Fault(close=True),
    "an answer that comes too late": Fault(delay=3),
    "an answer that comes too slowly": Fault(drip=0.05),
}
"""Faults that pass: each event is delivered in the end, and counts once."""

TOO_LATE = {"an answer that comes too late", "an answer that comes too slowly"}
READ_TIMEOUT = {True: 1.5, False: 20}
"""Seconds: short only where the fault is that it takes too long, or a busy machine would look like a fault."""

POISON = {
    "a poisoned event that makes its request invalid": Fault(status=400, event_id="bad", times=1000, body=ERROR),
    "a poisoned event that makes its request too large": Fault(status=413, event_id="bad", times=1000, body=ERROR),
    "a poisoned event, and nothing told of it": Fault(status=422, event_id="bad", times=1000, body=error(953, "x")),
}
"""Faults of one event that take its whole request along."""


def batches(event, place, bad=None):
    """Three batches of events; *bad* takes the place of the second event in one of them."""
    events = [event() for _ in range(3 * SIZE)]
    if bad:
        events[place * SIZE + 1] = bad
    return events


@pytest.fixture
def deliver(destination, tmp_path, nothing_leaks, sandbox):
    """Deliver events through an outbox, batch by batch; give the outcomes by event id, the last word of each."""

    def deliver(events, clock=lambda: NOW, **more):
        size = max(len(json.dumps(event, separators=(",", ":"))) for event in events)
        made = destination(clock, max_batch_bytes=SIZE * (size + 1) + 20, **{"read_timeout": 20, **more})
        told: list[Outcome] = []
        with (
            open_outbox(tmp_path / "outbox.sqlite3", made.settings, clock) as outbox,
            Delivery(made, outbox, policy=AT_ONCE, clock=clock, jitter=lambda: 0.5, on_outcomes=told.extend) as delivery,
        ):
            delivery.put(events)
            assert delivery.flush(60)
            rows = list(outbox.rows())
            nothing_leaks(told, rows, delivery, delivery.target)
        assert Counter(row.event_id for row in rows) == Counter(event["event_id"] for event in events)
        assert {outcome.event_id: outcome.status for outcome in told} == {row.event_id: row.state for row in rows}
        return {outcome.event_id: outcome for outcome in told}

    return deliver


def counted(sandbox):
    """How often each event counts at Pinterest."""
    return Counter(event["event_id"] for event in sandbox.accepted)


@pytest.mark.parametrize("place", BATCHES)
@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_costs_no_event_and_counts_none_twice(sandbox, deliver, event, name, place):
    """Each event is delivered in the end, and counts exactly once."""
    events = batches(event, BATCHES[place])
    sandbox.script(*[Fault()] * BATCHES[place], PASSING[name])

    outcomes = deliver(events, read_timeout=READ_TIMEOUT[name in TOO_LATE])

    assert {outcome.status for outcome in outcomes.values()} == {"delivered"}
    assert counted(sandbox) == Counter(event["event_id"] for event in events)
    assert sandbox.scripted == ()


@pytest.mark.parametrize("place", BATCHES)
@pytest.mark.parametrize("name", PASSING)
def test_offline_events_never_count_twice(sandbox, deliver, event, name, place):
    """Pinterest recognises no repeat of them: they arrive once, or are doubtful and wait for a person."""
    events = [{**each, "action_source": "offline"} for each in batches(event, BATCHES[place])]
    sandbox.script(*[Fault()] * BATCHES[place], PASSING[name])

    outcomes = deliver(events, read_timeout=READ_TIMEOUT[name in TOO_LATE])

    counts = counted(sandbox)
    assert {outcome.status for outcome in outcomes.values()} <= {"delivered", "unknown"}
    assert max(counts.values()) == 1
    assert [key for key, outcome in outcomes.items() if outcome.status == "delivered" and counts[key] != 1] == []
    doubted = (BATCHES[place], BATCHES[place] + 1) if PASSING[name].close else (BATCHES[place],)  # the next may be on its way when a connection closes
    undoubted = {each["event_id"] for n, each in enumerate(events) if n // SIZE not in doubted}
    assert {outcomes[key].status for key in undoubted} <= {"delivered"}


@pytest.mark.parametrize("place", BATCHES)
@pytest.mark.parametrize("name", POISON)
def test_a_poisoned_event_ends_alone_and_the_rest_is_delivered(sandbox, deliver, event, name, place):
    """The request is split until the event that Pinterest refuses stands alone, with Pinterest's own message."""
    events = batches(event, BATCHES[place], event(event_id="bad"))
    sandbox.script(POISON[name])

    outcomes = deliver(events)

    bad = outcomes.pop("bad")
    assert (bad.status, bad.code) == ("rejected", "refused")
    assert bad.message
    assert {outcome.status for outcome in outcomes.values()} == {"delivered"}
    assert counted(sandbox) == Counter(list(outcomes))


@pytest.mark.parametrize("place", BATCHES)
@pytest.mark.parametrize("mixed", ["200", "422"])
def test_an_event_that_fails_is_told_by_pinterests_own_message_whatever_the_status(destination, event, tmp_path, place, mixed):
    """Mixed results come with 200 or with 422, and are read alike."""
    events = batches(event, BATCHES[place], event(event_id="old", event_time=int(NOW) - 10 * 86400))
    with Sandbox(clock=lambda: NOW, mixed=mixed) as sandbox:
        made = destination(base_url=sandbox.url)
        with Delivery(made, tmp_path / "outbox.sqlite3", policy=AT_ONCE, clock=lambda: NOW) as delivery:
            outcomes = {outcome.event_id: outcome for outcome in delivery.send(events)}

    old = outcomes.pop("old")
    assert (old.status, old.code) == ("rejected", "failed")
    assert "event_time" in old.message
    assert {outcome.status for outcome in outcomes.values()} == {"delivered"}


@pytest.mark.parametrize("place", BATCHES)
def test_a_warning_is_kept_beside_its_event(sandbox, deliver, event, place):
    """The event counts, and the message says what is not as it should be."""
    odd = event(event_id="odd", custom_data={"value": "5"})

    outcomes = deliver(batches(event, BATCHES[place], odd))

    assert (outcomes["odd"].status, outcomes["odd"].code) == ("delivered_with_warning", "warning")
    assert "currency" in outcomes["odd"].message
    assert len(sandbox.accepted) == 3 * SIZE


@pytest.mark.parametrize("place", BATCHES)
@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": "answer", "process": False}], ids=["500", "reset"])
def test_an_event_that_brings_the_server_down_expires_alone(sandbox, deliver, event, fault, place):
    """Its batch is made smaller with each failure, so that the others get through long before the horizon is over."""
    events = batches(event, BATCHES[place], event(event_id="bad"))
    sandbox.script(Fault(event_id="bad", times=100_000, **fault))
    now = [NOW]

    def clock():
        now[0] += 5.0
        return now[0]

    outcomes = deliver(events, clock, horizon=1800)

    bad = outcomes.pop("bad")
    assert {outcome.status for outcome in outcomes.values()} == {"delivered"}
    assert counted(sandbox) == Counter(list(outcomes))
    assert (bad.status, bad.code) == ("expired", "horizon")
