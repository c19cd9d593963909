"""`Delivery`, the class users hold: it hands Conversions API events over to Pinterest, at once or in the background."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from attrs import evolve

from ..destination import Destination
from ..errors import DeliveryError
from ..settings.model import Settings
from .bucket import Bucket
from .client import Client
from .outbox import Outbox
from .request import Packed, batches, pack, target
from .result import Outcome, clean
from .retry import DEFAULT, Pause, Policy
from .rows import Bookmark, Row
from .sender import Attempt, Sender
from .worker import Closing, Worker

Receipt = Literal["stored", "duplicate", "invalid"]
"""stored: it is on the disk. duplicate: the same id and name was accepted before. invalid: it is no event that can be sent."""

LOG = logging.getLogger(__name__)


class Delivery:
    """Delivers the Conversions API events of one destination. Safe to share between threads; a context manager.

    With an *outbox* (an `Outbox`, or the path of its file) events are on the disk before `put` and `send` go on, and
    survive a crash; without one, whoever calls `send` keeps what comes back as "retry". *on_outcomes* is told of outcomes,
    *on_attempt* of each request, by the thread that sends, which they must not ask to send more; what a hook raises is
    logged and has no other effect. *clock*
    gives epoch seconds, *jitter* a number from 0 up to 1, *policy* the waits after failures.

    Raises `SettingsError` for each setting that delivery lacks, `OutboxError` for an outbox that cannot be used.
    """

    def __init__(
        self,
        destination: Destination,
        outbox: Outbox | str | Path | None = None,
        *,
        on_outcomes: Callable[[Sequence[Outcome]], None] | None = None,
        on_attempt: Callable[[Attempt], None] | None = None,
        policy: Policy = DEFAULT,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        settings = destination.settings
        options = settings.delivery
        self.target = target(settings)
        self._clock = clock
        self._max_bytes = options.max_batch_bytes
        self._calls_per_minute = options.calls_per_minute
        self._bucket = Bucket(options.calls_per_minute, time.monotonic)
        self._on_outcomes = _guarded(on_outcomes)
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._turn = threading.Lock()
        self._at_work: int | None = None
        self._thread: threading.Thread | None = None
        self._client = Client(options.connect_timeout, options.read_timeout, options.environment_proxies)
        token = settings.conversion_token if self.target.api_version == "v5" else None
        self._sender = Sender(self.target, token, self._client.post, clock, jitter, self._throttle, policy, _guarded(on_attempt))
        self._owns_outbox = isinstance(outbox, str | Path)
        self.outbox = open_outbox(outbox, settings, clock) if isinstance(outbox, str | Path) else outbox
        self._worker = Worker(self.outbox, self._sender, self._max_bytes, clock, self._on_outcomes) if self.outbox else None
        self._closed = False

    # -- into the outbox

    def put(self, events: Iterable[Mapping[str, Any]], *, bookmark: Bookmark | None = None) -> list[Receipt]:
        """Store *events* in the outbox, and return once they are on the disk: a receipt for each, in order.

        *bookmark* is stored with them: how much of an input has been accepted. Raises `OutboxFull`, with nothing stored,
        when the outbox has reached its limit, `OutboxError` when there is none or it cannot be used.
        """
        if self.outbox is None:
            raise DeliveryError("this delivery has no outbox to put events into; name one, or use `send`")
        packed = [_packed(event) for event in events]
        items = [each for each in packed if isinstance(each, Packed)]
        stored = iter(self.outbox.put(self.target.key, items, bookmark=bookmark))
        self._wake.set()
        return [("stored" if next(stored) else "duplicate") if isinstance(each, Packed) else "invalid" for each in packed]

    # -- at once

    def send(self, events: Iterable[Mapping[str, Any]], *, patience: float = 0.0) -> list[Outcome]:
        """Deliver *events* now: an outcome for each, in order. What fails is tried again for *patience* seconds.

        An outcome "retry" is not the last word: with an outbox the event waits there and goes again by itself; without
        one, pass it to `send` again after its `wait`, with the same `event_id`. Raises as `put` does.
        """
        packed = [_packed(event) for event in events]
        items = [each for each in packed if isinstance(each, Packed)]
        deadline = time.monotonic() + patience
        outcomes = iter(self._straight(items, deadline) if self._worker is None else self._through(self._worker, items, deadline))
        return [next(outcomes) if isinstance(each, Packed) else each for each in packed]

    def _straight(self, items: Sequence[Packed], deadline: float) -> list[Outcome]:
        """Send without an outbox."""
        held = self._held()
        outcomes = {id(item): _of(item, held) for item in items}
        left, attempt = list(items), 0
        while left and self._may_go(self._sender.held(self._clock()), deadline, first=attempt == 0):
            attempt += 1
            with self._my_turn():
                for batch in batches(left, self.target.limit, self._max_bytes):
                    outcomes |= self._batch(batch, attempt)
            left = [item for item in left if outcomes[id(item)].status == "retry"]
        told = list(outcomes.values())
        self._on_outcomes(told)
        return told

    def _batch(self, batch: Sequence[Packed], attempt: int) -> dict[int, Outcome]:
        """Send one batch, unless those before it have shown that it has to wait."""
        held = self._held()
        outcomes = {id(item): _of(item, held) for item in batch}
        if self._sender.held(self._clock()):
            return outcomes
        try:
            for settled in self._sender.send(batch, attempt):
                outcomes |= {id(each.item): each.outcome for each in settled}
        except Closing:
            LOG.info("closed while events were being sent; what was not sent comes back as retry")
        return outcomes

    def _held(self) -> Outcome:
        """Say why events wait with their destination, by what this process and others on the outbox know; it names no event yet."""
        now = self._clock()
        known = self.outbox.paused(self.target.key) if self.outbox else None
        pause, wait = known or self._sender.waiting, max(self._sender.held(now), known.until - now if known else 0.0)
        code, message = (pause.code, pause.message) if pause and wait else ("waiting", "")
        return Outcome("retry", "", "", code, message, wait)

    def _through(self, worker: Worker, items: Sequence[Packed], deadline: float) -> list[Outcome]:
        """Send through the outbox: whatever happens from here on, these events are on the disk.

        Older ones go first; without patience, no more requests are begun than these events need.
        """
        worker.put(items)
        least = sum(1 for _ in batches(items, self.target.limit, self._max_bytes))
        rounds, outcomes, left = 0, dict[int, Outcome](), list(items)
        while left:
            with self._my_turn():
                wait = worker.round()
            rounds += 1
            if wait or rounds % least == 0:
                held = self._held()
                outcomes |= {id(item): self._found(item, worker.find(item), held) for item in left}
                left = [item for item in left if outcomes[id(item)].status == "retry"]
                if not self._may_go(wait, deadline):
                    break
        return [outcomes[id(item)] for item in items]

    def _found(self, item: Packed, row: Row | None, held: Outcome) -> Outcome:
        """Say what the outbox knows of an event; one that it has forgotten was delivered long ago, or purged by a person."""
        if row is None:
            return _of(item, held)
        if row.state == "waiting" or row.state == "sending":
            wait = max(held.wait or 0.0, row.due - self._clock())
            return evolve(_of(item, held), code=row.code or held.code, message=row.message or held.message, wait=wait)
        return Outcome(row.state, item.event_id, item.event_name, row.code, row.message)

    def _may_go(self, wait: float, deadline: float, *, first: bool = False) -> bool:
        """Wait so many seconds; False where that would be too long, or the delivery is being closed."""
        left = deadline - time.monotonic()
        if wait <= 0.0:
            return (first or left > 0.0) and not self._stopping.is_set()
        return wait <= left and not self._stopping.wait(wait)

    @contextlib.contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Let one thread at a time send. Raises `DeliveryError` in a hook, which is called by the thread whose turn it is."""
        if self._at_work == threading.get_ident():
            raise DeliveryError("a hook cannot send, flush or close: it is called while events are being sent; do that in another thread")
        with self._turn:
            self._at_work = threading.get_ident()
            try:
                yield
            finally:
                self._at_work = None

    # -- in the background

    def start(self) -> Self:
        """Deliver in the background, in a thread of its own, what is in the outbox and comes into it. Raises `DeliveryError` without one."""
        if self._worker is None:
            raise DeliveryError("this delivery has no outbox to work on in the background; name one, or use `send`")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, args=(self._worker,), name="pinterest-delivery", daemon=True)
            self._thread.start()
        return self

    def _work(self, worker: Worker) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                wait = self._one_round(worker)
            except DeliveryError as error:  # a full disk, a locked file: it may pass, and the events are safe
                LOG.warning("the outbox cannot be used at the moment: %s", error)
                wait = TROUBLE
            if wait > 0.0:
                self._wake.wait(wait)

    def flush(self, timeout: float) -> bool:
        """Wait until every event of this destination has an outcome, for at most *timeout* seconds; tell whether that is so.

        Without `start`, it does the work itself. Raises as `put` does.
        """
        if self._worker is None:
            return True
        deadline = time.monotonic() + timeout
        while not self._worker.is_done():
            wait = self._one_round(self._worker) if self._thread is None else FLUSH_LOOK
            if time.monotonic() + wait > deadline or self._stopping.wait(wait):
                return self._worker.is_done()
        return True

    def _one_round(self, worker: Worker) -> float:
        with self._my_turn():
            return worker.round()

    def is_done(self) -> bool:
        """Tell whether every event of this destination has an outcome."""
        return self._worker is None or self._worker.is_done()

    def left(self) -> int:
        """Give how many events of this destination have no outcome yet."""
        counts = self.outbox.counts(self.target.key) if self.outbox else {}
        return sum(counts.get(state, 0) for state in ("waiting", "sending"))

    @property
    def pause(self) -> Pause | None:
        """Why nothing can be delivered to this destination until somebody mends it; None when that is not so."""
        return self._sender.paused

    def close(self, timeout: float = 10.0) -> bool:
        """Deliver what can be delivered within *timeout* seconds, then stop; tell whether nothing is left waiting.

        What is left stays in the outbox and goes when delivery starts again. A request under way is waited for.
        """
        if self._closed:
            return True
        try:
            return self.flush(timeout) if self._thread is not None else True
        finally:
            self._end()

    def _end(self) -> None:
        """Stop the thread, whatever state the outbox is in, and let go of everything."""
        self._closed = True
        self._stopping.set()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._client.close()
        if self._owns_outbox and self.outbox is not None:
            self.outbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _throttle(self) -> None:
        """Wait until another call may be made. Raises `Closing` when the delivery is being closed."""
        while wait := self._next_call():
            if self._stopping.wait(wait):
                raise Closing
        if self._stopping.is_set():
            raise Closing

    def _next_call(self) -> float:
        if self.outbox is None:
            return self._bucket.take()
        return self.outbox.take_call(self.target.key, self._calls_per_minute, self._clock())


TROUBLE = 5.0
"""Seconds until an outbox that could not be used is tried again."""
FLUSH_LOOK = 0.05
"""Seconds between two looks at what the thread in the background has left."""


def open_outbox(path: str | Path, settings: Settings, clock: Callable[[], float] = time.time) -> Outbox:
    """Open the outbox at *path*, made if it is not there, with the limits that *settings* name. Raises `OutboxError`."""
    options = settings.delivery
    return Outbox(path, clock=clock, horizon=options.horizon, keep_delivered=options.keep_delivered, max_bytes=options.max_outbox_bytes)


def _packed(event: Mapping[str, Any]) -> Packed | Outcome:
    """Pack an event; one that cannot be sent is refused here, and costs only itself."""
    if not isinstance(event, Mapping):
        return Outcome("rejected", "", "", "invalid", "an event is an object")
    try:
        return pack(event)
    except ValueError as error:
        event_id, event_name = (value if isinstance(value := event.get(key), str) else "" for key in ("event_id", "event_name"))
        return Outcome("rejected", clean(event_id), clean(event_name), "invalid", str(error))


def _of(item: Packed, outcome: Outcome) -> Outcome:
    """Give *outcome* as that of *item*."""
    return evolve(outcome, event_id=item.event_id, event_name=item.event_name)


def _guarded(hook: Callable[[Any], None] | None) -> Callable[[Any], None]:
    """Make a hook that cannot stop delivery."""

    def guarded(told: Any) -> None:
        try:
            if hook:
                hook(told)
        except Exception as error:
            LOG.warning("a hook of delivery failed: %s", type(error).__name__)

    return guarded
