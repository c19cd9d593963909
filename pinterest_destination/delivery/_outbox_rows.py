"""Rows by filter: counted, tried again, purged; and what time makes superfluous, removed."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator, Sequence

from attrs import evolve

from . import _outbox_queue as queue
from ._outbox_destinations import known
from .rows import DEAD, DELIVERED, STATES, DestinationStatus, Filter, State

CHUNK = 2000
"""Rows for one transaction: other threads and processes get their turn between two."""

_MANY_FREE = 4000
"""Pages (8 MB) that may stand empty: new events fill them sooner than the file could shrink and grow again."""

_COUNTS = """
SELECT destination, 'waiting', count(*) FROM event INDEXED BY event_due WHERE state = 'waiting' GROUP BY destination
UNION ALL SELECT destination, 'sending', count(*) FROM event INDEXED BY event_worker WHERE state = 'sending' GROUP BY destination
UNION ALL SELECT destination, state, count(*) FROM event INDEXED BY event_delivered
  WHERE state IN ('delivered', 'delivered_with_warning') GROUP BY destination, state
UNION ALL SELECT destination, state, count(*) FROM event INDEXED BY event_dead
  WHERE state IN ('rejected', 'unknown', 'expired') GROUP BY destination, state
"""
_RETRY = """
UPDATE event SET state = 'waiting', due = :now, expires = :expires, finished = NULL, attempts = 0, strikes = 0, code = '', message = ''
WHERE id IN (SELECT value FROM json_each(:ids)) AND state IN ('rejected', 'unknown', 'expired') AND NOT EXISTS (
  SELECT 1 FROM event AS other
  WHERE other.key = event.key AND other.destination = event.destination AND other.event_id = event.event_id
  AND other.event_name = event.event_name AND other.id <> event.id
  AND (other.id > event.id OR other.state NOT IN ('rejected', 'unknown', 'expired'))
)
"""

_OLD = """
SELECT id FROM event INDEXED BY event_delivered
WHERE state IN ('delivered', 'delivered_with_warning') AND destination = ? AND state = ? AND finished < ? LIMIT ?
"""


def counts(db: sqlite3.Connection, destination: int | None = None) -> dict[State, int]:
    """Give how many rows there are in each state, of one destination or all."""
    found: dict[State, int] = dict.fromkeys(STATES, 0)
    for owner, state, number in db.execute(_COUNTS):
        found[state] += number if destination in (None, owner) else 0
    return found


def statuses(db: sqlite3.Connection) -> list[DestinationStatus]:
    """Give how things stand with each destination, pauses left out."""
    names = db.execute("SELECT id, name FROM destination ORDER BY name").fetchall()
    found: dict[int, dict[State, int]] = {number: dict.fromkeys(STATES, 0) for number, _ in names}
    for owner, state, number in db.execute(_COUNTS):
        found[owner][state] = number
    return [DestinationStatus(name, found[number], None, _oldest(db, number)) for number, name in names]


def _oldest(db: sqlite3.Connection, destination: int) -> float | None:
    query = "SELECT min(first_put) FROM event INDEXED BY event_expires WHERE destination = ? AND state = 'waiting'"
    (found,) = db.execute(query, (destination,)).fetchone()
    return found if found is None else float(found)


def ids(db: sqlite3.Connection, wanted: Filter, limit: int | None = None) -> array[int]:
    """Give the ids of the rows that *wanted* lets pass, in the order in which they were put."""
    condition, values = _condition(db, wanted)
    # +id: by its order alone SQLite would read a million delivered rows to find a few dead ones.
    order = "+id" if _uses_dead(wanted) else "id"
    query = f"SELECT id FROM event WHERE {condition} ORDER BY {order} LIMIT ?"  # noqa: S608  # made of our own words
    return array("q", (row[0] for row in db.execute(query, [*values, -1 if limit is None else limit])))


def tally(db: sqlite3.Connection, wanted: Filter) -> dict[State, int]:
    """Give how many rows *wanted* lets pass, by state."""
    condition, values = _condition(db, wanted)
    query = f"SELECT state, count(*) FROM event WHERE {condition} GROUP BY state"  # noqa: S608  # made of our own words
    return {**dict.fromkeys(STATES, 0), **dict(db.execute(query, values).fetchall())}


def _uses_dead(wanted: Filter) -> bool:
    return bool(wanted.states) and set(wanted.states) <= set(DEAD)


def _condition(db: sqlite3.Connection, wanted: Filter) -> tuple[str, list[object]]:
    """Give a filter as SQL, and the values of its question marks."""
    tests: dict[str, object] = {
        "key = ?": _key(db, wanted),
        "id IN (SELECT value FROM json_each(?))": json.dumps(wanted.ids) if wanted.ids else None,
        "state IN (SELECT value FROM json_each(?))": json.dumps(wanted.states) if wanted.states else None,
        "destination IN (SELECT id FROM destination WHERE name = ?)": wanted.destination or None,
        "event_name = ?": queue.storable(wanted.event_name) or None,
        "event_id = ?": queue.storable(wanted.event_id) or None,
        "code = ?": wanted.code or None,
        "first_put < ?": wanted.before,
        "offline = ?": wanted.offline,
    }
    used = {test: value for test, value in tests.items() if value is not None}
    # The words of the index itself: SQLite compares them to see that it may use it.
    index = ["state IN ('rejected', 'unknown', 'expired')"] if _uses_dead(wanted) else []
    return " AND ".join([*index, *used]) or "1", list(used.values())


def _key(db: sqlite3.Connection, wanted: Filter) -> int | None:
    """Give what finds one event without looking at all, when the filter says enough."""
    owner = known(db, wanted.destination) if wanted.event_id and wanted.event_name else None
    return None if owner is None else queue.key(owner, queue.storable(wanted.event_id), queue.storable(wanted.event_name))


def in_chunks(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield *numbers* in lists that one transaction can take."""
    for start in range(0, len(numbers), CHUNK):
        yield list(numbers[start : start + CHUNK])


def only(wanted: Filter, states: Sequence[State]) -> Filter | None:
    """Give the filter without other states than these; None when it asks for others only."""
    left = tuple(state for state in wanted.states or states if state in states)
    return evolve(wanted, states=left) if left else None


def retry(db: sqlite3.Connection, numbers: Sequence[int], now: float, horizon: float) -> int:
    """Send dead rows back to wait; an older copy of an event that is there again stays where it is."""
    return db.execute(_RETRY, {"ids": json.dumps(numbers), "now": now, "expires": now + horizon}).rowcount


def purge(db: sqlite3.Connection, numbers: Sequence[int], states: Sequence[State]) -> int:
    """Remove rows that are still in one of *states*."""
    chosen, among = json.dumps(numbers), json.dumps(states)
    among_states = "state IN (SELECT value FROM json_each(?2))"
    picked = f"SELECT id FROM event WHERE id IN (SELECT value FROM json_each(?1)) AND {among_states}"  # noqa: S608  # our own words
    db.execute(f"DELETE FROM body WHERE id IN ({picked})", (chosen, among))  # noqa: S608
    return db.execute(f"DELETE FROM event WHERE id IN ({picked})", (chosen, among)).rowcount  # noqa: S608


def drop_delivered(db: sqlite3.Connection, before: float) -> int:
    """Remove a chunk of the rows that were delivered earlier than *before*; give how many those were."""
    owners = [row[0] for row in db.execute("SELECT id FROM destination")]
    old = [row[0] for owner in owners for state in DELIVERED for row in db.execute(_OLD, (owner, state, before, CHUNK))]
    db.execute("DELETE FROM event WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(old),))
    return len(old)


def give_back(db: sqlite3.Connection) -> bool:
    """Return some empty pages to the disk, where too many stand empty; tell whether there are more."""
    pages, free = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
    if free <= max(_MANY_FREE, pages // 4):
        return False
    db.execute(f"PRAGMA incremental_vacuum({_MANY_FREE})").fetchall()  # each page is one step of the statement
    return True
