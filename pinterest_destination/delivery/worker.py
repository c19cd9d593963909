"""The work on an outbox: take what is due, send it, record what came of each event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .outbox import Outbox
from .result import Outcome
from .rows import Filter, Result, Row, State
from .sender import OFFLINE, Item, Sender, Settled

MENDABLE = ("unauthorized", "forbidden", "not_found", "refused")
"""Reasons for a pause that a person can do away with; the others are Pinterest's wish to be left alone."""
IDLE = 1.0
"""Seconds between two looks into an outbox that other processes may put something into."""
_HOUSEKEEPING = 600.0


class Closing(Exception):
    """Ends a batch before its next request: what has not been sent goes back."""


class Worker:
    """Works on one destination's part of an outbox, for one thread at a time. *clock* gives epoch seconds."""

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        max_bytes: int,
        clock: Callable[[], float],
        on_outcomes: Callable[[Sequence[Outcome]], None],
    ) -> None:
        self._outbox = outbox
        self._sender = sender
        self._key = sender.target.key
        self._max_bytes = max_bytes
        self._clock = clock
        self._on_outcomes = on_outcomes
        self._unrecorded: list[Result] = []
        self._untold: list[Outcome] = []
        self._swept = 0.0
        pause = outbox.paused(self._key)
        if pause and pause.code in MENDABLE:  # whoever starts anew has mended something, or wants to know
            outbox.resume(self._key)
        self._recover()

    def put(self, items: Sequence[Item]) -> None:
        """Store events for this destination. Raises as `Outbox.put` does."""
        self._outbox.put(self._key, items)

    def find(self, item: Item) -> Row | None:
        """Give the row of an event, the latest if it is there more than once; None when the outbox has forgotten it."""
        wanted = Filter(destination=self._key, event_id=item.event_id, event_name=item.event_name)
        return max(self._outbox.rows(wanted), key=lambda row: row.id, default=None)

    def is_done(self) -> bool:
        """Tell whether every event of this destination has an outcome."""
        if self._unrecorded or self._outbox.next_due(self._key) is not None:
            return False
        counts = self._outbox.counts(self._key)
        return counts["waiting"] + counts["sending"] == 0

    def round(self) -> float:
        """Send one batch, if one is due; give the seconds until there may be more to do, 0.0 for at once.

        Raises `OutboxError` when the outbox cannot be used; nothing is lost by that, and the next round goes on.
        """
        self._record([], [])
        now = self._clock()
        self._tell(self._outbox.expire(self._key, now=now))
        if (wait := self._held_back(now)) > 0.0:
            return min(wait, IDLE)
        rows = self._outbox.claim(self._key, limit=self._sender.target.limit, max_bytes=self._max_bytes, now=now)
        if not rows:
            return self._idle()
        self._send(rows)
        return 0.0

    def _held_back(self, now: float) -> float:
        """Give the seconds that the destination must be left alone, by what this or another process knows."""
        pause = self._outbox.paused(self._key)
        if self._sender.paused and pause is None:  # over, or ended by somebody: `outbox resume`
            self._sender.resume()
        return max(self._sender.held(now), pause.until - now if pause else 0.0)

    def _idle(self) -> float:
        """Look after the outbox while there is nothing to send."""
        now = self._clock()
        recovered = self._recover()
        if abs(now - self._swept) > _HOUSEKEEPING:
            self._outbox.sweep()
            self._swept = now
        due = self._outbox.next_due(self._key)
        return 0.0 if recovered else IDLE if due is None else min(max(due - now, 0.0), IDLE)

    def _recover(self) -> bool:
        """Take over what dead workers held; tell whether there was anything."""
        released = self._outbox.recover()
        self._tell([row for row in released if row.destination == self._key])
        return bool(released)

    def _tell(self, ended: Sequence[Row]) -> None:
        """Tell of events that end without being sent."""
        if ended:
            self._on_outcomes([Outcome(row.state, row.event_id, row.event_name, row.code, row.message) for row in ended if row.state in ("unknown", "expired")])

    def _send(self, rows: Sequence[Row]) -> None:
        left = {row.id: row for row in rows}
        try:
            for settled in self._sender.send(rows, rows[0].attempts):
                for each in settled:
                    del left[each.item.id]
                now = self._clock()
                self._record([_result(each, now) for each in settled], [each.outcome for each in settled])
        except Closing:
            self._give_back(left)
        except BaseException:
            self._give_back(left)
            raise
        self._tell_of_wait()

    def _give_back(self, left: Mapping[int, Row]) -> None:
        """Put back what has no outcome; what was on its way when something failed may have arrived."""
        now, posted = self._clock(), {id(item) for item in self._sender.on_the_way}
        results = [_doubtful(row, now) if id(row) in posted else Result(row.id, "waiting", "", "", now, blameless=True) for row in left.values()]
        ended = [row for row in left.values() if row.offline and id(row) in posted]
        self._record(results, [Outcome("unknown", row.event_id, row.event_name, "interrupted", OFFLINE) for row in ended])

    def _record(self, results: Sequence[Result], outcomes: Sequence[Outcome]) -> None:
        """Write results down, then tell of them. What could not be written stays, and is tried again before anything else is sent."""
        self._unrecorded += results
        self._untold += outcomes
        if self._unrecorded:
            self._outbox.finish(self._unrecorded)
            told, self._unrecorded, self._untold = self._untold, [], []
            self._on_outcomes(told)

    def _tell_of_wait(self) -> None:
        """Let every process on the outbox, and the next start, know how long the destination is to be left alone."""
        waiting, now = self._sender.waiting, self._clock()
        if waiting and (self._sender.paused or self._sender.held(now) >= IDLE):
            self._outbox.pause(self._key, self._sender.ready_at, waiting.code, waiting.message)
        elif self._outbox.paused(self._key):
            self._outbox.resume(self._key)


def _result(settled: Settled[Row], now: float) -> Result:
    outcome = settled.outcome
    state: State = "waiting" if outcome.status == "retry" else outcome.status
    return Result(settled.item.id, state, outcome.code, outcome.message, now + settled.due_in, settled.blameless)


def _doubtful(row: Row, now: float) -> Result:
    return Result(row.id, "unknown", "interrupted", OFFLINE) if row.offline else Result(row.id, "waiting", "interrupted", "", now)
