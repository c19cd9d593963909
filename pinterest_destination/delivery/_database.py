"""One connection to the outbox file, for all threads of a process: transactions, and errors told in our own words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from ..errors import OutboxError
from ._outbox_errors import told
from ._outbox_file import opened


class Database:
    """The open file. Raises as `opened` does."""

    def __init__(self, path: Path, *, create: bool, timeout: float) -> None:
        self.path = path
        self._connection = opened(path, create=create, timeout=timeout)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._is_open = True

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other threads of this process out. Raises `OutboxError` when the outbox is closed, or came by a fork."""
        if os.getpid() != self._process:  # SQLite's connections do not survive a fork, and the lock may be held for ever
            raise OutboxError(f"{self.path}: the outbox was opened before a fork; open it anew in each process")
        with self._lock:
            if not self._is_open:
                raise OutboxError(f"{self.path}: the outbox is closed")
            yield

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for queries."""
        with self.held(), self._told():
            yield self._connection

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction, which is on the disk (if *durable*) when this returns, or never was."""
        with self.held(), self.transaction(durable=durable) as connection:
            yield connection

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Do as `writing` does, for who holds the database already.

        The write lock is taken at the start, so that no other process changes anything between a look and a change.
        """
        connection = self._connection
        with self._told():
            if not durable:
                connection.execute("PRAGMA synchronous = NORMAL")
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                self._leave(durable)

    def _leave(self, durable: bool) -> None:
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # what made it fail is told already
                self._connection.execute("ROLLBACK")
        if not durable:
            self._connection.execute("PRAGMA synchronous = FULL")

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise told(error, self.path) from None

    def trim(self) -> None:
        """Move the write-ahead log into the file and empty it; leave it, when another process is at work."""
        with self.reading() as connection:
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(self._timeout * 1000)}")

    def close(self) -> None:
        """Close the file, once the other threads are done with it; a second time does nothing."""
        if os.getpid() != self._process:  # it is its parent's to close
            return
        with self._lock:
            if self._is_open:
                self._connection.close()
            self._is_open = False


def used_bytes(db: sqlite3.Connection) -> int:
    """Give what the file holds, without the pages that stand empty."""
    pages, free, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
    return int((pages - free) * size)
