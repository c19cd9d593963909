"""Where an input file stands: how many of its records have been accepted, so that a second start goes on from there."""

from __future__ import annotations

import hashlib
from pathlib import Path

from attrs import frozen

from ..delivery.outbox import Outbox
from ..delivery.rows import Bookmark

_HEAD = 65_536
"""Bytes from its start by which a file is recognised."""


@frozen
class Place:
    """An input file, as the outbox remembers it for one destination."""

    source: str
    fingerprint: str
    done: int
    """Records that have been accepted already."""

    def bookmark(self, records: int) -> Bookmark:
        """Make the bookmark that so many records are accepted."""
        return Bookmark(self.source, self.fingerprint, records)


def place_of(path: Path, destination: str, outbox: Outbox, *, again: bool = False) -> Place:
    """Look up how far *path* has been read for *destination*; from the start if *again*, or when the file is another by now.

    A file that has grown is still the same: it is known by a digest of its first bytes, and how many those were.
    """
    source = f"{destination} {path.resolve()}"
    known = outbox.bookmark(source)
    if known and not again and known.fingerprint == _fingerprint(path, _length(known.fingerprint)):
        return Place(source, known.fingerprint, known.records)
    return Place(source, _fingerprint(path, _HEAD), 0)


def _fingerprint(path: Path, length: int) -> str:
    with path.open("rb") as file:
        head = file.read(length)
    return f"{len(head)}:{hashlib.sha256(head).hexdigest()}"


def _length(fingerprint: str) -> int:
    """The bytes that a fingerprint was made of."""
    length = fingerprint.partition(":")[0]
    return int(length) if length.isdigit() else 0
