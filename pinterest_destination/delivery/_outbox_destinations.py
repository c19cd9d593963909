"""What an outbox keeps for each destination as a whole: its pause, its calls per minute, and the clock it was last seen with."""

from __future__ import annotations

import sqlite3

from .rows import Pause

_SET_BACK = 60.0
"""Seconds. A clock that goes back by more was set; one that goes back by less makes nobody wait for long."""
_FRESH = 10.0
"""Seconds between two notes of the time."""


def known(db: sqlite3.Connection, name: str) -> int | None:
    """Give the id of a destination; None when nothing was ever put for it."""
    row = db.execute("SELECT id FROM destination WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else None


def entered(db: sqlite3.Connection, name: str) -> int:
    """Give the id of a destination, new or known."""
    found = known(db, name)
    if found is not None:
        return found
    return int(db.execute("INSERT INTO destination (name) VALUES (?)", (name,)).lastrowid or 0)


def follow_clock(db: sqlite3.Connection, destination: int, now: float) -> None:
    """Move all that waits along when the clock was set back, or it would wait for as long as the clock went back."""
    (last,) = db.execute("SELECT clock FROM destination WHERE id = ?", (destination,)).fetchone()
    if now < last - _SET_BACK:
        _move(db, destination, last, now)
    elif now < last + _FRESH:
        return
    db.execute("UPDATE destination SET clock = ? WHERE id = ?", (now, destination))


def _move(db: sqlite3.Connection, destination: int, last: float, now: float) -> None:
    """Let what waits wait as long as it would have, had the clock not been set back from *last* to *now*.

    An event that was put before the clock went wrong keeps its horizon.
    """
    values = {"last": last, "now": now, "destination": destination}
    move = """
        UPDATE event SET
          due = CASE WHEN due > :last THEN :now + (due - :last) ELSE min(due, :now) END,
          expires = CASE WHEN first_put > :now THEN expires - (:last - :now) ELSE expires END
        WHERE destination = :destination AND state = """
    db.execute(f"{move} 'waiting'", values)  # our own words
    db.execute(f"{move} 'sending'", values)
    db.execute("UPDATE destination SET paused_until = paused_until - (:last - :now) WHERE id = :destination", values)


def set_pause(db: sqlite3.Connection, destination: int, pause: Pause) -> None:
    """Pause a destination; one `until` the past goes on."""
    values = pause.until, pause.code, pause.message, destination
    db.execute("UPDATE destination SET paused_until = ?, pause_code = ?, pause_message = ? WHERE id = ?", values)


def pause_of(db: sqlite3.Connection, destination: int, now: float) -> Pause | None:
    """Give the pause that holds at *now*."""
    query = "SELECT paused_until, pause_code, pause_message FROM destination WHERE id = ? AND paused_until > ?"
    row = db.execute(query, (destination, now)).fetchone()
    return Pause(*row) if row else None


def take_call(db: sqlite3.Connection, destination: int, per_minute: float, now: float) -> float:
    """Take one call from the token bucket: 0.0, or the seconds until there is one."""
    burst, rate = max(1.0, per_minute / 60), per_minute / 60
    calls, at = db.execute("SELECT calls, calls_at FROM destination WHERE id = ?", (destination,)).fetchone()
    there = burst if calls is None else min(burst, calls + max(0.0, now - at) * rate)  # a clock set back fills nothing
    if there < 1:
        db.execute("UPDATE destination SET calls = ?, calls_at = ? WHERE id = ?", (there, now, destination))
        return float((1 - there) / rate)
    db.execute("UPDATE destination SET calls = ?, calls_at = ? WHERE id = ?", (there - 1, now, destination))
    return 0.0
