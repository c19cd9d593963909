"""Laws of sending one batch, against a Pinterest that answers anything: every event gets one outcome, and none is sent once too often."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.delivery.request import Packed, Target
from pinterest_destination.delivery.result import Answer, NoAnswer
from pinterest_destination.delivery.sender import IN_A_ROW, PROBES, Attempt, Sender

TARGET = Target("v5", "549755885175", False, "http://127.0.0.1:9")
BAD = "bad"


def packed(number, offline=False, bad=False):
    """One event; its text says what it is."""
    event_id = f"{BAD}-{number}" if bad else f"e-{number}"
    return Packed(event_id, "checkout", offline, json.dumps({"event_id": event_id}))


def processed(count):
    """Pinterest's answer when all is well."""
    events = [{"status": "processed"}] * count
    return Answer(200, {}, json.dumps({"num_events_received": count, "num_events_processed": count, "events": events}).encode())


def refused(message="invalid"):
    """Pinterest's answer when it refuses the request."""
    return Answer(400, {}, json.dumps({"code": 4196, "message": message}).encode())


class Pinterest:
    """Answers by a function of the ids in a request, and remembers what it was sent and what it took in."""

    def __init__(self, answer):
        self.answer = answer
        self.sent = []
        self.taken: Counter[str] = Counter()

    def __call__(self, url, body, token):
        """Post a request."""
        ids = [event["event_id"] for event in json.loads(body)["data"]]
        self.sent.append(ids)
        reply = self.answer(ids)
        if isinstance(reply, Answer) and reply.status == 200:
            self.taken.update(ids)
        return reply


def sender(pinterest, now=1000.0):
    """A sender whose clock stands still and whose jitter is a half."""
    return Sender(TARGET, None, pinterest, lambda: now, lambda: 0.5, lambda: None)


def outcomes(made, items, attempt=1):
    """The outcome of each item, in its order; each has exactly one."""
    settled = [each for group in made.send(items, attempt) for each in group]
    assert Counter(id(each.item) for each in settled) == Counter(map(id, items))
    by_item = {id(each.item): each.outcome for each in settled}
    return [by_item[id(item)] for item in items]


def invalid_if_bad(ids):
    """Refuse a request with a bad event in it."""
    return refused() if any(key.startswith(BAD) for key in ids) else processed(len(ids))


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.lists(st.booleans(), min_size=60, max_size=60))
def test_bad_events_end_alone_and_all_others_are_delivered_once(bad, offline):
    """Wherever they stand, unless nothing but bad events is found: then it is the settings, and all of them stay."""
    items = [packed(n, offline[n], is_bad) for n, is_bad in enumerate(bad)]
    pinterest = Pinterest(invalid_if_bad)
    made = sender(pinterest)

    ended = outcomes(made, items)

    if made.paused:
        assert sum(bad) >= IN_A_ROW
        assert bad[-1]
        assert {outcome.status for outcome in ended} <= {"retry", "delivered"}
    else:
        assert [outcome.status for outcome in ended] == ["rejected" if is_bad else "delivered" for is_bad in bad]
    assert set(pinterest.taken.values()) <= {1}


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=10), st.sampled_from([400, 422]))
def test_without_halving_a_refused_request_comes_back_as_it_was(kinds, status):
    """Whoever put the events together takes them apart; only a single event is refused for good, and offline events may have arrived."""
    items = [packed(n, offline) for n, (offline, _) in enumerate(kinds)]
    pinterest = Pinterest(lambda ids: Answer(status, {}, b""))
    made = sender(pinterest)
    made.halve = False

    ended = outcomes(made, items)

    assert len(pinterest.sent) == 1
    assert [(outcome.status, outcome.code) for outcome in ended] == [("unknown" if item.offline and status == 422 else "retry", "refused") for item in items]
    assert outcomes(made, items[:1])[0].status == "rejected"
    assert made.paused is None


REPLIES = st.sampled_from(
    [
        lambda ids: processed(len(ids)),
        lambda ids: processed(len(ids) + 1),
        lambda ids: refused(),
        lambda ids: refused("another"),
        lambda ids: Answer(413),
        lambda ids: Answer(422),
        lambda ids: Answer(401),
        lambda ids: Answer(429, {"retry-after": "5"}),
        lambda ids: Answer(503),
        lambda ids: Answer(302),
        lambda ids: NoAnswer("dns", False),
        lambda ids: NoAnswer("reset", True),
        lambda ids: NoAnswer("read_timeout", True),
    ]
)


@given(st.lists(REPLIES, min_size=1, max_size=80), st.lists(st.booleans(), min_size=1, max_size=30))
def test_every_event_has_one_outcome_whatever_pinterest_answers(replies, offline):
    """And an offline event is never sent again once a request that held it may have been processed."""
    left = list(replies)
    doubtful: set[str] = set()

    def answer(ids):
        assert doubtful.isdisjoint(ids)
        reply = left.pop(0)(ids) if left else processed(len(ids))
        certain = (isinstance(reply, NoAnswer) and not reply.maybe_sent) or (isinstance(reply, Answer) and reply.status in (400, 401, 413, 429))
        if not certain:
            doubtful.update(item.event_id for item in items if item.offline and item.event_id in ids)
        return reply

    items = [packed(n, is_offline) for n, is_offline in enumerate(offline)]
    pinterest = Pinterest(answer)

    ended = outcomes(sender(pinterest), items)

    for item, outcome in zip(items, ended, strict=True):
        assert (outcome.wait is not None) == (outcome.status == "retry")
        assert outcome.status != "delivered" or pinterest.taken[item.event_id] == 1
        assert not (outcome.status == "retry" and item.event_id in doubtful)


def test_when_every_event_is_refused_with_one_message_the_destination_pauses_and_keeps_them():
    """It is the settings then; to be sure of it, single events from all over the batch are tried."""
    pinterest = Pinterest(lambda ids: refused("no such field"))
    made = sender(pinterest)
    items = [packed(n) for n in range(1000)]

    ended = outcomes(made, items)

    assert {(outcome.status, outcome.code, outcome.message) for outcome in ended} == {("retry", "refused", "no such field")}
    assert made.paused is not None
    assert (made.paused.code, made.ready_at) == ("refused", 1000.0 + made.paused.seconds)
    probes = sorted(int(ids[0].removeprefix("e-")) for ids in pinterest.sent if len(ids) == 1)
    assert len(probes) == IN_A_ROW + PROBES
    assert (probes[0], probes[-1] > 800, len(pinterest.sent) < 25) == (0, True, True)


def test_bad_events_side_by_side_pause_nothing_when_another_one_is_delivered():
    """Five in a row may be bad; others from all over the batch show that it is not the settings."""
    items = [packed(n, bad=n < 8) for n in range(100)]
    made = sender(Pinterest(invalid_if_bad))

    ended = outcomes(made, items)

    assert [outcome.status for outcome in ended] == ["rejected"] * 8 + ["delivered"] * 92
    assert made.paused is None


def test_single_events_that_are_refused_batch_after_batch_pause_the_destination():
    """A thin stream has batches of one; the run goes on over them, and any delivery ends it."""
    third = iter([False, False, True])
    made = sender(Pinterest(lambda ids: processed(1) if next(third, False) else refused()))

    statuses = [outcomes(made, [packed(n)])[0].status for n in range(IN_A_ROW + 3)]

    assert statuses == ["rejected", "rejected", "delivered", *["rejected"] * (IN_A_ROW - 1), "retry"]
    assert made.paused is not None


@pytest.mark.parametrize(("attempt", "wait"), [(1, 0.5), (2, 1.0), (5, 8.0), (50, 150.0)])
def test_the_events_wait_by_their_own_attempts_and_the_destination_by_its_failures(attempt, wait):
    """Full jitter, here a half: an event that failed often waits long, a destination that failed once is soon tried again."""
    made = sender(Pinterest(lambda ids: Answer(503)))

    [outcome] = outcomes(made, [packed(1)], attempt)

    assert (outcome.status, outcome.code, outcome.wait) == ("retry", "http_503", wait)
    assert made.ready_at == 1000.5


def test_a_destination_that_fails_again_and_again_is_left_alone_longer_each_time():
    """Until something is delivered."""
    failing = [True, True, True, False, True]
    made = sender(Pinterest(lambda ids: Answer(500) if failing.pop(0) else processed(len(ids))))

    waits = []
    for n in range(5):
        outcomes(made, [packed(n)])
        waits.append(made.ready_at and made.ready_at - 1000.0)

    assert waits == [0.5, 1.0, 2.0, 0.0, 0.5]


def test_each_request_is_told_with_its_size_its_status_and_the_wait():
    """For metrics: no content, no token."""
    told: list[Attempt] = []
    made = sender(Pinterest(lambda ids: Answer(429, {"retry-after": "7"})))
    made.on_attempt = told.append

    outcomes(made, [packed(1), packed(2)])

    [attempt] = told
    assert (attempt.destination, attempt.events, attempt.status, attempt.code, attempt.wait) == ("v5/549755885175@http://127.0.0.1:9", 2, 429, "rate_limited", 7.5)
    assert attempt.bytes > 20


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(0, 1000))
def test_every_batch_with_a_good_event_is_settled_in_the_end(bad, seed):
    """However many of its events are bad, and wherever: each pause is followed by a look at others, until a good one is found."""
    items = [packed(n, bad=is_bad) for n, is_bad in enumerate(bad)]
    now = [1000.0]
    made = Sender(TARGET, None, Pinterest(invalid_if_bad), lambda: now[0], lambda: 0.5, lambda: None)
    made._probes = seed
    ended: dict[str, str] = {}
    left = items

    for _ in range(500):
        settled = [each for group in made.send(left) for each in group]
        ended |= {each.item.event_id: each.outcome.status for each in settled}
        left = [each.item for each in settled if each.outcome.status == "retry"]
        now[0] += 4000
        if not left:
            break

    if all(bad) and len(bad) >= IN_A_ROW:
        assert set(ended.values()) == {"retry"}
    else:
        assert list(ended.values()).count("rejected") == sum(bad)
        assert list(ended.values()).count("delivered") == len(bad) - sum(bad)


def test_bad_events_that_were_taken_for_wrong_settings_are_refused_once_something_is_delivered():
    """New events come before them after the pause, and show that the settings are right; from then on that message is about events."""
    made = sender(Pinterest(invalid_if_bad))
    stuck = [packed(n, bad=True) for n in range(8)]

    assert {outcome.status for outcome in outcomes(made, stuck)} == {"retry"}
    assert {outcome.status for outcome in outcomes(made, [packed(100), packed(101)])} == {"delivered"}
    assert made.paused is None
    assert {outcome.status for outcome in outcomes(made, stuck)} == {"rejected"}


def test_pauses_grow_until_something_is_delivered():
    """Five minutes, ten, twenty, forty, an hour; then five minutes again."""
    refusing = [True]
    made = sender(Pinterest(lambda ids: refused() if refusing[0] else processed(len(ids))))

    waits = []
    for n in range(6):
        outcomes(made, [packed(n * 10 + k) for k in range(6)])
        assert made.paused is not None
        waits.append(made.paused.seconds)
    refusing[0] = False
    outcomes(made, [packed(1000)])
    refusing[0] = True
    outcomes(made, [packed(2000 + k) for k in range(6)])

    assert waits == [300.0, 600.0, 1200.0, 2400.0, 3600.0, 3600.0]
    assert made.paused is None or made.paused.seconds == 300.0


def test_what_is_on_its_way_when_something_fails_is_known():
    """Only that may have arrived."""
    made = sender(Pinterest(lambda ids: 1 / 0))
    items = [packed(1), packed(2)]

    with pytest.raises(ZeroDivisionError):
        outcomes(made, items)

    assert made.on_the_way == tuple(items)
