"""What SQLite and the file system cannot do, told as an error of ours: the file, what is wrong, what to do."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from ..errors import DeliveryError, OutboxError, OutboxFull

_LITTLE = 1024 * 1024
"""Bytes. With less room than this on the disk, an error in writing is put down to the disk being full."""

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_CLOSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}


def told(error: sqlite3.Error | OSError, path: Path) -> DeliveryError:
    """Make the error to raise for one of SQLite or the file system; their own text, which may hold values, stays out."""
    if isinstance(error, OSError):
        return _disk_full(path) if error.errno in (errno.ENOSPC, errno.EDQUOT) else _no_access(path, error)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the extended codes say more than is needed
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free_bytes(path) < _LITTLE):
        return _disk_full(path)
    return OutboxError(f"{path}: {_words(code, error)}")


def _words(code: int, error: sqlite3.Error) -> str:
    if code in _BUSY:
        return "another process keeps the outbox locked; end that process, or try again"
    if code in _DAMAGED:
        return "the outbox is damaged, or the file is none; move it away, or restore it from a backup"
    if code in _CLOSED:
        return "the outbox cannot be opened or written; check the permissions of the file and its folder"
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return f"the outbox cannot be used ({name}); check the disk, and that no other program changes the file"


def _disk_full(path: Path) -> OutboxFull:
    return OutboxFull(f"{path}: the disk is full, and nothing of this was stored; make room on the disk, then try again")


def _no_access(path: Path, error: OSError) -> OutboxError:
    reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return OutboxError(f"{path}: the outbox cannot be opened or made ({reason}); check that the folder is there, local and yours")


def free_bytes(path: Path) -> float:
    """Give the room on the disk of *path*; without end, where it cannot be told."""
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return float("inf")
