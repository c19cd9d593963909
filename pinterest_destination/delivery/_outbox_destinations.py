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
        _move(db, destination, last - now)
    elif now < last + _FRESH:
        return
    db.execute("UPDATE destination SET clock = ? WHERE id = ?", (now, destination))


def _move(db: sqlite3.Connection, destination: int, by: float) -> None:
    move = "UPDATE event SET due = due - ?1, expires = expires - ?1 WHERE destination = ?2 AND"
    db.execute(f"{move} state = 'waiting'", (by, destination))
    db.execute(f"{move} state = 'sending'", (by, destination))
    db.execute("UPDATE destination SET paused_until = paused_until - ?1 WHERE id = ?2", (by, destination))


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
