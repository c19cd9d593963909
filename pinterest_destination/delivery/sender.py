"""One destination's way to Pinterest: a batch of events in, an outcome for each out. What is refused is split until it stands alone."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, Protocol, TypeVar

from attrs import define, field, frozen

from ..settings.secret import Secret
from .request import Target, body
from .result import Answer, Outcome, Reply, Status, Verdict
from .retry import DEFAULT, Decision, Pause, Policy, Split, Stop, Wait, decide, pause_seconds

IN_A_ROW = 5
"""So many single events refused one after the other with one message, and none delivered beside them: then it may be the settings."""
PROBES = 5
"""So many more are tried from all over the batch before that is believed; others each time, so that a good one is found in the end."""
_GOLDEN = 0.618034
"""Of a batch, between two probes: they never fall on the same places again."""
_MESSAGES = 100
"""Messages that are remembered to be about events, and not about the settings."""

OFFLINE = "an answer was possible, and Pinterest cannot recognise a repeat of an offline event"


class Item(Protocol):
    """What is sent: `request.Packed`, or a row of the outbox."""

    @property
    def event_id(self) -> str: ...
    @property
    def event_name(self) -> str: ...
    @property
    def offline(self) -> bool: ...
    @property
    def text(self) -> str: ...


T = TypeVar("T", bound=Item)


class Post(Protocol):
    """How requests go out: `Client.post`."""

    def __call__(self, url: str, body: bytes, token: Secret | None) -> Reply: ...


@frozen
class Attempt:
    """One request, told to whoever counts them."""

    destination: str
    """The outbox's name of the destination."""
    events: int
    bytes: int
    status: int | None
    """Of the HTTP answer; None without one."""
    code: str
    """"" when every event had its verdict, else the reason why not, as in `Outcome.code`."""
    seconds: float
    """From the request to its answer."""
    wait: float | None
    """Seconds until the destination is tried again, where it has to wait."""


@frozen
class Settled(Generic[T]):
    """One event, and what became of it."""

    item: T
    outcome: Outcome
    blameless: bool = False
    """Whether what kept it back says nothing against this event, or those beside it."""
    due_in: float = 0.0
    """Seconds until the event itself may go again; it may have to wait longer for its destination."""


@define(eq=False)
class Sender:
    """Sends batches of one destination, one at a time. *clock* gives epoch seconds, *jitter* a number from 0 up to 1.

    *throttle* returns once another call may be made. Without *halve*, events whose request is refused come back as "retry",
    for whoever puts them together otherwise.
    """

    target: Target
    token: Secret | None
    post: Post
    clock: Callable[[], float]
    jitter: Callable[[], float]
    throttle: Callable[[], None]
    policy: Policy = DEFAULT
    on_attempt: Callable[[Attempt], None] = lambda attempt: None
    halve: bool = True
    ready_at: float = field(default=0.0, init=False)
    """When the destination may be tried again (epoch seconds): after failures, it is left alone for a while."""
    paused: Pause | None = field(default=None, init=False)
    """Why nothing can be delivered, if Pinterest has said so last."""
    _noted: float = field(default=0.0, init=False)
    waiting: Wait | Pause | None = field(default=None, init=False)
    """What keeps the destination back until `ready_at`."""
    on_the_way: tuple[Item, ...] = field(default=(), init=False)
    """What has been posted, and has no answer yet: should anything fail meanwhile, it may have arrived."""
    _failures: int = field(default=0, init=False)
    _pauses: int = field(default=0, init=False)
    _probes: int = field(default=0, init=False)
    _refused: int = field(default=0, init=False)
    _message: str = field(default="", init=False)
    _suspected: str = field(default="", init=False)
    _of_events: dict[str, None] = field(factory=dict, init=False)

    def held(self, now: float) -> float:
        """Give the seconds that the destination is still to be left alone; a clock that was set back ends the wait."""
        return self.ready_at - now if self._noted <= now < self.ready_at else 0.0

    def resume(self) -> None:
        """Forget what kept the destination back: somebody says that it is mended."""
        self.paused, self.waiting, self.ready_at = None, None, 0.0

    def send(self, items: Sequence[T], attempt: int = 1) -> Iterator[list[Settled[T]]]:
        """Send *items*, at most as many as the target takes in one request; yield outcomes as soon as they are known, each item once.

        *attempt* says how often these events have been sent, this time included.
        """
        work = _Work(deque([tuple(items)]))
        while work.parts:
            part = self._probe(work) if self._is_suspicious(work) else work.parts.popleft()
            decision = self._request(part, attempt)
            if isinstance(decision, Stop):
                yield [*work.released(), *self._delivered(work, part, decision.verdicts)]
            elif isinstance(decision, Split):
                yield from self._split(work, part, decision)
            else:
                yield self._kept(work, part, decision)
        yield work.released()

    def _is_suspicious(self, work: _Work[T]) -> bool:
        return self._refused >= IN_A_ROW - 1 and not work.healthy

    def _probe(self, work: _Work[T]) -> tuple[T, ...]:
        self._probes += 1
        return work.single(self._probes * _GOLDEN)

    def _request(self, part: tuple[T, ...], attempt: int) -> Decision:
        self.throttle()
        data = body(item.text for item in part)
        started = self.clock()
        self.on_the_way = part
        reply = self.post(self.target.url, data, self.token)
        self.on_the_way = ()
        now = self.clock()
        jitter = self.jitter()
        decision = decide(reply, len(part), attempt, now, jitter, self.policy)
        wait = self._note(decision, decide(reply, len(part), self._failures + 1, now, jitter, self.policy), now)
        status = reply.status if isinstance(reply, Answer) else None
        code = "" if isinstance(decision, Stop) else decision.code
        self.on_attempt(Attempt(self.target.key, len(part), len(data), status, code, max(0.0, now - started), wait))
        return decision

    def _note(self, decision: Decision, of_destination: Decision, now: float) -> float | None:
        """Remember how the destination is: *of_destination* is the decision by how often it failed in a row."""
        if isinstance(decision, Stop | Split):
            self._failures = 0
            return None
        self._failures += 1
        if isinstance(of_destination, Pause):
            return self._pause(of_destination.code, of_destination.message, now).seconds
        wait = of_destination.seconds if isinstance(of_destination, Wait) else 0.0
        self._noted, self.ready_at = now, now + wait
        self.waiting, self.paused = of_destination if isinstance(of_destination, Wait) else None, None
        return wait

    def _pause(self, code: str, message: str, now: float) -> Pause:
        """Leave the destination alone, longer each time until something is delivered."""
        self._pauses += 1
        self.paused = self.waiting = Pause(pause_seconds(self._pauses, self.policy), code, message)
        self._noted, self.ready_at = now, now + self.paused.seconds
        return self.paused

    def _delivered(self, work: _Work[T], part: tuple[T, ...], verdicts: Sequence[Verdict]) -> list[Settled[T]]:
        if self._suspected and len(self._of_events) < _MESSAGES:  # one event is taken and another was not: it is about the events
            self._of_events[self._suspected] = None
        self._refused, self._pauses, self._suspected = 0, 0, ""
        self.resume()
        work.healthy = True
        return [_settled(item, verdict.status, _CODES[verdict.status], verdict.message) for item, verdict in zip(part, verdicts, strict=True)]

    def _split(self, work: _Work[T], part: tuple[T, ...], decision: Split) -> Iterator[list[Settled[T]]]:
        if len(part) > 1:
            doubtful = [item for item in part if item.offline and not decision.certain]
            yield [_settled(item, "unknown", decision.code, OFFLINE) for item in doubtful]
            kept = [item for item in part if not item.offline or decision.certain]
            if self.halve:
                work.halve(kept)
            else:
                yield [_settled(item, "retry", decision.code, decision.message, 0.0) for item in kept]
            return
        if decision.message != self._message:
            yield work.released()
            self._refused, self._message = 0, decision.message
        work.refused.append(_settled(part[0], "rejected", decision.code, decision.message))
        if decision.message in self._of_events:
            return
        self._refused += 1
        if self._refused >= IN_A_ROW and not work.healthy and (not work.parts or self._refused >= IN_A_ROW + PROBES):
            yield self._give_up(work, decision)

    def _give_up(self, work: _Work[T], decision: Split) -> list[Settled[T]]:
        """Pause the destination: what Pinterest refuses seems not to be in the events, so all of them stay.

        Others go first after the pause. As long as nothing is delivered, the suspicion stays as well.
        """
        pause = self._pause(decision.code, decision.message, self.clock())
        self._refused, self._suspected = IN_A_ROW - 1, decision.message
        return [_settled(item, "retry", pause.code, pause.message, pause.seconds, blameless=True, due_in=pause.seconds) for item in work.rest()]

    def _kept(self, work: _Work[T], part: tuple[T, ...], decision: Wait | Pause) -> list[Settled[T]]:
        """Keep everything for later, but offline events that may have arrived."""
        certain = isinstance(decision, Pause) or decision.certain
        doubtful = [_settled(item, "unknown", decision.code, OFFLINE) for item in part if item.offline and not certain]
        kept = [item for item in part if not item.offline or certain]
        due_in = 0.0 if certain else decision.seconds
        later = [_settled(item, "retry", decision.code, decision.message, decision.seconds, blameless=certain, due_in=due_in) for item in kept]
        return [*doubtful, *later, *(_settled(item, "retry", decision.code, decision.message, decision.seconds, blameless=True) for item in work.rest())]


_CODES = {"delivered": "", "delivered_with_warning": "warning", "rejected": "failed"}


def _settled(
    item: T, status: Status, code: str, message: str, wait: float | None = None, *, blameless: bool = False, due_in: float = 0.0
) -> Settled[T]:
    return Settled(item, Outcome(status, item.event_id, item.event_name, code, message, wait), blameless, due_in)


@define
class _Work(Generic[T]):
    """What is left of one batch."""

    parts: deque[tuple[T, ...]]
    refused: list[Settled[T]] = field(factory=list)
    """Single events that were refused, held back until it is clear that it is not the settings."""
    healthy: bool = False
    """Whether anything of the batch was delivered."""

    def single(self, place: float) -> tuple[T, ...]:
        """Take one event out of all that is left; *place* says where, its whole part left out."""
        ends = list(accumulate(map(len, self.parts)))
        position = int(place % 1 * ends[-1])
        n = bisect_right(ends, position)
        part, within = self.parts[n], position - ends[n]  # counted from its end
        del self.parts[n]
        for rest in (part[len(part) + within + 1 :], part[:within]):
            if rest:
                self.parts.insert(n, rest)
        return (part[within],)

    def halve(self, items: Sequence[T]) -> None:
        """Put the halves of a part in front."""
        middle = (len(items) + 1) // 2
        self.parts.extendleft(half for half in (tuple(items[middle:]), tuple(items[:middle])) if half)

    def released(self) -> list[Settled[T]]:
        """Give what was held back, refused for good."""
        refused, self.refused = self.refused, []
        return refused

    def rest(self) -> list[T]:
        """Take everything that has no outcome yet."""
        items = [held.item for held in self.released()] + [item for part in self.parts for item in part]
        self.parts.clear()
        return items
