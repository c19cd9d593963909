"""One pass of `send`: records in, transformed, put into the outbox with a bookmark, delivered in the background meanwhile."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from attrs import asdict, define, field

from ..delivery.delivery import Delivery
from ..destination import Conversion, Destination
from ..errors import OutboxFull, Problem
from ._bookmarks import Place
from ._interrupt import Interrupt
from ._records import Record
from ._summary import Summary

PUT = 1000
"""Events that are put at once: a full request's worth."""
_RECORDS = 5000
"""Records after which the bookmark moves on, even if they held no events."""
_FULL = 2.0
"""Seconds between two tries to put something into a full outbox."""


@define
class Sending:
    """Reads, transforms and puts. *tick* is told after every record, *note* of every problem."""

    destination: Destination
    delivery: Delivery
    summary: Summary
    note: Callable[[object], None]
    tick: Callable[[], None]
    place: Place | None
    """Where the input stands; None for a stream, which has no place to come back to."""
    duplicates: int = field(init=False, default=0)
    invalid: int = field(init=False, default=0)
    skipped: int = field(init=False, default=0)
    _events: list[dict[str, Any]] = field(init=False, factory=list)
    _since: int = field(init=False, default=0)
    _done: int = field(init=False, default=0)
    _unread: int = field(init=False, default=0)

    def over(self, records: Iterator[Record], interrupt: Interrupt) -> bool:
        """Put everything into the outbox; False after Ctrl-C, with all that was read so far in it."""
        self.skipped = self.place.done if self.place else 0
        self._done = self.skipped
        rest = itertools.islice(records, self.skipped, None)
        try:
            for record in interrupt.reading(rest):
                self._add(record)
        except KeyboardInterrupt:
            if interrupt.is_urgent:
                raise
            self._put(patient=False)
            return False
        self._put()
        return True

    def told(self) -> Iterator[str]:
        """Yield what is to be said of the input as a whole."""
        if self.skipped:
            yield f"{self.skipped:,} records were accepted by an earlier run, and skipped; --again reads them once more"
        if self.duplicates:
            yield f"{self.duplicates:,} events were in the outbox already, by event_id and name"
        if self.invalid:
            yield f"{self.invalid:,} events cannot be sent: they have no event_id, or hold what JSON has not"

    def _add(self, record: Record) -> None:
        conversion = self._converted(record)
        for found in conversion.problems:
            self.note({record.unit: record.number, **asdict(found)})
        self.summary.add(f"{record.unit} {record.number}", conversion)
        self._events += conversion.capi
        self._count(readable=not isinstance(record.content, Problem))
        self._since += 1
        if len(self._events) >= PUT or self._since >= _RECORDS:
            self._put()
        self.tick()

    def _count(self, *, readable: bool) -> None:
        """Move the bookmark on. Not over what cannot be read at the end: a file that still grows ends with half a record."""
        self._unread += 1
        if readable:
            self._done += self._unread
            self._unread = 0

    def _converted(self, record: Record) -> Conversion:
        if isinstance(record.content, Problem):
            return Conversion(problems=(record.content,))
        return self.destination.transform(record.content, "capi")

    def _put(self, *, patient: bool = True) -> None:
        """Put what has come together. A full outbox empties while it is worked on, so that is worth waiting for."""
        mark = self.place.bookmark(self._done) if self.place else None
        while True:
            try:
                receipts = self.delivery.put(self._events, bookmark=mark)
                break
            except OutboxFull:
                if not patient or self.delivery.is_done():  # nothing leaves any more: it is full of what waits for a person
                    raise
                time.sleep(_FULL)
        self.duplicates += receipts.count("duplicate")
        self.invalid += receipts.count("invalid")
        self._events, self._since = [], 0

