"""Who is alive: each worker holds a lock for as long as its process lives, and anybody can try that lock."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ..errors import OutboxError
from ._outbox_file import private_file

# The lock is SQLite's own, on an empty file beside the outbox: the system releases it at once when the process ends,
# however it ends, on every platform, and a forked child does not inherit it. Leases are taken and tried only under
# the outbox's write lock, so a file is never found between its making and its locking.


class Lease:
    """The lock of one worker, held from its making to `close`. Raises `OutboxError` when another process holds it."""

    def __init__(self, outbox: Path, worker: str) -> None:
        self.path = _path(outbox, worker)
        with contextlib.suppress(FileExistsError):  # left by an earlier process of that name
            private_file(self.path)
        lock = _locked(self.path)
        if lock is None:
            raise OutboxError(f"{outbox}: a worker {worker!r} is at work already; give each its own name")
        self._lock = lock

    def close(self) -> None:
        """Let go of the lock: from now on, the worker counts as dead."""
        with contextlib.suppress(OSError):  # Windows removes no open file; the next `recover` of anybody will
            self.path.unlink(missing_ok=True)  # before the lock goes, or it might be the file of a successor
        self._lock.close()


def is_dead(outbox: Path, worker: str) -> bool:
    """Tell whether that worker has gone; False in doubt."""
    path = _path(outbox, worker)
    if not path.exists():
        return True
    lock = _locked(path)
    if lock is None:
        return False
    lock.close()
    return True


def forget(outbox: Path, worker: str) -> None:
    """Remove what a dead worker left."""
    with contextlib.suppress(OSError):  # somebody else was faster, or the folder is no longer ours
        _path(outbox, worker).unlink(missing_ok=True)


def seen(outbox: Path) -> Iterator[str]:
    """Yield the workers that have a file beside the outbox."""
    start = _path(outbox, "").name
    with os.scandir(outbox.parent) as entries:
        yield from [entry.name.removeprefix(start) for entry in entries if entry.name.startswith(start)]


def _path(outbox: Path, worker: str) -> Path:
    return outbox.with_name(f"{outbox.name}.worker-{worker}")


def _locked(path: Path) -> sqlite3.Connection | None:
    """Take the lock; None when it cannot be had."""
    try:
        lock = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None, check_same_thread=False)
    except sqlite3.Error:
        return None
    try:
        lock.execute("PRAGMA journal_mode = MEMORY")  # or there would be a journal beside it
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        lock.close()
        return None
    return lock
