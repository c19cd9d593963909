"""The values that go into an outbox and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, get_args

from attrs import field, frozen

State = Literal["waiting", "sending", "delivered", "delivered_with_warning", "rejected", "unknown", "expired"]
STATES: tuple[State, ...] = get_args(State)
DELIVERED: tuple[State, ...] = ("delivered", "delivered_with_warning")
DEAD: tuple[State, ...] = ("rejected", "unknown", "expired")
"""What waits for a person: these rows keep their event, and can be tried again."""


class Item(Protocol):
    """One event ready to be kept: `request.Packed` is one."""

    @property
    def event_id(self) -> str: ...
    @property
    def event_name(self) -> str: ...
    @property
    def offline(self) -> bool:
        """Whether Pinterest cannot recognise a repeat of it (`action_source` "offline")."""
    @property
    def text(self) -> str:
        """The event as ASCII JSON."""


@frozen
class Row:
    """One event in the outbox. All times are epoch seconds."""

    id: int
    destination: str
    event_id: str
    event_name: str
    offline: bool
    text: str = field(repr=False)
    """The event as JSON; "" once it is delivered."""
    state: State
    attempts: int
    """How often it was claimed."""
    first_put: float
    expires: float
    """When its horizon is over: it is not sent again after that."""
    due: float
    """When it may go (again)."""
    finished: float | None
    code: str
    message: str


@frozen
class Result:
    """What became of one claimed row; state "waiting" with a `due` time is an event that goes again."""

    id: int
    state: State
    code: str = ""
    message: str = ""
    due: float = 0.0
    blameless: bool = False
    """The destination as a whole was out of reach, or busy: that says nothing against this event, and does not make its batch smaller."""


@frozen
class Pause:
    """A destination gets nothing until the time `until` (epoch seconds)."""

    until: float
    code: str
    message: str


@frozen
class Bookmark:
    """How many records of the input *source* have been accepted; `fingerprint` tells that it is still the same input."""

    source: str
    fingerprint: str
    records: int


@frozen
class DestinationStatus:
    """How things stand with one destination."""

    name: str
    counts: Mapping[State, int]
    paused: Pause | None
    oldest_waiting: float | None
    """When the event that waits longest was first put."""


@frozen
class Filter:
    """Rows that all given conditions hold for; empty ones hold for every row."""

    ids: tuple[int, ...] = ()
    states: tuple[State, ...] = ()
    destination: str = ""
    event_name: str = ""
    event_id: str = ""
    code: str = ""
    before: float | None = None
    """First put earlier than this."""
    offline: bool | None = None
