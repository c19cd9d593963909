"""The way of an event through the outbox: stored, claimed, finished, and released when its worker died.

Each function is a part of a transaction that its caller holds; `now` is in epoch seconds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from attrs import frozen

from .rows import DELIVERED, Bookmark, Item, Result, Row, State

_WINDOW = 1000
"""How far a claim looks for rows with as many attempts as the first: it must not read a backlog of a million."""

INTERRUPTED = "The process that was sending it ended; Pinterest may have it or not."

_STORE = """
INSERT INTO event (key, destination, event_id, event_name, offline, size, state, first_put, expires, due)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?8, ?7
WHERE NOT EXISTS (
  SELECT 1 FROM event AS other
  WHERE key = ?1 AND destination = ?2 AND event_id = ?3 AND event_name = ?4
  AND (state IN ('waiting', 'sending') OR expires > ?9)
  AND NOT (state = 'rejected' AND EXISTS (SELECT 1 FROM body WHERE id = other.id AND text <> ?10))
)
"""
_EXPIRE = """
UPDATE event SET state = 'expired', finished = :now, code = 'horizon', message =
  CASE WHEN attempts = 0 THEN 'It was never sent within the horizon.'
  ELSE 'Not delivered within the horizon; the last attempt: ' || trim(code || ' ' || message) END
WHERE destination = :destination AND state = 'waiting' AND expires <= :now RETURNING id
"""
_DUE = """
SELECT id, attempts, strikes, size FROM event INDEXED BY event_due
WHERE destination = ? AND state = 'waiting' AND due <= ? ORDER BY due, id LIMIT ?
"""
_TAKE = "UPDATE event SET state = 'sending', worker = ?, attempts = attempts + 1 WHERE id IN (SELECT value FROM json_each(?))"
_ROWS = """
SELECT event.id, destination.name, event_id, event_name, offline, coalesce(text, ''), state, attempts, first_put, expires, due,
  finished, code, message
FROM json_each(?) AS wanted JOIN event ON event.id = wanted.value JOIN destination ON destination.id = event.destination
LEFT JOIN body ON body.id = event.id ORDER BY wanted.key
"""
_FINISH = """
UPDATE event SET state = :state, worker = NULL, code = :code, message = :message, strikes = strikes + :strikes,
  due = CASE WHEN :state = 'waiting' THEN :due ELSE due END, finished = CASE WHEN :state = 'waiting' THEN NULL ELSE :now END
WHERE id IN (SELECT value FROM json_each(:ids)) AND worker = :worker AND state = 'sending'
"""
# Only what is delivered: a result that came too late must not take the event of a row that somebody else holds by now.
_FORGET = """
DELETE FROM body WHERE id IN (
  SELECT event.id FROM json_each(?) AS done JOIN event ON event.id = done.value
  WHERE event.state IN ('delivered', 'delivered_with_warning')
)
"""
_RELEASE = """
UPDATE event SET worker = NULL, strikes = strikes + 1, due = :now, code = 'interrupted', message = :message,
  state = CASE WHEN offline THEN 'unknown' ELSE 'waiting' END, finished = CASE WHEN offline THEN :now ELSE NULL END
WHERE worker = :worker AND state = 'sending' RETURNING id
"""


@frozen
class Terms:
    """How long events are sent and remembered, in seconds, and how large the file may grow, in bytes."""

    horizon: float
    window: float
    max_bytes: int


def store(db: sqlite3.Connection, destination: int, items: Sequence[Item], now: float, terms: Terms) -> list[bool]:
    """Store what is not there yet; tell for each item whether it was new."""
    times = now, now + terms.horizon, now + terms.horizon - terms.window
    stored: list[bool] = []
    bodies: list[tuple[int | None, str]] = []
    for item in items:
        event_id, name, text = storable(item.event_id), storable(item.event_name), storable(item.text)
        row = key(destination, event_id, name), destination, event_id, name, bool(item.offline), _bytes(text), *times, text
        done = db.execute(_STORE, row)
        stored.append(done.rowcount > 0)
        if done.rowcount:
            bodies.append((done.lastrowid, text))
    db.executemany("INSERT INTO body (id, text) VALUES (?, ?)", bodies)
    return stored


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def key(destination: float, event_id: str, name: str) -> int:
    """Give the number by which an event is found again: most of its digest."""
    digest = blake2b(f"{destination}\0{name}\0{event_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def storable(text: str) -> str:
    """Give *text* as SQLite can hold it: a lone surrogate, which is no character, as its escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def note(db: sqlite3.Connection, mark: Bookmark) -> None:
    """Keep how far an input was read."""
    db.execute("INSERT OR REPLACE INTO bookmark VALUES (?, ?, ?)", (storable(mark.source), storable(mark.fingerprint), mark.records))


def expire(db: sqlite3.Connection, destination: int, now: float) -> list[int]:
    """End the waiting of what has waited longer than its horizon, and give its ids."""
    return [row[0] for row in db.execute(_EXPIRE, {"destination": destination, "now": now}).fetchall()]


def choose(db: sqlite3.Connection, destination: int, limit: int, max_bytes: int, now: float) -> list[int]:
    """Give the ids of the rows that make the next batch."""
    due = db.execute(_DUE, (destination, now, max(limit, _WINDOW))).fetchall()
    if not due:
        return []
    _, attempts, strikes, _ = due[0]
    alike = [(number, size) for number, *tries, size in due if tries == [attempts, strikes]]
    return _fitting(alike[: _smaller(limit, strikes)], max_bytes)


def _smaller(limit: int, strikes: int) -> int:
    """Halve the batch with each failure after the second, so that an event that makes its batch fail ends up alone."""
    return max(1, limit >> min(strikes - 2, 64)) if strikes > 2 else limit


def _fitting(rows: Iterable[tuple[int, int]], max_bytes: int) -> list[int]:
    """Give the ids of the first rows whose request body has at most *max_bytes*, and of one row in any case."""
    chosen: list[int] = []
    total = len('{"data":[]}') - 1  # one comma fewer than there are events
    for number, size in rows:
        total += size + 1
        if chosen and total > max_bytes:
            break
        chosen.append(number)
    return chosen


def take(db: sqlite3.Connection, ids: Sequence[int], worker: str) -> list[Row]:
    """Mark rows as being sent by *worker*, and give them."""
    db.execute(_TAKE, (worker, json.dumps(ids)))
    return fetch(db, ids)


def fetch(db: sqlite3.Connection, ids: Sequence[int]) -> list[Row]:
    """Give the rows with these ids, in their order, as far as they are still there."""
    return [_row(list(values)) for values in db.execute(_ROWS, (json.dumps(ids),))]


def _row(values: list[Any]) -> Row:
    values[4] = bool(values[4])
    return Row(*values)


def finish(db: sqlite3.Connection, results: Iterable[Result], worker: str, now: float) -> int:
    """Record results for rows that *worker* holds, the first for each; give how many those were."""
    alike: dict[tuple[State, str, str, float, bool], list[int]] = {}
    for number, result in {result.id: result for result in reversed(list(results))}.items():
        outcome = result.state, result.code, result.message, result.due, result.blameless
        alike.setdefault(outcome, []).append(number)
    recorded = sum(_finish_alike(db, *outcome, json.dumps(ids), worker, now) for outcome, ids in alike.items())
    delivered = [number for outcome, ids in alike.items() if outcome[0] in DELIVERED for number in ids]
    db.execute(_FORGET, (json.dumps(delivered),))
    return recorded


def _finish_alike(
    db: sqlite3.Connection, state: State, code: str, message: str, due: float, blameless: bool, ids: str, worker: str, now: float
) -> int:
    outcome = {"state": state, "code": storable(code), "message": storable(message), "due": due}
    strikes = state == "waiting" and not blameless
    return db.execute(_FINISH, {**outcome, "strikes": strikes, "ids": ids, "worker": worker, "now": now}).rowcount


def holders(db: sqlite3.Connection) -> set[str]:
    """Give the workers that hold rows."""
    return {row[0] for row in db.execute("SELECT DISTINCT worker FROM event INDEXED BY event_worker WHERE state = 'sending'")}


def release(db: sqlite3.Connection, worker: str, now: float) -> list[int]:
    """Take a dead worker's rows from it, and give their ids: they go again, or are unknown where a repeat would count twice."""
    return [row[0] for row in db.execute(_RELEASE, {"worker": worker, "now": now, "message": INTERRUPTED}).fetchall()]
