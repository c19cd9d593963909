"""The outbox file: made whole or not at all, readable for its owner only, and refused when it is something else."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import uuid
from pathlib import Path

from ..errors import OutboxError
from ._outbox_errors import told

APPLICATION_ID = 0x50696E42
"""What SQLite and `file` recognise the file by: "PinB"."""
VERSION = 1
PRIVATE = 0o600

# Small pages: each event dirties a random page of the index that finds duplicates, and that page is written twice.
# Measured with a million remembered events: more than twice as fast as with pages of 4096 bytes.
_PAGE_SIZE = 2048
_CHECKPOINT = 16_000
"""Pages (32 MB) that the write-ahead log grows to before they go into the file: more of them meet in one page."""
LOG_BYTES = 2 * _CHECKPOINT * _PAGE_SIZE
"""What the write-ahead log may take beside the file (64 MB)."""

_TABLES = """
CREATE TABLE destination (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  clock REAL NOT NULL DEFAULT 0,              -- the latest time seen, to notice a clock that was set back
  paused_until REAL NOT NULL DEFAULT 0,
  pause_code TEXT NOT NULL DEFAULT '',
  pause_message TEXT NOT NULL DEFAULT '',
  calls REAL,                                 -- the token bucket: what is in it, and when that was so
  calls_at REAL NOT NULL DEFAULT 0
);
CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,       -- never given twice: a late result must not meet another event
  key INTEGER NOT NULL,                       -- digest of destination, event_id and event_name; smaller than they are
  destination INTEGER NOT NULL REFERENCES destination (id),
  event_id TEXT NOT NULL,
  event_name TEXT NOT NULL,
  offline INTEGER NOT NULL,
  size INTEGER NOT NULL,
  state TEXT NOT NULL,
  worker TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  strikes INTEGER NOT NULL DEFAULT 0,         -- attempts that may have failed because of this event
  first_put REAL NOT NULL,
  expires REAL NOT NULL,
  due REAL NOT NULL,
  finished REAL,
  code TEXT NOT NULL DEFAULT '',
  message TEXT NOT NULL DEFAULT ''
);
-- Apart from the row, so that a change of state does not write the event anew.
CREATE TABLE body (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE bookmark (source TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, records INTEGER NOT NULL) WITHOUT ROWID;

CREATE INDEX event_key ON event (key);
CREATE INDEX event_due ON event (destination, due) WHERE state = 'waiting';
CREATE INDEX event_expires ON event (destination, expires, first_put) WHERE state = 'waiting';
CREATE INDEX event_worker ON event (worker) WHERE state = 'sending';
CREATE INDEX event_delivered ON event (destination, state, finished) WHERE state IN ('delivered', 'delivered_with_warning');
CREATE INDEX event_dead ON event (destination, state) WHERE state IN ('rejected', 'unknown', 'expired');
"""


def opened(path: Path, *, create: bool, timeout: float) -> sqlite3.Connection:
    """Open the outbox at *path*, made anew if it is not there and *create*; a lock is waited for *timeout* seconds.

    Raises `OutboxError` when it is not there, is something else or of a later version; `OutboxFull` on a full disk.
    """
    try:
        if not path.exists():
            _make(path, create)
        _tighten(path)
        connection = _connected(path, timeout)
    except (sqlite3.Error, OSError) as error:
        raise told(error, path) from None
    try:
        _recognise(connection, path)
        _prepare(connection)
    except sqlite3.Error as error:
        connection.close()
        raise told(error, path) from None
    except OutboxError:
        connection.close()
        raise
    return connection


def private_file(path: Path) -> None:
    """Make an empty file that only its owner may read. Raises `FileExistsError`, and what else `os.open` does."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE))


def _make(path: Path, create: bool) -> None:
    """Make the file under another name, and give it its own once it is complete: whatever ends this, no half of it stays."""
    if not create:
        raise OutboxError(f"{path}: found no outbox there; name one that exists, or put events into a new one first")
    draft = path.with_name(f"{path.name}.new-{uuid.uuid4().hex}")
    try:
        private_file(draft)
        _fill(draft)
        with contextlib.suppress(FileExistsError):  # another process was faster, and its outbox is as good
            os.link(draft, path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _fill(draft: Path) -> None:
    connection = sqlite3.connect(draft, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # means nothing once there is a table
        connection.executescript(f"BEGIN; {_TABLES} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;")
        connection.execute("PRAGMA journal_mode = WAL")  # the file remembers that
    finally:
        connection.close()


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut; where folders cannot be opened (Windows), the system sees to it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tighten(path: Path) -> None:
    """Take the file away from everybody but its owner. By name: to open and close it would end SQLite's locks on it."""
    if os.name == "nt":  # pragma: no cover  # no such permissions
        return
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(FileNotFoundError):
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                file.chmod(PRIVATE)


def _connected(path: Path, timeout: float) -> sqlite3.Connection:
    uri = f"{path.as_uri()}?mode=rw"  # never makes a file
    return sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)


def _recognise(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse what is no outbox, or one of another version."""
    (found,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if found != APPLICATION_ID:
        raise OutboxError(f"{path}: found another kind of file; name an outbox, or a file that does not exist yet")
    if version != VERSION:
        raise OutboxError(f"{path}: found an outbox of version {version}; this program reads version {VERSION}: use the one that made it")


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: without it, the disk may still hold back what it was given
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is gone from the file as well
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
    connection.execute("PRAGMA cache_size = -32768")  # KiB: the index of a million remembered events
