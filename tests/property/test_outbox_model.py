"""The outbox does what a plain list does: any order of puts, claims, outcomes, crashes, retries and clock changes."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from attrs import frozen
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pinterest_destination.delivery.outbox import Bookmark, Filter, Outbox, Pause, Result
from pinterest_destination.delivery.rows import DEAD, DELIVERED, STATES

pytestmark = pytest.mark.property

HORIZON, WINDOW = 1000.0, 2500.0
NAMES = ("v5/1", "v5/2")
WORKERS = ("a", "b")
OPEN = ("waiting", "sending")


@frozen
class Packed:
    """One event as the outbox takes it."""

    event_id: str
    event_name: str
    offline: bool
    text: str


packed = st.builds(
    lambda number, name, content: Packed(f"e-{number}", name, number % 4 == 0, f'"{"x" * content}"'),
    st.integers(0, 12),
    st.sampled_from(["checkout", "lead"]),
    st.integers(0, 3),
)
workers = st.sampled_from(WORKERS)
names = st.sampled_from(NAMES)
numbers = st.integers(0, 40)
subsets = st.lists(st.sampled_from(STATES), unique=True, max_size=3).map(tuple)
filters = st.builds(
    Filter,
    ids=st.lists(st.integers(1, 40), max_size=4).map(tuple),
    states=subsets,
    destination=st.sampled_from(("", *NAMES)),
    event_name=st.sampled_from(("", "checkout")),
    event_id=st.sampled_from(("", "e-1", "e-2")),
    code=st.sampled_from(("", "horizon", "interrupted")),
    offline=st.sampled_from((None, True, False)),
)


def passes(row: dict[str, Any], wanted: Filter) -> bool:
    """What the filter means, said once more."""
    pairs = [(wanted.destination, "destination"), (wanted.event_name, "event_name"), (wanted.event_id, "event_id"), (wanted.code, "code")]
    return (
        all(not value or row[name] == value for value, name in pairs)
        and (not wanted.ids or row["id"] in wanted.ids)
        and (not wanted.states or row["state"] in wanted.states)
        and wanted.offline in (None, row["offline"])
    )


class Model:
    """The outbox as a list of dicts. Every method is the shortest program that does the same."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.last_id = 0
        self.clocks: dict[str, float] = {}
        self.pauses: dict[str, Pause] = {}
        self.marks: dict[str, Bookmark] = {}

    def follow(self, name: str, now: float) -> None:
        last = self.clocks.setdefault(name, 0.0)
        if now < last - 60:
            for row in self.rows:
                if row["destination"] == name and row["state"] in OPEN:
                    row["due"] = now + (row["due"] - last) if row["due"] > last else min(row["due"], now)
                    row["expires"] -= last - now if row["first_put"] > now else 0
            if pause := self.pauses.get(name):
                self.pauses[name] = Pause(pause.until - (last - now), pause.code, pause.message)
        elif now < last + 10:
            return
        self.clocks[name] = now

    def put(self, name: str, items: list[Packed], now: float) -> list[bool]:
        self.follow(name, now)
        return [self.put_one(name, item, now) for item in items]

    def put_one(self, name: str, item: Packed, now: float) -> bool:
        same = [row for row in self.rows if self.key(row) == (name, item.event_id, item.event_name)]
        remembered = [row for row in same if row["state"] in OPEN or row["expires"] > now + HORIZON - WINDOW]
        if any(row["state"] != "rejected" or row["text"] == item.text for row in remembered):
            return False
        self.last_id += 1
        times = {"first_put": now, "expires": now + HORIZON, "due": now, "finished": None}
        event = {"event_id": item.event_id, "event_name": item.event_name, "offline": item.offline, "text": item.text}
        fresh = {"state": "waiting", "attempts": 0, "code": "", "message": "", "strikes": 0, "worker": None}
        self.rows.append({"id": self.last_id, "destination": name, **event, **times, **fresh})
        return True

    @staticmethod
    def key(row: dict[str, Any]) -> tuple[str, str, str]:
        return row["destination"], row["event_id"], row["event_name"]

    def expire(self, name: str, now: float) -> None:
        for row in self.rows:
            if row["destination"] == name and row["state"] == "waiting" and row["expires"] <= now:
                last = f"{row['code']} {row['message']}".strip(" ")
                told = f"Not delivered within the horizon; the last attempt: {last}" if row["attempts"] else "It was never sent within the horizon."
                row.update(state="expired", finished=now, code="horizon", message=told)

    def claim(self, worker: str, name: str, limit: int, max_bytes: int, now: float) -> list[int]:
        if name not in self.clocks:
            return []
        self.follow(name, now)
        self.expire(name, now)
        due = [row for row in self.rows if row["destination"] == name and row["state"] == "waiting" and row["due"] <= now]
        if not due or self.paused(name, now):
            return []
        due.sort(key=lambda row: (row["due"], row["id"]))
        first = due[0]
        alike = [row for row in due if (row["attempts"], row["strikes"]) == (first["attempts"], first["strikes"])]
        limit = max(1, limit >> (first["strikes"] - 2)) if first["strikes"] >= 3 else limit
        taken = alike[:limit]
        while len(taken) > 1 and len(b'{"data":[]}') + sum(len(row["text"]) + 1 for row in taken) - 1 > max_bytes:
            taken.pop()
        for row in taken:
            row.update(state="sending", worker=worker, attempts=row["attempts"] + 1)
        return [row["id"] for row in taken]

    def paused(self, name: str, now: float) -> Pause | None:
        pause = self.pauses.get(name)
        return pause if pause and pause.until > now else None

    def finish(self, worker: str, results: list[Result], now: float) -> int:
        done = 0
        for result in results:
            for row in self.rows:
                if row["id"] == result.id and row["state"] == "sending" and row["worker"] == worker:
                    self.finish_one(row, result, now)
                    done += 1
        return done

    @staticmethod
    def finish_one(row: dict[str, Any], result: Result, now: float) -> None:
        row.update(state=result.state, code=result.code, message=result.message, worker=None)
        if result.state == "waiting":
            row.update(due=result.due, finished=None, strikes=row["strikes"] + (not result.blameless))
        else:
            row.update(finished=now, text="" if result.state in DELIVERED else row["text"])

    def recover(self, dead: set[str], now: float) -> int:
        lost = [row for row in self.rows if row["state"] == "sending" and row["worker"] in dead]
        for row in lost:
            row.update(worker=None, strikes=row["strikes"] + 1, due=now, code="interrupted", message=INTERRUPTED)
            row.update(state="unknown", finished=now) if row["offline"] else row.update(state="waiting", finished=None)
        return len(lost)

    def retry(self, wanted: Filter, now: float) -> int:
        chosen = [row for row in self.rows if passes(row, wanted) and row["state"] in DEAD and not self.is_superseded(row)]
        for row in chosen:
            row.update(state="waiting", due=now, expires=now + HORIZON, finished=None, attempts=0, strikes=0, code="", message="")
        return len(chosen)

    def is_superseded(self, row: dict[str, Any]) -> bool:
        same = [other for other in self.rows if self.key(other) == self.key(row) and other is not row]
        return any(other["id"] > row["id"] or other["state"] not in DEAD for other in same)

    def remove(self, gone: list[dict[str, Any]]) -> int:
        self.rows = [row for row in self.rows if all(row is not other for other in gone)]
        return len(gone)


INTERRUPTED = "The process that was sending it ended; Pinterest may have it or not."


class OutboxMachine(RuleBasedStateMachine):
    """Two workers on one file, each in a life that ends with a crash or a close, beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.now = 1_000_000.0
        self.model = Model()
        self.lives = dict.fromkeys(WORKERS, 0)
        self.dead: set[str] = set()
        self.outboxes: dict[str, Outbox] = {}
        for worker in WORKERS:
            self.open(worker)

    def open(self, worker: str) -> None:
        self.lives[worker] += 1
        name = f"{worker}{self.lives[worker]}"
        path = self.folder / "outbox.sqlite3"
        self.outboxes[worker] = Outbox(path, clock=lambda: self.now, worker=name, horizon=HORIZON, keep_delivered=WINDOW, timeout=0.0)

    def teardown(self) -> None:
        for outbox in self.outboxes.values():
            outbox.close()
        shutil.rmtree(self.folder)

    @initialize(worker=workers, name=names, items=st.lists(packed, min_size=3, max_size=12))
    def first_put(self, worker, name, items):
        self.put(worker, name, items, None)

    @rule(worker=workers, name=names, items=st.lists(packed, max_size=8), records=st.none() | numbers)
    def put(self, worker, name, items, records):
        mark = None if records is None else Bookmark("in", "f", records)
        assert self.outboxes[worker].put(name, items, bookmark=mark) == self.model.put(name, items, self.now)
        if mark:
            self.model.marks["in"] = mark

    @rule(worker=workers, name=names, limit=st.integers(1, 8), max_bytes=st.integers(10, 60))
    def claim(self, worker, name, limit, max_bytes):
        outbox = self.outboxes[worker]
        rows = outbox.claim(name, limit=limit, max_bytes=max_bytes)

        assert [row.id for row in rows] == self.model.claim(outbox.worker, name, limit, max_bytes, self.now)

    @rule(worker=workers, chosen=st.lists(numbers, min_size=1, max_size=8), data=st.data())
    def finish(self, worker, chosen, data):
        """Some of its rows, now and then one of somebody else's, or one twice."""
        outbox = self.outboxes[worker]
        held = [row["id"] for row in self.model.rows if row["worker"] == outbox.worker]
        results = [self.result(data, held[number % len(held)] if held and number < 36 else number) for number in chosen]

        assert outbox.finish(results) == self.model.finish(outbox.worker, results, self.now)

    def result(self, data, number):
        state = data.draw(st.sampled_from([state for state in STATES if state != "sending"]))
        wait = data.draw(st.sampled_from([0.0, 1.0, 30.0, 2000.0]))
        code = data.draw(st.sampled_from(["", "http_503"]))
        return Result(number, state, code, code and "Down.", due=self.now + wait, blameless=data.draw(st.booleans()))

    @rule(worker=workers)
    def recover(self, worker):
        outbox = self.outboxes[worker]
        assert len(outbox.recover()) == self.model.recover(self.dead, self.now)
        self.dead.clear()

    @rule(worker=workers)
    def crash(self, worker):
        """The locks go, as the system takes them; the files stay."""
        outbox = self.outboxes[worker]
        outbox._db.close()
        if outbox._lease is not None:
            outbox._lease._lock.close()
        self.dead.add(outbox.worker)
        self.open(worker)

    @rule(worker=workers)
    def close(self, worker):
        self.outboxes[worker].close()
        self.dead.add(self.outboxes[worker].worker)
        self.open(worker)

    @rule(worker=workers, wanted=filters)
    def retry(self, worker, wanted):
        assert self.outboxes[worker].retry(wanted) == self.model.retry(wanted, self.now)

    @rule(worker=workers, wanted=filters)
    def purge(self, worker, wanted):
        spared = () if wanted.states else OPEN
        gone = [row for row in self.model.rows if passes(row, wanted) and row["state"] not in spared]
        assert self.outboxes[worker].purge(wanted) == self.model.remove(gone)

    @rule(worker=workers)
    def sweep(self, worker):
        self.outboxes[worker].sweep()
        self.model.remove([row for row in self.model.rows if row["state"] in DELIVERED and row["finished"] < self.now - WINDOW])

    @rule(worker=workers, name=names, seconds=st.sampled_from([-10.0, 50.0, 1500.0]))
    def pause(self, worker, name, seconds):
        pause = Pause(self.now + seconds, "unauthorized", "No.")
        self.outboxes[worker].pause(name, pause.until, pause.code, pause.message)
        self.model.clocks.setdefault(name, 0.0)
        self.model.pauses[name] = pause

    @rule(worker=workers, name=names)
    def resume(self, worker, name):
        self.outboxes[worker].resume(name)
        self.model.pauses.pop(name, None)

    @rule(seconds=st.sampled_from([1.0, 30.0, 400.0, 1100.0, 3000.0, -5.0, -59.0, -100.0, -5000.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @invariant()
    def both_outboxes_hold_what_the_model_holds(self):
        expected = [{key: value for key, value in row.items() if key not in ("strikes", "worker")} for row in self.model.rows]
        for outbox in self.outboxes.values():
            assert [{key: getattr(row, key) for key in expected[0]} for row in outbox.rows()] == expected if expected else [*outbox.rows()] == []
            assert outbox.bookmark("in") == self.model.marks.get("in")

    @invariant()
    def the_numbers_are_those_of_the_rows(self):
        outbox = self.outboxes["a"]
        for name in NAMES:
            own = [row["state"] for row in self.model.rows if row["destination"] == name]
            assert outbox.counts(name) == {state: own.count(state) for state in STATES}
            assert outbox.paused(name) == self.model.paused(name, self.now)
            assert outbox.next_due(name) == self.expected_due(name)
        assert {found.name: found.oldest_waiting for found in outbox.destinations()} == {name: self.oldest(name) for name in self.model.clocks}

    def expected_due(self, name):
        waiting = [min(row["due"], row["expires"]) for row in self.model.rows if row["destination"] == name and row["state"] == "waiting"]
        pause = self.model.paused(name, self.now)
        return max(min(waiting), pause.until if pause else 0.0) if waiting else None

    def oldest(self, name):
        return min((row["first_put"] for row in self.model.rows if row["destination"] == name and row["state"] == "waiting"), default=None)


# Long runs: states meet only in those.
OutboxMachine.TestCase.settings = settings(max_examples=max(10, settings().max_examples // 2), stateful_step_count=40, deadline=None)
TestOutbox = OutboxMachine.TestCase
