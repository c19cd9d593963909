"""`Delivery`: at once with and without an outbox, in the background, through restarts, with hooks."""

import threading
from collections import Counter

import pytest

from pinterest_destination import Destination, SettingsError
from pinterest_destination.delivery import delivery as module
from pinterest_destination.delivery.bucket import Bucket
from pinterest_destination.delivery.delivery import Delivery, open_outbox
from pinterest_destination.delivery.result import Outcome
from pinterest_destination.delivery.sandbox import Fault, Sandbox
from pinterest_destination.delivery.sender import Attempt
from pinterest_destination.errors import DeliveryError, OutboxError, OutboxFull

from .conftest import ACCOUNT, AT_ONCE, NOW


@pytest.fixture(params=["without an outbox", "with an outbox"])
def delivery(request, destination, tmp_path):
    """A delivery to the sandbox that waits for nothing."""
    outbox = tmp_path / "outbox.sqlite3" if request.param == "with an outbox" else None
    with Delivery(destination(), outbox, policy=AT_ONCE, clock=lambda: NOW) as made:
        yield made


def statuses(outcomes):
    """The status of each outcome."""
    return [outcome.status for outcome in outcomes]


def test_each_event_has_its_own_outcome_in_order(delivery, sandbox, event):
    """Delivered, refused by Pinterest, refused with its request, or no event at all: bad ones cost only themselves."""
    events = [event(), event(event_time=int(NOW) - 30 * 86400), event(colour="red"), {"event_name": "checkout"}, event(nan=float("nan")), event()]

    outcomes = delivery.send(events)

    assert [(outcome.status, outcome.code) for outcome in outcomes] == [
        ("delivered", ""),
        ("rejected", "failed"),
        ("rejected", "refused"),
        ("rejected", "invalid"),
        ("rejected", "invalid"),
        ("delivered", ""),
    ]
    assert "colour" in outcomes[2].message
    assert [outcome.event_id for outcome in outcomes] == [event.get("event_id", "") for event in events]
    assert len(sandbox.accepted) == 2


def test_nothing_to_send_is_nothing_to_do(delivery, sandbox):
    """No request for no events."""
    assert delivery.send([]) == []
    assert sandbox.requests == ()


def test_more_events_than_a_request_takes_go_in_several(delivery, sandbox, event):
    """At most a thousand in each, in order."""
    outcomes = delivery.send([event() for _ in range(2100)])

    assert set(statuses(outcomes)) == {"delivered"}
    assert [exchange.events for exchange in sandbox.requests] == [1000, 1000, 100]


def test_without_patience_what_failed_comes_back_at_once(delivery, sandbox, event):
    """With the reason, and with the seconds to wait."""
    sandbox.script(Fault(status=503, body="{}", times=1000))
    slow = Delivery(Destination(delivery_settings(sandbox)), clock=lambda: NOW, jitter=lambda: 0.5)

    [outcome] = slow.send([event()])
    [again] = slow.send([event()])

    assert (outcome.status, outcome.code, outcome.wait) == ("retry", "http_503", 0.5)
    assert (again.status, again.code, again.wait) == ("retry", "http_503", 0.5)
    assert len(sandbox.requests) == 1
    assert slow.close()


def delivery_settings(sandbox, **more):
    """Settings that deliver to the sandbox."""
    return {"ad_account_id": ACCOUNT, "conversion_token": "sandbox-token", "delivery": {"base_url": sandbox.url}, **more}


def test_with_patience_what_failed_is_tried_again(delivery, sandbox, event):
    """Each event counts once, however often it was sent."""
    sandbox.script(Fault(status=503), Fault(reset="answer"), Fault(html=True), Fault(status=401))

    outcomes = delivery.send([event(), event()], patience=60)

    assert statuses(outcomes) == ["delivered", "delivered"]
    assert [exchange.status for exchange in sandbox.requests] == [503, 0, 200, 401, 200]
    assert len(sandbox.accepted) == 2


def test_a_wrong_token_pauses_the_destination_and_keeps_its_events(destination, sandbox, event, tmp_path):
    """Nothing is sent while it is paused; started anew with the right token, everything goes."""
    with Delivery(destination(token="pina_wrong"), tmp_path / "outbox.sqlite3", clock=lambda: NOW) as wrong:  # noqa: S106
        first = wrong.send([event(), event()])
        second = wrong.send([event()])
        assert wrong.pause is not None
        assert wrong.left() == 3

    with Delivery(destination(), tmp_path / "outbox.sqlite3", clock=lambda: NOW) as right:
        assert right.flush(30)

    assert {(outcome.status, outcome.code) for outcome in (*first, *second)} == {("retry", "unauthorized")}
    assert [exchange.status for exchange in sandbox.requests][:2] == [401, 200]
    assert len(sandbox.accepted) == 3


def test_the_background_delivers_what_is_put(destination, sandbox, event, tmp_path):
    """From several threads; `close` waits for it."""
    told: list[Outcome] = []
    with Delivery(destination(), tmp_path / "outbox.sqlite3", on_outcomes=told.extend).start() as delivery:
        threads = [threading.Thread(target=delivery.put, args=([event() for _ in range(200)],)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert delivery.start() is delivery
        assert delivery.close(60)
        assert delivery.close()

    assert Counter(statuses(told)) == {"delivered": 800}
    assert len(sandbox.accepted) == 800


def test_send_works_beside_the_background(destination, sandbox, event, tmp_path):
    """They take turns."""
    with Delivery(destination(), tmp_path / "outbox.sqlite3", policy=AT_ONCE).start() as delivery:
        outcomes = [delivery.send([event() for _ in range(10)], patience=30) for _ in range(5)]

    assert {status for each in outcomes for status in statuses(each)} == {"delivered"}
    assert len(sandbox.accepted) == 50


def test_the_same_event_is_stored_and_counted_once(destination, sandbox, event, tmp_path):
    """By id and name, for as long as Pinterest recognises repeats."""
    once = event()
    with Delivery(destination(), tmp_path / "outbox.sqlite3", clock=lambda: NOW) as delivery:
        assert delivery.put([once, once, {**once, "event_name": "signup"}, {}]) == ["stored", "duplicate", "stored", "invalid"]
        assert statuses(delivery.send([once])) == ["delivered"]
        assert statuses(delivery.send([once])) == ["delivered"]

    assert len(sandbox.received) == 2


def test_what_is_left_at_the_end_waits_in_the_outbox(destination, sandbox, event, tmp_path):
    """`close` gives up at its deadline and says so; the next start goes on."""
    sandbox.script(Fault(status=500, times=100_000))
    with Delivery(destination(), tmp_path / "outbox.sqlite3").start() as delivery:
        delivery.put([event()])
        assert delivery.close(0.2) is False

    sandbox.clear()
    with Delivery(destination(), tmp_path / "outbox.sqlite3", clock=lambda: NOW + 86400 * 365 * 20 - 10) as delivery:
        assert delivery.flush(0.0) is False or delivery.is_done()


def test_a_full_outbox_refuses_and_stores_nothing(destination, event, tmp_path):
    """The put that would be too much is refused whole."""
    made = destination(max_outbox_bytes=1_000_000)
    with Delivery(made, tmp_path / "outbox.sqlite3") as delivery:
        with pytest.raises(OutboxFull, match="max_outbox_bytes"):
            delivery.put([event(event_source_url="x" * 1000) for _ in range(5000)])
        assert delivery.left() == 0
        assert OutboxFull.retryable


def test_without_an_outbox_there_is_nothing_to_put_into_or_to_work_on(destination, event):
    """The message says what to do instead."""
    delivery = Delivery(destination())

    with pytest.raises(DeliveryError, match="use `send`"):
        delivery.put([event()])
    with pytest.raises(DeliveryError, match="use `send`"):
        delivery.start()
    assert delivery.flush(1)
    assert delivery.is_done()
    assert delivery.left() == 0
    assert delivery.close()


def test_settings_that_delivery_lacks_are_all_told():
    """By name, before anything is sent."""
    with pytest.raises(SettingsError) as caught:
        Delivery(Destination({"tag_id": "2612345678901"}))

    assert [fault.pointer for fault in caught.value.faults] == ["/ad_account_id", "/conversion_token"]


def test_a_hook_that_fails_stops_nothing(destination, sandbox, event, tmp_path, caplog):
    """What it raises is logged by its kind alone."""

    def broken(told):
        raise RuntimeError("a token in here would be shown")

    with Delivery(destination(), tmp_path / "outbox.sqlite3", on_outcomes=broken, on_attempt=broken) as delivery:
        assert statuses(delivery.send([event()], patience=5)) == ["delivered"]

    assert {record.getMessage() for record in caplog.records if record.name == module.__name__} == {"a hook of delivery failed: RuntimeError"}


def test_attempts_are_told(delivery, sandbox, event, destination):
    """One for each request."""
    attempts: list[Attempt] = []
    with Delivery(destination(), on_attempt=attempts.append, policy=AT_ONCE) as counted:
        sandbox.script(Fault(status=500))
        counted.send([event(), event()], patience=10)

    assert [(attempt.events, attempt.status, attempt.code) for attempt in attempts] == [(2, 500, "http_500"), (2, 200, "")]


def test_version_3_and_test_mode_have_their_own_addresses(sandbox, event):
    """v3 sends no token and names the advertiser in each event; in test mode nothing counts, and twenty go at a time."""
    third = Destination({"api_version": "v3", "advertiser_id": "429047995", "delivery": {"base_url": sandbox.url}})
    tested = Destination(delivery_settings(sandbox, test_mode=True))
    with Delivery(third) as delivery:
        assert statuses(delivery.send([event(advertiser_id="429047995")])) == ["delivered"]
    with Delivery(tested) as delivery:
        assert statuses(delivery.send([event() for _ in range(50)])) == ["delivered"] * 50

    assert len(sandbox.accepted) == 1
    assert [(exchange.events, exchange.test) for exchange in sandbox.requests] == [(1, 0), (20, 20), (20, 20), (10, 10)]


def test_calls_are_spread_over_the_minute(destination, event, tmp_path):
    """At most a second's worth at once, with and without an outbox; a clock that stands still lets no more through."""
    now = [100.0]
    bucket = Bucket(120, lambda: now[0])
    taken = [bucket.take() for _ in range(3)]
    now[0] += 0.25
    later = bucket.take()
    now[0] -= 50
    back = bucket.take()

    assert taken == [0.0, 0.0, 0.5]
    assert later == pytest.approx(0.25)
    assert back == pytest.approx(0.25)


def test_closing_ends_a_wait_for_the_next_call(destination, sandbox, event, tmp_path):
    """What was claimed and not sent goes back, and is delivered by the next start."""
    made = destination(calls_per_minute=1, max_batch_bytes=1000)
    with open_outbox(tmp_path / "outbox.sqlite3", made.settings) as outbox:
        delivery = Delivery(made, outbox, policy=AT_ONCE).start()
        delivery.put([event() for _ in range(20)])
        assert delivery.close(1.0) is False
        assert outbox.counts()["sending"] == 0
        assert outbox.counts()["waiting"] > 0
        with Delivery(destination(), outbox) as again:
            assert again.flush(30)

    assert len(sandbox.accepted) == 20


def test_two_destinations_share_an_outbox_and_do_not_mix(sandbox, event, tmp_path):
    """Each takes its own events, with its own token."""
    with Sandbox(token="another", clock=lambda: NOW) as other:  # noqa: S106
        first = Destination(delivery_settings(sandbox))
        second = Destination({**delivery_settings(other), "conversion_token": "another", "ad_account_id": "1"})
        with open_outbox(tmp_path / "outbox.sqlite3", first.settings) as outbox:
            one, two = Delivery(first, outbox), Delivery(second, outbox)
            one.put([event() for _ in range(3)])
            two.put([event() for _ in range(4)])
            assert two.flush(30)
            assert one.flush(30)
            assert [status.name for status in outbox.destinations()] == sorted([one.target.key, two.target.key])

        assert (len(sandbox.accepted), len(other.accepted)) == (3, 4)


def test_closing_ends_a_send_without_an_outbox(sandbox, event):
    """What was not sent comes back, for the host's own queue to keep."""
    delivery = Delivery(Destination(delivery_settings(sandbox, delivery={"base_url": sandbox.url, "calls_per_minute": 1, "max_batch_bytes": 1000})), policy=AT_ONCE, clock=lambda: NOW)
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.extend(delivery.send([event() for _ in range(12)])))
    thread.start()
    while not sandbox.requests:
        pass
    delivery.close()
    thread.join(30)

    assert Counter(statuses(outcomes)) == {"delivered": len(sandbox.accepted), "retry": 12 - len(sandbox.accepted)}
    assert len(sandbox.accepted) < 12


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(destination, sandbox, event, tmp_path):
    """Or the destination would be left alone for as long as the clock went back, and the wait besides."""
    now = [NOW]
    sandbox.script(Fault(status=503, times=2))
    with Delivery(destination(), tmp_path / "outbox.sqlite3", clock=lambda: now[0], jitter=lambda: 1.0) as delivery:
        assert statuses(delivery.send([event()])) == ["retry"]
        now[0] -= 3600
        [held] = delivery.send([event()])
        now[0] += 2
        delivery.send([event()])
        now[0] += 10
        assert delivery.flush(5)

    assert held.status == "retry"
    assert held.wait == pytest.approx(1.0)
    assert [exchange.status for exchange in sandbox.requests][:2] == [503, 503]
    assert len(sandbox.accepted) == 3


def test_the_end_of_patience_is_the_end_of_trying(sandbox, event):
    """Even where nothing has to be waited for between two tries."""
    sandbox.script(Fault(status=503, times=100_000))
    delivery = Delivery(Destination(delivery_settings(sandbox)), policy=AT_ONCE, jitter=lambda: 0.0)

    assert statuses(delivery.send([event()])) == ["retry"]
    assert len(sandbox.requests) == 1
    assert statuses(delivery.send([event()], patience=0.2)) == ["retry"]


def test_without_patience_no_more_is_begun_than_the_events_need(destination, sandbox, event, tmp_path):
    """A backlog goes first, and is not worked off on the way."""
    made = destination(max_batch_bytes=1000)
    with Delivery(made, tmp_path / "outbox.sqlite3", policy=AT_ONCE, clock=lambda: NOW) as delivery:
        delivery.put([event() for _ in range(30)])
        [outcome] = delivery.send([event()])

    assert (outcome.status, outcome.code) == ("retry", "waiting")
    assert len(sandbox.requests) == 1


def test_an_outbox_that_is_busy_for_a_moment_makes_nothing_doubtful(destination, sandbox, event, tmp_path):
    """What was not on its way goes again; outcomes that could not be written down at once are, and are told, later."""
    told: list[Outcome] = []
    made = destination()
    sandbox.script(Fault(status=413))
    with open_outbox(tmp_path / "outbox.sqlite3", made.settings, lambda: NOW) as outbox, Delivery(made, outbox, policy=AT_ONCE, clock=lambda: NOW, on_outcomes=told.extend) as delivery:
        delivery.put([event(action_source="offline") for _ in range(4)])
        calls = iter([True, False])
        taken, finished = outbox.take_call, outbox.finish
        broken = OutboxError("busy")
        outbox.take_call = lambda *args: taken(*args) if next(calls, True) else raised(broken)  # type: ignore[method-assign]
        with pytest.raises(OutboxError):
            delivery.flush(5)
        outbox.take_call = taken  # type: ignore[method-assign]
        once = iter([False])
        outbox.finish = lambda results: finished(results) if next(once, True) else raised(broken)  # type: ignore[method-assign]
        with pytest.raises(OutboxError):
            delivery.flush(5)
        assert delivery.flush(5)

    assert statuses(told) == ["delivered"] * 4
    assert len(sandbox.accepted) == 4


def raised(error):
    """Raise *error*, where only an expression will do."""
    raise error


def test_closing_ends_the_thread_whatever_the_outbox_says(destination, tmp_path):
    """An outbox that is closed already is told, and nothing is left running."""
    made = destination()
    box = open_outbox(tmp_path / "outbox.sqlite3", made.settings)
    delivery = Delivery(made, box).start()
    box.close()

    with pytest.raises(OutboxError, match="closed"):
        delivery.close()

    assert [thread.name for thread in threading.enumerate() if thread.name == "pinterest-delivery"] == []


def test_a_hook_cannot_send(destination, sandbox, event, tmp_path, caplog):
    """It would wait for itself for ever; it is told, and nothing else happens."""
    made: list[Delivery] = []

    def sends_more(told):
        made[0].send([event()])

    with Delivery(destination(), tmp_path / "outbox.sqlite3", on_outcomes=sends_more) as delivery:
        made.append(delivery)
        delivery.send([event()], patience=5)

    assert "a hook of delivery failed: DeliveryError" in [record.getMessage() for record in caplog.records]


def test_a_wish_to_be_left_alone_outlives_a_restart(destination, sandbox, event, tmp_path):
    """Retry-After holds for every process on the outbox, and for the next start; a wrong token is tried again at once."""
    now = [NOW]
    sandbox.script(Fault(status=429, headers={"Retry-After": "600"}))
    for _ in range(4):
        with Delivery(destination(), tmp_path / "outbox.sqlite3", clock=lambda: now[0]) as delivery:
            [outcome] = delivery.send([event()])
    now[0] += 700
    with Delivery(destination(), tmp_path / "outbox.sqlite3", clock=lambda: now[0]) as delivery:
        assert delivery.flush(5)

    assert outcome.status == "retry"
    assert outcome.wait is not None
    assert 590 < outcome.wait < 610
    assert [exchange.status for exchange in sandbox.requests][:2] == [429, 200]
    assert len(sandbox.accepted) == 4


def test_resume_by_hand_reaches_a_delivery_that_runs(destination, sandbox, event, tmp_path):
    """`outbox resume` in another process ends the pause here as well."""
    sandbox.script(Fault(status=401))
    with Delivery(destination(), tmp_path / "outbox.sqlite3", clock=lambda: NOW) as delivery:
        delivery.send([event()])
        with open_outbox(tmp_path / "outbox.sqlite3", destination().settings) as other:
            other.resume(delivery.target.key)
        assert delivery.flush(5)

    assert len(sandbox.accepted) == 1


@pytest.mark.parametrize("odd", [None, 5, "text", [1]])
def test_what_is_no_event_costs_only_itself(delivery, sandbox, event, odd):
    """Whatever it is."""
    assert [(outcome.status, outcome.code) for outcome in delivery.send([odd, event()])] == [("rejected", "invalid"), ("delivered", "")]
