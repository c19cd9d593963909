"""The outbox: events wait on the disk until each has an outcome, through crashes and restarts, shared by processes.

    put ─► waiting ─ claim ─► sending ─ finish ─► delivered, delivered_with_warning
             ▲  │                │   └──────────► rejected, unknown, expired: kept, until `retry` or `purge`
             │  └─► expired      │
             └───────────────────┘  finish with a time, or recover after the process died
"""

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from attrs import evolve

from . import _lease, _outbox_queue, _outbox_rows
from . import _outbox_destinations as destinations
from ._database import Database, used_bytes
from ._outbox_puts import Puts
from .rows import DEAD, DELIVERED, Bookmark, DestinationStatus, Filter, Item, Pause, Result, Row, State

__all__ = ["Bookmark", "DestinationStatus", "Filter", "Item", "Outbox", "Pause", "Result", "Row", "State"]

_WORKER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROWS_AT_A_TIME = 500


class Outbox:
    """An outbox file, safe for the threads of this process, and for any number of processes on one machine.

    *path* is made when it is not there, unless *create* is false. *horizon* is how long an event is sent, and
    *keep_delivered* how long a delivered one is remembered (both in seconds from its put; the longer one counts: for so
    long the same event is not stored again). *max_bytes* is how large the file may grow. *worker* names the claims of
    this object; by default, a new name. *timeout* is how many seconds another process may keep the file locked.

    Every method raises `OutboxError` when the file cannot be used, and those that write `OutboxFull` when the disk is
    full; what they were to change is then as it was. Raises `ValueError` for a *worker* that cannot be part of a file name.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        clock: Callable[[], float] = time.time,
        worker: str | None = None,
        horizon: float = 86_400.0,
        keep_delivered: float = 172_800.0,
        max_bytes: int = 2**30,
        create: bool = True,
        timeout: float = 30.0,
    ) -> None:
        self.worker = uuid.uuid4().hex if worker is None else worker
        if not _WORKER.fullmatch(self.worker):
            raise ValueError("a worker's name is made of up to 64 letters, digits, hyphens and underscores")
        self.path = Path(path).resolve()  # by whatever link it is opened, its workers' files lie in one place
        self._clock = clock
        self._terms = _outbox_queue.Terms(horizon, max(horizon, keep_delivered), max_bytes)
        self._db = Database(self.path, create=create, timeout=timeout)
        self._lease: _lease.Lease | None = None
        self._puts = Puts(self._db, self._terms, clock)

    def __repr__(self) -> str:
        return f"<Outbox {str(self.path)!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. What this worker still holds goes the way of a dead worker's rows: see `recover`."""
        self._db.close()
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    # -- events in

    def put(self, destination: str, items: Sequence[Item], *, bookmark: Bookmark | None = None) -> list[bool]:
        """Store events, and return once they are on the disk: True for each that is stored now.

        The puts of several threads share one commit. False is for an event whose event id and name this destination got within the window already. A rejected event that
        comes again with other content is stored. *bookmark* is stored with the events or not at all.

        Raises `OutboxFull` when the file would grow beyond its limit: nothing of this put is stored.
        """
        return self._puts.put(destination, items, bookmark)

    def bookmark(self, source: str) -> Bookmark | None:
        """Give how much of an input has been accepted; None for one that is not known."""
        query = "SELECT source, fingerprint, records FROM bookmark WHERE source = ?"
        with self._db.reading() as db:
            row = db.execute(query, (_outbox_queue.storable(source),)).fetchone()
        return Bookmark(*row) if row else None

    # -- events out

    def claim(self, destination: str, *, limit: int, max_bytes: int, now: float | None = None) -> list[Row]:
        """Take the next batch for this worker: rows that are due, the oldest first, as `sending`, one attempt more.

        At most *limit* rows, whose request body has at most *max_bytes*, or one row. All have had equally many
        attempts, and failures of their own: from the third on, each halves the batch. Nothing while the destination is
        paused. Rows whose horizon is over become `expired` first. *now* stands in for the clock.
        """
        with self._db.writing() as db:
            owner = destinations.known(db, destination)
            if owner is None:
                return []
            moment = self._now(db, owner) if now is None else now
            _outbox_queue.expire(db, owner, moment)
            if destinations.pause_of(db, owner, moment):
                return []
            chosen = _outbox_queue.choose(db, owner, limit, max_bytes, moment)
            if not chosen:
                return []
            self._hold_lease(db, moment)
            return _outbox_queue.take(db, chosen, self.worker)

    def _now(self, db: sqlite3.Connection, owner: int) -> float:
        now = self._clock()
        destinations.follow_clock(db, owner, now)
        return now

    def _hold_lease(self, db: sqlite3.Connection, now: float) -> None:
        if self._lease is None:
            self._lease = _lease.Lease(self.path, self.worker)
            _outbox_queue.release(db, self.worker, now)  # what an earlier process of the same name left

    def finish(self, results: Iterable[Result]) -> int:
        """Record what became of claimed rows; give for how many.

        Rows that this worker does not hold (any more) are left alone. Raises `ValueError` for a result that is none.
        """
        those = list(results)
        if any(result.state == "sending" for result in those):
            raise ValueError("found the state 'sending' in a result; expected what became of the event, or 'waiting'")
        with self._db.writing() as db:
            return _outbox_queue.finish(db, those, self.worker, self._clock())

    def expire(self, destination: str, *, now: float | None = None) -> list[Row]:
        """End the waiting of what has waited longer than its horizon, and give those rows. *now* stands in for the clock."""
        with self._db.writing() as db:
            owner = destinations.known(db, destination)
            if owner is None:
                return []
            moment = self._clock() if now is None else now
            destinations.follow_clock(db, owner, moment)
            return _outbox_queue.fetch(db, _outbox_queue.expire(db, owner, moment))

    def recover(self) -> list[Row]:
        """Release the rows of workers whose process has ended, and give them.

        They go again at once, except offline events: Pinterest would count a repeat, so those become `unknown`.
        """
        with self._db.writing() as db:
            now, released = self._clock(), list[int]()
            holders = _outbox_queue.holders(db)
            for worker in holders | set(_lease.seen(self.path)):
                if not self._is_own(worker) and _lease.is_dead(self.path, worker):
                    released += _outbox_queue.release(db, worker, now)
                    _lease.forget(self.path, worker)
            return _outbox_queue.fetch(db, released)

    def _is_own(self, worker: str) -> bool:
        return self._lease is not None and worker == self.worker

    def next_due(self, destination: str) -> float | None:
        """Give when `claim` has something to do (epoch seconds, perhaps past); None when nothing waits."""
        query = (
            "SELECT min((SELECT min(due) FROM event INDEXED BY event_due WHERE destination = ?1 AND state = 'waiting'), "
            "(SELECT min(expires) FROM event INDEXED BY event_expires WHERE destination = ?1 AND state = 'waiting'))"
        )
        with self._db.reading() as db:
            owner = destinations.known(db, destination)
            (found,) = db.execute(query, (owner,)).fetchone()
            pause = None if owner is None else destinations.pause_of(db, owner, self._clock())
        if found is None:
            return None
        return max(float(found), pause.until) if pause else float(found)

    # -- destinations

    def pause(self, destination: str, until: float, code: str, message: str) -> None:
        """Let nothing of a destination be claimed before *until* (epoch seconds), by any process."""
        told = Pause(until, _outbox_queue.storable(code), _outbox_queue.storable(message))
        with self._db.writing() as db:
            destinations.set_pause(db, destinations.entered(db, destination), told)

    def resume(self, destination: str) -> None:
        """End the pause of a destination, if it has one."""
        with self._db.writing() as db:
            owner = destinations.known(db, destination)
            if owner is not None:
                destinations.set_pause(db, owner, Pause(0.0, "", ""))

    def paused(self, destination: str) -> Pause | None:
        """Give the pause of a destination, as long as it lasts."""
        with self._db.reading() as db:
            owner = destinations.known(db, destination)
            return None if owner is None else destinations.pause_of(db, owner, self._clock())

    def take_call(self, destination: str, per_minute: float, now: float) -> float:
        """Count one call to a destination, over all processes: 0.0, or the seconds to wait before asking again.

        At most a second's worth of calls may go at once.
        """
        with self._db.writing(durable=False) as db:  # after a power cut, nobody minds a call too many
            return destinations.take_call(db, destinations.entered(db, destination), per_minute, now)

    def destinations(self) -> tuple[DestinationStatus, ...]:
        """Give how things stand with each destination, by name."""
        with self._db.reading() as db:
            return tuple(evolve(found, paused=self._pause(db, found.name)) for found in _outbox_rows.statuses(db))

    def _pause(self, db: sqlite3.Connection, destination: str) -> Pause | None:
        owner = destinations.known(db, destination)
        return None if owner is None else destinations.pause_of(db, owner, self._clock())

    # -- looking, and tidying up

    def counts(self, destination: str | None = None) -> Mapping[State, int]:
        """Give how many rows there are in each state, of one destination or all. Takes some 50 ms for a million rows."""
        with self._db.reading() as db:
            owner = None if destination is None else destinations.known(db, destination) or 0
            return MappingProxyType(_outbox_rows.counts(db, owner))

    def count(self, wanted: Filter) -> Mapping[State, int]:
        """Give how many rows there are in each state that the filter lets pass."""
        with self._db.reading() as db:
            return MappingProxyType(_outbox_rows.tally(db, wanted))

    def rows(self, wanted: Filter | None = None, limit: int | None = None) -> Iterator[Row]:
        """Yield rows in the order in which they were put, the first *limit* of them. Others may change them meanwhile."""
        with self._db.reading() as db:
            numbers = _outbox_rows.ids(db, wanted or Filter(), limit)
        for start in range(0, len(numbers), _ROWS_AT_A_TIME):
            with self._db.reading() as db:
                found = _outbox_queue.fetch(db, list(numbers[start : start + _ROWS_AT_A_TIME]))
            yield from found

    def retry(self, wanted: Filter) -> int:
        """Send rejected, unknown and expired rows back to wait, with a fresh horizon; give how many.

        Where the same event is there several times, only its latest copy goes, and none when one waits or is delivered.
        """
        return self._change(_outbox_rows.only(wanted, DEAD), self._retry)

    def _retry(self, db: sqlite3.Connection, numbers: Sequence[int]) -> int:
        return _outbox_rows.retry(db, numbers, self._clock(), self._terms.horizon)

    def purge(self, wanted: Filter) -> int:
        """Remove rows for good; give how many. Those that wait or are being sent only when the filter names their state."""
        states = wanted.states or (*DELIVERED, *DEAD)
        return self._change(evolve(wanted, states=states), lambda db, numbers: _outbox_rows.purge(db, numbers, states))

    def _change(self, wanted: Filter | None, change: Callable[[sqlite3.Connection, Sequence[int]], int]) -> int:
        if wanted is None:
            return 0
        with self._db.reading() as db:
            numbers = _outbox_rows.ids(db, wanted)
        changed = 0
        for chunk in _outbox_rows.in_chunks(numbers):
            with self._db.writing() as db:
                changed += change(db, chunk)
        return changed

    def sweep(self) -> None:
        """Forget what was delivered longer ago than it need be remembered, and give its room back to the disk."""
        before = self._clock() - self._terms.window
        for step in (lambda db: _outbox_rows.drop_delivered(db, before), _outbox_rows.give_back):
            more = True
            while more:
                with self._db.writing() as db:
                    more = bool(step(db))
        self._db.trim()

    def used(self) -> int:
        """Give how many bytes the outbox takes, as its limit counts them."""
        with self._db.reading() as db:
            return used_bytes(db)
