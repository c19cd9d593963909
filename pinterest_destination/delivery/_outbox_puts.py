"""Group commit: one transaction, and one wait for the disk, stores what all threads want to put at that moment."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence

from attrs import define, field

from ..errors import OutboxError, OutboxFull
from . import _outbox_destinations as destinations
from . import _outbox_queue as queue
from ._database import Database, used_bytes
from ._outbox_errors import free_bytes
from ._outbox_file import LOG_BYTES
from .rows import Bookmark, Item


@define(eq=False)
class _Put:
    """What one thread wants stored, and what became of it."""

    destination: str
    items: Sequence[Item]
    bookmark: Bookmark | None
    stored: list[bool] = field(factory=list)
    error: Exception | None = None
    is_done: bool = False


class Puts:
    """The puts of all threads. Whoever gets hold of the file first stores them all; the others find theirs done."""

    def __init__(self, db: Database, terms: queue.Terms, clock: Callable[[], float]) -> None:
        self._db = db
        self._terms = terms
        self._clock = clock
        self._open: list[_Put] = []

    def put(self, destination: str, items: Sequence[Item], bookmark: Bookmark | None) -> list[bool]:
        """Store events, as `Outbox.put` does."""
        put = _Put(destination, items, bookmark)
        self._open.append(put)
        try:
            with self._db.held():
                if not put.is_done:
                    self._store_all(list(self._open))
        finally:  # Ctrl-C included: nothing stays behind that a later put would store
            self._take_out(put)
        if put.error is not None:
            raise put.error
        return put.stored

    def _take_out(self, put: _Put) -> None:
        with contextlib.suppress(ValueError):  # it is out already
            self._open.remove(put)

    def _store_all(self, group: Sequence[_Put]) -> None:
        """Store a group in one transaction; should one of it fail, each in its own, so that it fails alone."""
        try:
            with self._db.transaction() as db:
                for put in group:
                    put.stored = self._store(db, put)
        except Exception as error:
            if len(group) > 1 and not isinstance(error, OutboxError):  # which is of the file, and the same for all
                for put in group:
                    self._store_all([put])
                return
            for put in group:
                put.error = error if put is group[0] else type(error)(*error.args)
        for put in group:
            put.is_done = True
            self._take_out(put)

    def _store(self, db: sqlite3.Connection, put: _Put) -> list[bool]:
        now = self._clock()
        owner = destinations.entered(db, put.destination)
        destinations.follow_clock(db, owner, now)
        stored = queue.store(db, owner, put.items, now, self._terms)
        if put.bookmark is not None:
            queue.note(db, put.bookmark)
        if any(stored):
            self._check_room(db)
        return stored

    def _check_room(self, db: sqlite3.Connection) -> None:
        if used_bytes(db) > self._terms.max_bytes:
            raise self._full()
        # Events can leave only by writing: what is on the disk already must not be stuck there.
        if free_bytes(self._db.path) < LOG_BYTES:
            raise OutboxFull(f"{self._db.path}: the disk has less than {LOG_BYTES:,} bytes left, which outcomes may need; make room on the disk")

    def _full(self) -> OutboxFull:
        return OutboxFull(
            f"{self._db.path}: the outbox may hold {self._terms.max_bytes:,} bytes, and this would make it more; there is room "
            "again when events are delivered, and when delivered ones are forgotten (keep_delivered) or purged; or set a larger max_outbox_bytes"
        )
