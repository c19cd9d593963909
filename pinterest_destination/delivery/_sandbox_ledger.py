"""What the sandbox has received: the events, the log of requests, and the sums of both. Thread-safe."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from decimal import Decimal, DecimalException
from threading import Lock
from types import MappingProxyType

from attrs import evolve, field, frozen

from ._sandbox_rules import Event, Judged

_DIGITS = 15
"""Amounts of more digits than any order has are left out of the sums: they could be made to fill the memory."""


@frozen
class Received:
    """One event that arrived in a request which Pinterest would read. Its `repr` holds nothing of the event."""

    event: Event = field(repr=False)
    account: str
    """The ad account, or for v3 the advertiser."""
    at: float
    """When it arrived, in epoch seconds."""
    request: int
    """The number of its request, as in the log."""
    test: bool = False
    """Whether it came in a test request, which Pinterest does not record."""
    duplicate: bool = False
    """Whether an event of the same name and id was accepted before, within the window."""
    error: str = field(default="", repr=False)
    """Why it was refused; "" if it was not."""
    warning: str = field(default="", repr=False)

    @property
    def counts(self) -> bool:
        """Whether Pinterest would count it as a conversion."""
        return not (self.test or self.duplicate or self.error)

    @property
    def fate(self) -> str:
        """What became of it, in one word."""
        return "refused" if self.error else "test" if self.test else "duplicate" if self.duplicate else "accepted"


@frozen
class Exchange:
    """One request and how it was answered, without any content."""

    number: int
    """Counts from 1."""
    at: float
    """When it arrived, in epoch seconds."""
    account: str
    status: int
    """The HTTP status of the answer; 0 where the connection was reset without one."""
    size: int
    """Length of the request's body in bytes."""
    events: int
    """Events in the request, whatever became of them; 0 for a body that cannot be read."""
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    test: int = 0
    fault: str = ""
    """The scripted fault that it met, in words."""
    code: int = 0
    """Pinterest's code of the error, 0 without one."""
    message: str = ""


@frozen
class Totals:
    """Sums over all that came since the start, or since the ledger was cleared."""

    requests: int = 0
    received: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    test: int = 0
    names: Mapping[str, int] = MappingProxyType({})
    """Accepted events by their name."""
    values: Mapping[str, Decimal] = MappingProxyType({})
    """Value of the accepted events by currency; "" for those without one."""


class Ledger:
    """Takes in events and requests, in order of arrival."""

    def __init__(self, window: float, keep: int | None) -> None:
        """Remember accepted events for *window* seconds, and keep the latest *keep* events and requests (None: all)."""
        self._window, self._keep, self._lock = window, keep, Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything; the next request has number 1 again."""
        with self._lock:
            self._received: deque[Received] = deque(maxlen=self._keep)
            self._exchanges: deque[Exchange] = deque(maxlen=self._keep)
            self._firsts: dict[tuple[str, object, object], float] = {}
            self._calls: Counter[tuple[str, int]] = Counter()
            self._counts: Counter[str] = Counter()
            self._names: Counter[str] = Counter()
            self._values: dict[str, Decimal] = {}

    @property
    def received(self) -> tuple[Received, ...]:
        """The events kept, oldest first."""
        with self._lock:
            return tuple(self._received)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The requests kept, oldest first."""
        with self._lock:
            return tuple(self._exchanges)

    @property
    def totals(self) -> Totals:
        """The sums, also over what is not kept any longer."""
        with self._lock:
            counts = {name: self._counts[name] for name in ("requests", "received", "accepted", "duplicates", "refused", "test")}
            return Totals(**counts, names=MappingProxyType(dict(self._names.most_common())), values=MappingProxyType(dict(self._values)))

    def number(self) -> int:
        """The number of a request that begins."""
        with self._lock:
            self._counts["requests"] += 1
            return self._counts["requests"]

    def call(self, account: str, now: float) -> int:
        """Count a call of *account*; give how many there have been within this minute of the clock."""
        minute = int(now // 60)
        with self._lock:
            self._calls = Counter({key: count for key, count in self._calls.items() if key[1] == minute})
            self._calls[account, minute] += 1
            return self._calls[account, minute]

    def take(self, rows: Sequence[tuple[Event, str, Judged]], number: int, now: float, *, test: bool) -> tuple[Received, ...]:
        """Take in the events of a request, each with its account and what was found about it."""
        with self._lock:
            self._forget(now)
            taken = tuple(self._taken(Received(event, account, now, number, test, False, judged.error, judged.warning)) for event, account, judged in rows)
            self._received.extend(taken)
            return taken

    def log(self, exchange: Exchange) -> None:
        """Add a request to the log."""
        with self._lock:
            self._exchanges.append(exchange)

    def _forget(self, now: float) -> None:
        """Drop what lies too far back to make a duplicate; the oldest come first."""
        while self._firsts and now - self._firsts[first := next(iter(self._firsts))] >= self._window:
            del self._firsts[first]

    def _taken(self, row: Received) -> Received:
        """Count *row*, and find out whether it is a duplicate."""
        if not row.error and not row.test and self._is_repeated(row):
            row = evolve(row, duplicate=True)
        self._counts.update(("received", {"duplicate": "duplicates"}.get(row.fate, row.fate)))
        if row.counts:
            self._names[row.event["event_name"]] += 1
            self._add_value(row.event.get("custom_data", {}))
        return row

    def _is_repeated(self, row: Received) -> bool:
        """Offline events, and those with a blank id, cannot be told apart from new ones (Pinterest: deduplication)."""
        event = row.event
        if event["action_source"] == "offline" or not event["event_id"]:
            return False
        key = (row.account, event["event_name"], event["event_id"])
        if key in self._firsts:
            return True
        self._firsts[key] = row.at
        return False

    def _add_value(self, custom_data: Event) -> None:
        try:
            value = Decimal(custom_data.get("value") or 0)
        except DecimalException:
            return
        if value and abs(value.adjusted()) <= _DIGITS:
            currency = custom_data.get("currency") or ""
            self._values[currency] = self._values.get(currency, Decimal()) + value
