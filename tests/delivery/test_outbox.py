"""The outbox: what is accepted stays until it has an outcome, and nothing is stored twice."""

import errno
import json
import os
import shutil
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from attrs import evolve, frozen

from pinterest_destination.delivery import _outbox_errors, _outbox_file
from pinterest_destination.delivery.outbox import Bookmark, Filter, Outbox, Pause, Result
from pinterest_destination.errors import OutboxError, OutboxFull

SHOP = "v5/549755885175"
OTHER = "v5/549755885176"
DAY = 86_400.0
START = 1_795_341_600.0
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")


@frozen
class Packed:
    """One event as the outbox takes it."""

    event_id: str
    event_name: str = "checkout"
    offline: bool = False
    text: str = '{"event_id":"e"}'


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    """Give the clock of all outboxes of a test."""
    return Clock()


@pytest.fixture
def path(tmp_path):
    """Give the outbox file's path; a folder whose name needs care in URIs."""
    folder = tmp_path / "a folder?#%"
    folder.mkdir()
    return folder / "outbox.sqlite3"


@pytest.fixture
def outboxes(path, clock):
    """Give what opens the file, as often as a test likes; all are closed at the end."""
    made = []

    def make(**options):
        made.append(Outbox(path, clock=clock, **{"timeout": 0.0, **options}))
        return made[-1]

    yield make
    for outbox in made:
        outbox.close()


@pytest.fixture
def outbox(outboxes):
    """Give an open outbox."""
    return outboxes()


def events(*ids, **fields):
    return [Packed(event_id, **fields) for event_id in ids]


def claimed(outbox, limit=1000, max_bytes=2_000_000, destination=SHOP, **options):
    return outbox.claim(destination, limit=limit, max_bytes=max_bytes, **options)


def ids(rows):
    return [row.event_id for row in rows]


def states(outbox):
    return {row.event_id: row.state for row in outbox.rows()}


def finished(outbox, state, code="", **fields):
    """Claim all that is due, and give it one outcome."""
    rows = claimed(outbox)
    outbox.finish(Result(row.id, state, code, **fields) for row in rows)
    return rows


def raw(path, query):
    """Ask SQLite itself."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


# -- events in


def test_what_is_put_is_there_for_everybody_once_put_returns(outbox, outboxes):
    """Another connection, as another process would have, sees the rows with all that they were put with."""
    assert outbox.put(SHOP, [Packed("e-1", "checkout", False, '{"a":1}'), Packed("e-2", "lead", True, '{"b":2}')]) == [True, True]

    first, second = outboxes().rows()

    assert (first.destination, first.event_id, first.event_name, first.offline, first.text) == (SHOP, "e-1", "checkout", False, '{"a":1}')
    assert (second.event_id, second.event_name, second.offline, second.text) == ("e-2", "lead", True, '{"b":2}')
    assert (first.state, first.attempts, first.first_put, first.due, first.expires) == ("waiting", 0, START, START, START + DAY)
    assert (first.finished, first.code, first.message) == (None, "", "")


def test_the_same_event_is_stored_once(outbox):
    """Same id and name, in one put or in several, whatever became of the first; another name or destination is another event."""
    assert outbox.put(SHOP, events("e-1", "e-1", "e-2")) == [True, False, True]
    assert outbox.put(SHOP, [*events("e-1"), Packed("e-1", "lead")]) == [False, True]
    assert outbox.put(OTHER, events("e-1")) == [True]
    finished(outbox, "delivered")

    assert outbox.put(SHOP, events("e-1", "e-3")) == [False, True]


@pytest.mark.parametrize("state", ["delivered", "unknown", "expired", "rejected"])
def test_an_event_is_remembered_for_its_window(outbox, clock, state):
    """Then it is a new event."""
    outbox.put(SHOP, events("e-1"))
    finished(outbox, state)
    clock.now += 2 * DAY - 1
    within = outbox.put(SHOP, events("e-1"))
    clock.now += 1

    assert (within, outbox.put(SHOP, events("e-1"))) == ([False], [True])


def test_an_event_that_still_waits_is_remembered_for_longer(outboxes, clock):
    """Its own horizon may be longer than the window of another process."""
    long, short = outboxes(horizon=30 * DAY), outboxes()
    long.put(SHOP, events("e-1"))
    clock.now += 29 * DAY

    assert short.put(SHOP, events("e-1")) == [False]


def test_the_window_is_never_shorter_than_the_horizon(outboxes, clock):
    """Or an event could be accepted again while its first copy may still be sent."""
    outbox = outboxes(keep_delivered=0.0)
    outbox.put(SHOP, events("e-1"))
    finished(outbox, "delivered")
    clock.now += DAY - 1
    outbox.sweep()

    assert outbox.put(SHOP, events("e-1")) == [False]


def test_a_rejected_event_that_was_mended_is_stored_again(outbox):
    """Pinterest did not count it; the same content would only be rejected again."""
    outbox.put(SHOP, events("e-1", text='{"value":"abc"}'))
    finished(outbox, "rejected", "failed")

    assert outbox.put(SHOP, events("e-1", text='{"value":"abc"}')) == [False]
    assert outbox.put(SHOP, events("e-1", text='{"value":"35"}')) == [True]
    assert [(row.state, row.text) for row in outbox.rows()] == [("rejected", '{"value":"abc"}'), ("waiting", '{"value":"35"}')]


def test_ids_may_be_any_text(outbox):
    """NUL and characters that are none included; they are kept apart from each other."""
    odd = ["", "a\0b", "a\0c", "'; DROP TABLE event; --", "é", "\ud800", "😀"]

    assert outbox.put(SHOP, events(*odd)) == [True] * len(odd)
    assert outbox.put(SHOP, events(*odd)) == [False] * len(odd)
    assert [row.event_id for row in outbox.rows()] == [*odd[:5], "\\ud800", "😀"]


def test_a_bookmark_is_stored_with_its_events(outbox, outboxes):
    """Or alone, where the records read gave no event; the latest counts."""
    outbox.put(SHOP, events("e-1"), bookmark=Bookmark("in.jsonl", "f00", 10))
    outbox.put(SHOP, [], bookmark=Bookmark("in.jsonl", "f00", 20))

    assert outboxes().bookmark("in.jsonl") == Bookmark("in.jsonl", "f00", 20)
    assert outbox.bookmark("other.jsonl") is None


def test_a_full_outbox_refuses_a_put_whole(outboxes):
    """Neither events nor bookmark are stored; what is known already is no reason to refuse; delivering makes room."""
    outbox = outboxes(max_bytes=300_000)
    first = events(*map(str, range(100)), text=json.dumps({"x": "y" * 1000}))
    outbox.put(SHOP, first)
    used = outbox.used()
    more = events(*map(str, range(200, 400)), text=json.dumps({"x": "y" * 1000}))

    with pytest.raises(OutboxFull, match=r"outbox.sqlite3: the outbox may hold 300,000 bytes, .* larger max_outbox_bytes"):
        outbox.put(SHOP, more, bookmark=Bookmark("in", "f", 1))

    assert OutboxFull.retryable
    assert (outbox.counts()["waiting"], outbox.used(), outbox.bookmark("in")) == (100, used, None)
    assert outbox.put(SHOP, first, bookmark=Bookmark("in", "f", 1)) == [False] * 100
    finished(outbox, "delivered")
    assert outbox.put(SHOP, more[:100]) == [True] * 100


def test_the_puts_of_many_threads_are_all_stored_each_once(outbox):
    """Ten threads, each with events of its own and one that all have."""
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: outbox.put(SHOP, events(*(f"{n}-{i}" for i in range(20)), "shared")), range(10)))

    assert all(answer[:20] == [True] * 20 for answer in answers)
    assert sum(answer[20] for answer in answers) == 1
    assert outbox.counts()["waiting"] == 201


class Begins:
    """Counts the transactions of an outbox."""

    def __init__(self, outbox):
        self.count = 0
        outbox._db._connection.set_trace_callback(self.note)

    def note(self, statement):
        self.count += statement.startswith("BEGIN")


def together(outbox, *puts):
    """Run puts in threads that all have theirs waiting when the first one gets hold of the file."""
    with ThreadPoolExecutor(len(puts)) as pool, outbox._db._lock:
        futures = [pool.submit(outbox.put, SHOP, put) for put in puts]
        while len(outbox._puts._open) < len(puts):
            threading.Event().wait(0.001)
        outbox._db._lock.release()
        try:
            return [future.exception(timeout=60) or future.result() for future in futures]
        finally:
            outbox._db._lock.acquire()


def test_threads_that_put_at_the_same_time_share_one_commit(outbox):
    """A commit waits for the disk: five threads need not wait five times."""
    begins = Begins(outbox)

    assert together(outbox, *(events(str(n)) for n in range(5))) == [[True]] * 5
    assert begins.count == 1


def test_a_put_that_fails_fails_alone(outbox, outboxes):
    """What other threads want stored in the same commit is stored."""
    answers = together(outbox, events("e-1"), [SimpleNamespace(event_id="no name")], events("e-2"))

    assert [type(answer) for answer in answers] == [list, AttributeError, list]
    assert states(outboxes()) == {"e-1": "waiting", "e-2": "waiting"}
    assert outbox._puts._open == []


def test_a_put_too_large_for_the_limit_fails_alone(outboxes):
    """The small ones of other threads still fit."""
    outbox = outboxes(max_bytes=200_000)
    answers = together(outbox, events("e-1"), events("big", text="x" * 300_000), events("e-2"))

    assert [type(answer) for answer in answers] == [list, OutboxFull, list]
    assert states(outbox) == {"e-1": "waiting", "e-2": "waiting"}


def test_a_file_that_cannot_be_written_is_told_to_every_thread(outbox, path):
    """Each with an exception of its own, and once: nobody waits for the lock again and again."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begins = Begins(outbox)

    answers = together(outbox, events("e-1"), events("e-2"), events("e-3"))
    other.close()

    assert [type(answer) for answer in answers] == [OutboxError] * 3
    assert len(set(map(id, answers))) == 3
    assert begins.count == 1
    assert outbox.put(SHOP, events("e-1")) == [True]


def test_ctrl_c_in_a_put_leaves_nothing_behind_for_the_next(outbox, monkeypatch):
    """Neither in the file nor in the list of what waits to be stored."""

    def pressed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pinterest_destination.delivery._outbox_queue.store", pressed)
        with pytest.raises(KeyboardInterrupt):
            outbox.put(SHOP, events("e-1"))

    assert (outbox.put(SHOP, events("e-2")), states(outbox)) == ([True], {"e-2": "waiting"})


# -- events out


def test_a_claim_takes_what_is_due_the_oldest_first(outbox, clock):
    """In the order of the time due, then of the put; what is not due stays."""
    outbox.put(SHOP, events("e-1", "e-2"))
    clock.now += 1
    outbox.put(SHOP, events("e-3"))

    assert ids(claimed(outbox, limit=2, now=START)) == ["e-1", "e-2"]
    assert ids(claimed(outbox, now=START + 0.5)) == []
    rows = claimed(outbox)

    assert [(row.event_id, row.state, row.attempts, row.text) for row in rows] == [("e-3", "sending", 1, '{"event_id":"e"}')]
    assert claimed(outbox, destination=OTHER) == []


def test_no_row_is_claimed_twice(outbox, outboxes):
    """Whoever claims next, from whatever process, gets the next rows."""
    outbox.put(SHOP, events("e-1", "e-2", "e-3"))

    assert [ids(claimed(one, limit=1)) for one in (outbox, outboxes(), outbox, outboxes())] == [["e-1"], ["e-2"], ["e-3"], []]


def test_a_batch_has_at_most_so_many_bytes(outbox):
    """The body of its request, commas and all; a single event may have more."""
    outbox.put(SHOP, [*events("e-1", "e-2", "e-3", text='{"n":1}'), *events("big", text=f'"{"x" * 100}"'), *events("e-4", text='{"n":1}')])
    body = len('{"data":[{"n":1},{"n":1}]}')

    batches = [ids(claimed(outbox, max_bytes=body)) for _ in range(5)]

    assert batches == [["e-1", "e-2"], ["e-3"], ["big"], ["e-4"], []]


def test_an_event_outside_ascii_counts_with_its_bytes(outbox):
    """As the request will hold it."""
    outbox.put(SHOP, events("e-1", "e-2", text='"é"'))

    assert ids(claimed(outbox, max_bytes=len('{"data":["é","é"]}'.encode()) - 1)) == ["e-1"]


def test_rows_go_with_those_that_failed_as_often(outbox):
    """A batch is told one time to wait for: its rows have had equally many attempts."""
    outbox.put(SHOP, events("e-1", "e-2"))
    finished(outbox, "waiting", "http_503", due=START)
    outbox.put(SHOP, events("e-3"))

    assert ids(claimed(outbox)) == ["e-1", "e-2"]
    assert ids(claimed(outbox)) == ["e-3"]


def test_an_event_that_makes_its_batch_fail_ends_up_alone(outbox, clock):
    """From the third failure on, each one halves the batch; the others are delivered."""
    outbox.put(SHOP, events(*map(str, range(16))))
    failed: list[int] = []
    while outbox.counts()["waiting"] and len(failed) < 20:
        batch = claimed(outbox, limit=16)
        bad = "13" in ids(batch)
        failed += [len(batch)] if bad else []
        clock.now += 1
        outbox.finish(Result(row.id, "waiting" if bad else "delivered", due=clock.now) for row in batch)

    assert failed[:4] == [16, 16, 16, 8]
    assert failed[-1] == 1
    assert [row.event_id for row in outbox.rows(Filter(states=("waiting",)))] == ["13"]


def test_an_outage_makes_no_batch_smaller(outbox):
    """Nobody answered: that is nothing that an event could be the reason for."""
    outbox.put(SHOP, events(*map(str, range(16))))
    for _ in range(20):
        finished(outbox, "waiting", "connect", due=START, blameless=True)

    assert len(claimed(outbox, limit=16)) == 16


def test_what_goes_again_waits_for_its_time(outbox, clock):
    """With the reason, and `next_due` says when."""
    outbox.put(SHOP, events("e-1"))
    finished(outbox, "waiting", "http_503", message="The service is down.", due=START + 30)

    (row,) = outbox.rows()
    assert (row.state, row.due, row.code, row.message, row.finished) == ("waiting", START + 30, "http_503", "The service is down.", None)
    assert outbox.next_due(SHOP) == START + 30
    assert claimed(outbox) == []
    clock.now += 30
    assert [row.attempts for row in claimed(outbox)] == [2]
    assert outbox.next_due(SHOP) is None
    assert outbox.next_due(OTHER) is None


@pytest.mark.parametrize(("state", "text"), [("delivered", ""), ("delivered_with_warning", ""), ("rejected", "kept"), ("unknown", "kept"), ("expired", "kept")])
def test_an_outcome_is_kept_and_only_a_delivered_event_loses_its_content(outbox, clock, state, text):
    """Personal data stays on the disk as long as somebody may need it."""
    outbox.put(SHOP, events("e-1", text="kept"))
    clock.now += 5
    finished(outbox, state, "warning", message="\ud800 currency is missing")

    (row,) = outbox.rows()
    assert (row.state, row.code, row.message, row.text, row.finished) == (state, "warning", "\\ud800 currency is missing", text, START + 5)


def test_only_the_worker_that_holds_a_row_can_finish_it(outbox, outboxes):
    """A result that comes too late, twice, or for somebody else's row changes nothing."""
    outbox.put(SHOP, events("e-1", "e-2"))
    other = outboxes()
    (first,) = claimed(outbox, limit=1)
    (second,) = claimed(other, limit=1)

    assert outbox.finish([Result(second.id, "delivered"), Result(99, "delivered")]) == 0
    assert outbox.finish([Result(first.id, "rejected"), Result(first.id, "delivered")]) == 1
    assert outbox.finish([Result(first.id, "delivered")]) == 0
    assert [(row.state, row.text) for row in outbox.rows()] == [("rejected", first.text), ("sending", second.text)]
    assert outboxes().finish([]) == 0


def test_a_result_says_what_became_of_the_event(outbox):
    """"sending" is no outcome."""
    outbox.put(SHOP, events("e-1"))
    (row,) = claimed(outbox)

    with pytest.raises(ValueError, match="found the state 'sending'"):
        outbox.finish([Result(row.id, "sending")])

    assert states(outbox) == {"e-1": "sending"}


def test_after_its_horizon_an_event_is_not_sent_but_kept(outbox, clock):
    """Pinterest would no longer recognise a repeat; the row says what the last attempt met."""
    outbox.put(SHOP, events("e-1"))
    finished(outbox, "waiting", "http_503", message="Down.", due=START + 2 * DAY)
    outbox.put(SHOP, events("e-2"))
    outbox.put(OTHER, events("e-3"))
    assert outbox.next_due(SHOP) == START
    clock.now += DAY
    assert outbox.next_due(SHOP) == START

    assert claimed(outbox) == []
    assert [(row.event_id, row.state, row.code, row.message, row.finished) for row in outbox.rows(Filter(destination=SHOP))] == [
        ("e-1", "expired", "horizon", "Not delivered within the horizon; the last attempt: http_503 Down.", START + DAY),
        ("e-2", "expired", "horizon", "It was never sent within the horizon.", START + DAY),
    ]
    assert states(outbox)["e-3"] == "waiting"


def test_something_is_due_when_a_horizon_ends(outbox):
    """Though the event would wait for longer."""
    outbox.put(SHOP, events("e-1"))
    finished(outbox, "waiting", due=START + 2 * DAY)

    assert outbox.next_due(SHOP) == START + DAY


# -- a clock that goes back


def test_a_clock_that_is_set_back_makes_nothing_wait_longer(outbox, clock):
    """What was due stays due; what was to wait half an hour waits half an hour; the horizon does not grow."""
    outbox.put(SHOP, events("e-1", "e-2"))
    (first,) = claimed(outbox, limit=1)
    outbox.finish([Result(first.id, "waiting", due=START + 1800)])
    outbox.pause(SHOP, START + 600, "unauthorized", "")
    outbox.put(OTHER, events("e-3"))
    clock.now -= 10 * DAY

    assert claimed(outbox) == []  # paused
    assert outbox.paused(SHOP) == Pause(clock.now + 600, "unauthorized", "")
    outbox.resume(SHOP)
    assert ids(claimed(outbox)) == ["e-2"]
    assert [(row.due, row.expires) for row in outbox.rows(Filter(destination=SHOP))] == [
        (clock.now + 1800, clock.now + DAY),
        (clock.now, clock.now + DAY),
    ]
    outbox.put(OTHER, events("e-4"))
    assert ids(claimed(outbox, destination=OTHER)) == ["e-3", "e-4"]


def test_a_small_step_back_moves_nothing(outbox, clock):
    """Clocks are corrected by a little all the time."""
    outbox.put(SHOP, events("e-1"))
    clock.now -= 59

    assert claimed(outbox) == []
    assert next(outbox.rows()).due == START


def test_a_clock_given_for_one_claim_is_not_taken_for_the_clock(outbox):
    """To look ahead moves nothing."""
    outbox.put(SHOP, events("e-1"))
    finished(outbox, "waiting", due=START + 30)
    claimed(outbox, now=START + DAY / 2)
    outbox.put(SHOP, events("e-2"))

    assert next(outbox.rows()).due == START + 30


# -- workers that die


def die(outbox):
    """End a worker as SIGKILL would: its locks are gone, its files stay."""
    outbox._db.close()
    outbox._lease._lock.close()
    outbox._lease = None


def test_the_rows_of_a_dead_worker_go_again(outbox, outboxes, path, clock):
    """Offline events, which would count twice, are unknown instead; its file is removed."""
    outbox.put(SHOP, [*events("e-1"), *events("e-2", offline=True)])
    claimed(outbox)
    die(outbox)
    clock.now += 5
    other = outboxes()

    assert len(other.recover()) == 2
    assert [(row.state, row.code, row.due, row.finished, row.attempts) for row in other.rows()] == [
        ("waiting", "interrupted", START + 5, None, 1),
        ("unknown", "interrupted", START + 5, START + 5, 1),
    ]
    assert ids(claimed(other)) == ["e-1"]
    assert [file.name for file in path.parent.iterdir() if "worker" in file.name] == [f"outbox.sqlite3.worker-{other.worker}"]
    assert len(other.recover()) == 0


def test_the_rows_of_a_living_worker_stay_its_own(outbox, outboxes):
    """However long it takes; and nobody recovers from oneself."""
    outbox.put(SHOP, events("e-1"))
    (row,) = claimed(outbox)

    assert (outboxes().recover(), outbox.recover()) == ([], [])
    assert outbox.finish([Result(row.id, "delivered")]) == 1


def test_closing_gives_the_rows_free(outbox, outboxes, path):
    """The file of the worker goes with it, and closing twice is closing."""
    outbox.put(SHOP, events("e-1"))
    claimed(outbox)
    outbox.close()
    outbox.close()

    assert [file.name for file in path.parent.iterdir()] == ["outbox.sqlite3"]
    assert len(outboxes().recover()) == 1


def test_who_only_looks_or_puts_is_no_worker(outbox, path):
    """Nothing but the outbox lies there until something is claimed."""
    outbox.put(SHOP, events("e-1"))
    outbox.recover()

    assert sorted(file.name for file in path.parent.iterdir()) == ["outbox.sqlite3", "outbox.sqlite3-shm", "outbox.sqlite3-wal"]


def test_a_worker_that_starts_again_under_its_name_frees_what_it_held(outboxes):
    """With its first claim, or by `recover`."""
    for release in (Outbox.recover, claimed):
        first = outboxes(worker="one")
        first.put(SHOP, events("e-1", "e-2"))
        claimed(first, limit=1)
        die(first)
        again = outboxes(worker="one")
        release(again)
        assert again.count(Filter(code="interrupted"))["waiting"] == 1
        again.purge(Filter(states=("waiting", "sending")))
        again.close()


def test_two_living_workers_have_two_names(outboxes):
    """The second is refused when it claims, and what it wanted stays for others."""
    first, second = outboxes(worker="one"), outboxes(worker="one")
    first.put(SHOP, events("e-1", "e-2"))
    claimed(first, limit=1)

    with pytest.raises(OutboxError, match="a worker 'one' is at work already"):
        claimed(second)

    assert states(first) == {"e-1": "sending", "e-2": "waiting"}


def test_a_worker_whose_lock_cannot_be_tried_counts_as_alive(outbox, outboxes, path):
    """In doubt nothing is sent twice."""
    outbox.put(SHOP, events("e-1"))
    claimed(outbox)
    die(outbox)
    file = path.with_name(f"{path.name}.worker-{outbox.worker}")
    file.unlink()
    file.mkdir()

    assert len(outboxes().recover()) == 0


@pytest.mark.parametrize("name", ["", "a/b", "a.b", "x" * 65, "é"])
def test_a_worker_is_named_as_a_file_can_be(path, name):
    """Anything else is refused before anything is made."""
    with pytest.raises(ValueError, match="up to 64 letters"):
        Outbox(path, worker=name)

    assert not path.exists()


# -- destinations


def test_a_paused_destination_gives_nothing_until_its_time(outbox, outboxes, clock):
    """For every process; another destination goes on."""
    outbox.put(SHOP, events("e-1"))
    outbox.put(OTHER, events("e-2"))
    outboxes().pause(SHOP, START + 300, "unauthorized", "The token is refused.")

    assert outbox.paused(SHOP) == Pause(START + 300, "unauthorized", "The token is refused.")
    assert (claimed(outbox), ids(claimed(outbox, destination=OTHER))) == ([], ["e-2"])
    assert outbox.next_due(SHOP) == START + 300
    clock.now += 300
    assert (outbox.paused(SHOP), ids(claimed(outbox))) == (None, ["e-1"])


def test_a_pause_can_be_ended(outbox):
    """By a person who mended what was wrong; where there is none, nothing happens."""
    outbox.pause(SHOP, START + 300, "forbidden", "")
    outbox.resume(SHOP)
    outbox.resume(OTHER)

    assert (outbox.paused(SHOP), outbox.paused(OTHER)) == (None, None)


def test_calls_are_counted_over_all_processes(outbox, outboxes):
    """A second's worth may go at once, then as many as the rate allows."""
    other = outboxes()
    at_once = [one.take_call(SHOP, 120, START) for one in (outbox, other, outbox)]

    assert at_once == [0.0, 0.0, 0.5]
    assert other.take_call(SHOP, 120, START + 0.4) == pytest.approx(0.1)
    assert other.take_call(SHOP, 120, START + 0.5) == 0.0
    assert outbox.take_call(SHOP, 120, START + 0.5) == 0.5
    assert outbox.take_call(OTHER, 120, START) == 0.0
    assert [outbox.take_call(SHOP, 120, START + 60) for _ in range(3)] == [0.0, 0.0, 0.5]


def test_calls_wait_no_longer_when_the_clock_goes_back(outbox):
    """Nor do any come for free."""
    for _ in range(2):
        outbox.take_call(SHOP, 120, START)

    assert outbox.take_call(SHOP, 120, START - DAY) == 0.5
    assert outbox.take_call(SHOP, 120, START - DAY + 0.5) == 0.0


def test_fewer_than_sixty_calls_a_minute_are_still_calls(outbox):
    """One at a time."""
    assert [outbox.take_call(SHOP, 6, START + wait) for wait in (0, 1, 10)] == [0.0, 9.0, 0.0]


def test_the_numbers_of_all_destinations(outbox, clock):
    """Each with its states, its pause, and how long its oldest event waits."""
    outbox.put(SHOP, events("e-1", "e-2", "e-3"))
    clock.now += 10
    outbox.put(SHOP, events("e-4"))
    first, _ = claimed(outbox, limit=2)
    outbox.finish([Result(first.id, "delivered")])
    outbox.pause(OTHER, START + 600, "forbidden", "")

    other, shop = sorted(outbox.destinations(), key=lambda found: found.name == SHOP)
    assert (shop.name, shop.paused, shop.oldest_waiting) == (SHOP, None, START)
    assert {state: number for state, number in shop.counts.items() if number} == {"waiting": 2, "sending": 1, "delivered": 1}
    assert (other.name, other.paused, other.oldest_waiting) == (OTHER, Pause(START + 600, "forbidden", ""), None)
    assert outbox.counts(SHOP) == outbox.counts() == shop.counts
    assert sum(outbox.counts(OTHER).values()) == sum(outbox.counts("nobody").values()) == 0


# -- looking, and tidying up


@pytest.fixture
def full(outbox, clock):
    """Give an outbox with a row in each state, put a second apart."""
    names = ["delivered", "delivered_with_warning", "rejected", "unknown", "expired"]
    for name in names:
        outbox.put(SHOP, events(name, offline=name == "unknown"))
        finished(outbox, name, f"code-{name}")
        clock.now += 1
    outbox.put(SHOP, [Packed("sending", "lead")])
    claimed(outbox)
    outbox.put(OTHER, [Packed("waiting", "lead")])
    return outbox


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), ["delivered", "delivered_with_warning", "rejected", "unknown", "expired", "sending", "waiting"]),
        (Filter(ids=(7, 3, 99)), ["rejected", "waiting"]),
        (Filter(states=("unknown", "rejected")), ["rejected", "unknown"]),
        (Filter(states=("unknown", "waiting")), ["unknown", "waiting"]),
        (Filter(destination=OTHER), ["waiting"]),
        (Filter(destination="nobody"), []),
        (Filter(event_name="lead"), ["sending", "waiting"]),
        (Filter(event_id="rejected"), ["rejected"]),
        (Filter(event_id="rejected", event_name="checkout", destination=SHOP), ["rejected"]),
        (Filter(event_id="rejected", event_name="checkout", destination="nobody"), []),
        (Filter(code="code-expired"), ["expired"]),
        (Filter(before=START + 2), ["delivered", "delivered_with_warning"]),
        (Filter(offline=True), ["unknown"]),
        (Filter(offline=False, states=("unknown",)), []),
    ],
    ids=str,
)
def test_a_filter_lets_pass_what_all_its_conditions_hold_for(full, wanted, found):
    """In the order of the puts; counted alike."""
    assert ids(full.rows(wanted)) == found
    assert ids(full.rows(wanted, limit=1)) == found[:1]
    assert sum(full.count(wanted).values()) == len(found)


def test_rows_come_in_pieces_and_all_of_them(outbox):
    """More than are read at a time; one that goes meanwhile is left out."""
    outbox.put(SHOP, events(*map(str, range(1200))))
    rows = outbox.rows()
    next(rows)
    outbox.purge(Filter(ids=(1200,), states=("waiting",)))

    assert ids(rows) == [str(number) for number in range(1, 1199)]


def test_dead_rows_can_be_tried_again(full, clock):
    """With a fresh horizon, as if they were put now; all else stays as it is."""
    assert full.retry(Filter()) == 3

    retried = full.rows(Filter(destination=SHOP, states=("waiting",)))
    assert [(row.event_id, row.attempts, row.due, row.expires, row.finished, row.code) for row in retried] == [
        (name, 0, clock.now, clock.now + DAY, None, "") for name in ("rejected", "unknown", "expired")
    ]
    assert full.retry(Filter(states=("delivered", "waiting", "sending"))) == 0
    assert full.counts()["delivered"] == full.counts()["delivered_with_warning"] == full.counts()["sending"] == 1


def test_of_an_event_that_is_there_twice_only_the_latest_copy_is_tried_again(outbox):
    """And none when one waits already: a person who retries everything sends nothing twice."""
    for content in ("1", "2", "3"):
        outbox.put(SHOP, events("e-1", text=content))
        finished(outbox, "rejected")

    assert (outbox.retry(Filter(ids=(1,))), outbox.retry(Filter()), outbox.retry(Filter())) == (0, 1, 0)
    assert [row.text for row in outbox.rows(Filter(states=("waiting",)))] == ["3"]


def test_purging_spares_what_is_still_to_be_delivered(full):
    """Unless the filter names its state."""
    assert full.purge(Filter(destination=OTHER)) == 0
    assert full.purge(Filter()) == 5
    assert states(full) == {"sending": "sending", "waiting": "waiting"}
    assert full.purge(Filter(states=("waiting", "sending"))) == 2
    assert sum(full.counts().values()) == 0


def test_what_is_purged_is_gone_from_the_file(outbox, path):
    """Content and id: neither the pages that stand empty nor the log hold them any longer."""
    outbox.put(SHOP, events("id-of-somebody", text='{"em":["digest-of-somebody"]}'))
    outbox.put(SHOP, events("e-2", text='{"em":["digest-of-another"]}'))
    outbox.finish(Result(row.id, "delivered") for row in claimed(outbox))
    assert b"id-of-somebody" in path.with_name(f"{path.name}-wal").read_bytes()
    outbox.purge(Filter(event_id="id-of-somebody"))
    outbox.sweep()

    kept = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.name in ("outbox.sqlite3", "outbox.sqlite3-wal"))
    assert b"somebody" not in kept
    assert b"digest-of" not in kept


def test_what_was_delivered_long_ago_is_forgotten(full, clock):
    """After its window; dead rows stay."""
    clock.now = START + 2 * DAY
    full.sweep()
    before = set(states(full))
    clock.now += 2
    full.sweep()

    assert before - set(states(full)) == {"delivered", "delivered_with_warning"}


def test_the_file_shrinks_again(outbox, path, clock):
    """After much was delivered, its room goes back to the disk."""
    for start in range(0, 6000, 1000):
        outbox.put(SHOP, events(*(f"{start}-{n}" for n in range(1000)), text="x" * 3000))
    outbox._db.trim()
    size = path.stat().st_size
    outbox.purge(Filter(states=("waiting",)))
    outbox.sweep()

    assert path.stat().st_size < size / 2


def test_a_busy_neighbour_does_not_hold_up_the_sweep(outbox, outboxes, path):
    """While another process reads, the log stays, and nobody waits."""
    outbox.put(SHOP, events("e-1"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM event").fetchall()

    outbox.put(SHOP, events("e-2"))
    outbox.sweep()

    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    other.close()
    outbox.sweep()
    assert path.with_name(f"{path.name}-wal").stat().st_size == 0


PLANS = [
    lambda outbox: outbox.put(SHOP, events("e-9")),
    lambda outbox: claimed(outbox),
    lambda outbox: outbox.finish([Result(1, "delivered"), Result(2, "waiting")]),
    lambda outbox: outbox.recover(),
    lambda outbox: outbox.next_due(SHOP),
    lambda outbox: outbox.counts(),
    lambda outbox: outbox.destinations(),
    lambda outbox: outbox.retry(Filter()),
    lambda outbox: outbox.purge(Filter(states=("rejected",))),
    lambda outbox: list(outbox.rows(Filter(destination=SHOP, event_id="rejected", event_name="checkout"))),
    lambda outbox: outbox.sweep(),
]


@pytest.mark.parametrize("work", PLANS)
def test_no_daily_work_reads_all_rows(full, work):
    """SQLite finds by an index what each statement needs, or a million delivered rows would slow it down."""
    connection = full._db._connection
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    work(full)
    connection.set_trace_callback(None)

    plans = [
        row[3]
        for statement in statements
        if statement.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    assert any("event" in plan for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN event") and "INDEX" not in plan] == []


# -- the file


@POSIX
def test_only_its_owner_can_read_any_of_it(outbox, path):
    """The outbox, what SQLite puts beside it, and the worker's file, whatever the umask says."""
    outbox.put(SHOP, events("e-1"))
    claimed(outbox)

    modes = {file.name.replace(outbox.worker, "W"): stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert modes == dict.fromkeys(["outbox.sqlite3", "outbox.sqlite3-shm", "outbox.sqlite3-wal", "outbox.sqlite3.worker-W"], 0o600)


@POSIX
def test_a_file_that_others_may_read_is_taken_away_from_them(outbox, outboxes, path):
    """As one that was copied there may be."""
    outbox.put(SHOP, events("e-1"))
    for file in path.parent.iterdir():
        file.chmod(0o664)
    outboxes()

    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_the_file_is_what_it_should_be(outbox, path):
    """A log ahead of it, on the disk with each commit, private and shrinkable; recognisable to other programs."""
    names = ("journal_mode", "synchronous", "auto_vacuum", "secure_delete", "application_id", "user_version", "busy_timeout")
    with outbox._db.reading() as db:
        found = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert found == ["wal", 2, 2, 1, _outbox_file.APPLICATION_ID, 1, 0]
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]
    outbox.take_call(SHOP, 60, START)
    with outbox._db.reading() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_link_leads_to_the_same_outbox(outbox, path, tmp_path, clock):
    """Workers that opened it by another name see each other's locks."""
    link = tmp_path / "link"
    link.symlink_to(path)
    outbox.put(SHOP, events("e-1"))
    claimed(outbox)

    with Outbox(link, clock=clock) as other:
        assert len(other.recover()) == 0
        assert states(other) == {"e-1": "sending"}
        assert repr(other) == repr(outbox) == f"<Outbox {str(path)!r}>"


def test_an_outbox_is_not_made_where_one_is_looked_for(path):
    """A misspelt name leaves no file behind."""
    with pytest.raises(OutboxError, match=r"outbox.sqlite3: found no outbox there") as raised:
        Outbox(path, create=False)

    assert not raised.value.retryable
    assert list(path.parent.iterdir()) == []


def test_an_outbox_needs_its_folder(tmp_path):
    """It is not made, it may be misspelt."""
    with pytest.raises(OutboxError, match=r"cannot be opened or made \(ENOENT\); check that the folder is there"):
        Outbox(tmp_path / "nowhere" / "outbox.sqlite3")


@pytest.mark.parametrize("content", [b"", b"Dear diary, " * 1000, b"SQLite format 3\0 but not quite"])
def test_another_kind_of_file_is_left_alone(path, content):
    """Text, an empty file and what only looks like SQLite are no outbox."""
    path.write_bytes(content)

    with pytest.raises(OutboxError, match=r"found another kind of file|the outbox is damaged, or the file is none"):
        Outbox(path)

    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_another_database_is_left_alone(path):
    """Its application id tells."""
    sqlite3.connect(path).execute("CREATE TABLE mine (x)").connection.close()

    with pytest.raises(OutboxError, match="found another kind of file; name an outbox"):
        Outbox(path)

    assert raw(path, "SELECT name FROM sqlite_schema") == [("mine",)]


def test_an_outbox_of_a_later_version_is_left_alone(outbox, path):
    """Nobody guesses what its columns mean."""
    outbox.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()

    with pytest.raises(OutboxError, match="found an outbox of version 2; this program reads version 1"):
        Outbox(path)


def test_a_damaged_outbox_is_told(outbox, path, clock):
    """As an error of ours, that says what to do."""
    outbox.put(SHOP, events(*map(str, range(500))))
    outbox.close()
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)

    with pytest.raises(OutboxError, match="the outbox is damaged"), Outbox(path, clock=clock) as damaged:
        list(damaged.rows())


def test_an_outbox_that_another_process_keeps_locked_is_told(outbox, path):
    """After the timeout; nothing was changed, and it works again when the other is done."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OutboxError, match="another process keeps the outbox locked"):
        claimed(outbox)

    other.close()
    assert claimed(outbox) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anything")
def test_an_outbox_that_may_not_be_written_is_told(outbox, path, clock):
    """With the place to look at."""
    outbox.close()
    path.parent.chmod(0o500)
    try:
        with pytest.raises(OutboxError, match="check the permissions of the file and its folder"):
            Outbox(path, clock=clock)
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (OSError(errno.ENOSPC, "secret"), OutboxFull, "the disk is full"),
        (OSError(errno.EDQUOT, "secret"), OutboxFull, "the disk is full"),
        (PermissionError(errno.EACCES, "secret"), OutboxError, "(EACCES)"),
        (OSError("secret"), OutboxError, "(OSError)"),
        (sqlite3.OperationalError("secret"), OutboxError, "(OperationalError)"),
    ],
)
def test_whatever_goes_wrong_is_told_in_words_of_ours(path, error, kind, words):
    """The text of the error itself may hold anything, and stays out."""
    told = _outbox_errors.told(error, path)

    assert type(told) is kind
    assert words in str(told)
    assert str(path) in str(told)
    assert "secret" not in str(told)


@pytest.mark.parametrize(
    ("code", "free", "kind", "words"),
    [
        (sqlite3.SQLITE_FULL, 2**40, OutboxFull, "the disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, 0, OutboxFull, "the disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, 2**40, OutboxError, "cannot be used (SQLITE_IOERR_WRITE)"),
        (sqlite3.SQLITE_CORRUPT, 2**40, OutboxError, "damaged"),
        (sqlite3.SQLITE_READONLY_DBMOVED, 2**40, OutboxError, "permissions"),
        (sqlite3.SQLITE_BUSY_RECOVERY, 2**40, OutboxError, "locked"),
    ],
)
def test_the_codes_of_sqlite_are_told_apart(path, monkeypatch, code, free, kind, words):
    """An error in writing on a disk without room is a full disk, whatever SQLite calls it."""
    error = sqlite3.OperationalError("secret")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_IOERR_WRITE"
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))

    told = _outbox_errors.told(error, path)

    assert (type(told), words in str(told), "secret" in str(told)) == (kind, True, False)


def test_a_disk_that_cannot_be_asked_is_not_taken_for_full(path, monkeypatch):
    """Its folder may have gone."""
    error = sqlite3.OperationalError("secret")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR, "SQLITE_IOERR"
    path.parent.rmdir()

    assert type(_outbox_errors.told(error, path)) is OutboxError


def test_a_full_disk_stores_nothing_and_loses_nothing(outbox, outboxes):
    """SQLite's own limit stands for the disk's: the put fails whole, outcomes of before stay, and room makes it work again."""
    outbox.put(SHOP, events("e-1"))
    with outbox._db.reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(OutboxFull, match="the disk is full, and nothing of this was stored"):
        outbox.put(SHOP, events(*map(str, range(50)), text="x" * 1000), bookmark=Bookmark("in", "f", 1))

    assert (states(outboxes()), outbox.bookmark("in")) == ({"e-1": "waiting"}, None)
    with outbox._db.reading() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    assert outbox.put(SHOP, events("e-2")) == [True]


def test_the_last_room_on_the_disk_is_for_outcomes(outbox, monkeypatch):
    """A put is refused before the disk is full, so that what was accepted can still be delivered."""
    outbox.put(SHOP, events("e-1"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=64_000_000))

    with pytest.raises(OutboxFull, match="the disk has less than 65,536,000 bytes left"):
        outbox.put(SHOP, events("e-2"))

    assert outbox.put(SHOP, events("e-1"), bookmark=Bookmark("in", "f", 1)) == [False]
    finished(outbox, "delivered")
    assert states(outbox) == {"e-1": "delivered"}


def test_a_closed_outbox_says_so(outbox):
    """Instead of an error of SQLite's."""
    outbox.close()

    with pytest.raises(OutboxError, match=r"outbox.sqlite3: the outbox is closed"):
        outbox.put(SHOP, events("e-1"))
    with pytest.raises(OutboxError, match="closed"):
        list(outbox.rows())


def test_a_forked_process_opens_its_own(outbox, monkeypatch):
    """SQLite's connections and locks do not survive a fork."""
    me = os.getpid()
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: me + 1)
        with pytest.raises(OutboxError, match="opened before a fork"):
            outbox.counts()

    assert outbox.counts()["waiting"] == 0


def test_a_file_system_without_links_is_told(path, monkeypatch):
    """An outbox is made whole or not at all, and that needs them."""

    def refused(source, target):
        raise PermissionError(errno.EPERM, "secret")

    monkeypatch.setattr(os, "link", refused)

    with pytest.raises(OutboxError, match=r"\(EPERM\); check that the folder is there, local and yours"):
        Outbox(path)

    assert list(path.parent.iterdir()) == []


def test_two_that_make_the_outbox_at_once_share_it(path, clock, monkeypatch):
    """Who comes second takes what the first one made."""
    link = os.link

    def slower(source, target):
        with monkeypatch.context() as patch:
            patch.setattr(os, "link", link)
            with Outbox(path, clock=clock) as faster:
                faster.put(SHOP, events("e-1"))
        link(source, target)

    monkeypatch.setattr(os, "link", slower)

    with Outbox(path, clock=clock) as outbox:
        assert states(outbox) == {"e-1": "waiting"}
    assert list(path.parent.iterdir()) == [path]


def test_no_repr_shows_an_event(outbox):
    """A row in a log shows how it stands, never what the event holds."""
    outbox.put(SHOP, events("e-1", text='{"client_ip_address":"203.0.113.7"}'))
    (row,) = outbox.rows()

    assert "203.0.113.7" not in repr(row)
    assert "203.0.113.7" in evolve(row).text
