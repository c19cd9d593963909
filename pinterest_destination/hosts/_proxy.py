"""The proxy's half of RudderStack's contract: a batch is delivered, and each job is told what became of its own events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from ..delivery.request import BASES, Packed, Target, batches, pack
from ..delivery.result import Outcome, clean
from ..delivery.sender import Attempt, Post, Sender
from ..settings.model import DeliverySettings
from ..settings.secret import Secret
from ._router import LEFT_OUT, NAME

REFUSED = "refused"
"""The code of events whose request Pinterest has refused as a whole."""
_ACCOUNT = r"/v5/ad_accounts/([0-9]{1,20})/events"
_V3 = "/events/v3"


class Unusable(Exception):
    """A delivery request that nothing may be sent for; the text names the place and what was expected there."""


@frozen
class Order:
    """What a host wants to be delivered, read and found good."""

    target: Target
    token: Secret | None = field(repr=False)
    events: tuple[dict[str, Any], ...] = field(repr=False)
    owners: tuple[range, ...]
    """The positions of each job's events."""


def read(request: Any, jobs: Sequence[Mapping[str, Any]], base_url: str | None) -> Order:
    """Read a delivery request. Raises `Unusable`.

    Only Pinterest's own addresses are good, or those of *base_url*; with that one, everything goes there.
    """
    if not isinstance(request, dict):
        raise Unusable("expected an object")
    if request.get("method", "POST") != "POST":
        raise Unusable("method: expected POST")
    target = _target(request.get("endpoint"), request.get("params"), base_url)
    token = _token(request.get("headers")) if target.api_version == "v5" else None
    events = _events(request.get("body"))
    return Order(target, token, events, _owners(jobs, len(events)))


def _target(endpoint: Any, params: Any, base_url: str | None) -> Target:
    test = params.get("test") in (True, "true") if isinstance(params, dict) else False
    text = endpoint if isinstance(endpoint, str) else ""
    for base in filter(None, (base_url, BASES["v5"])):
        if (found := re.fullmatch(re.escape(base) + _ACCOUNT, text)) is not None:
            return Target("v5", found[1], test, base_url or base)
    for base in filter(None, (base_url, BASES["v3"])):
        if text == base + _V3:
            return Target("v3", "", test, base_url or base)
    raise Unusable(f"endpoint: expected {BASES['v5']}/v5/ad_accounts/<digits>/events or {BASES['v3']}{_V3}")


def _token(headers: Any) -> Secret:
    found = [value for name, value in headers.items() if _is_authorization(name)] if isinstance(headers, dict) else []
    scheme, _, token = found[0].partition(" ") if len(found) == 1 and isinstance(found[0], str) else ("", "", "")
    try:
        if scheme.lower() == "bearer":
            return Secret(token)
    except ValueError:
        pass  # whatever it is, it must not be told
    raise Unusable("headers.Authorization: expected Bearer and a token of printable ASCII characters without spaces")


def _is_authorization(name: Any) -> bool:
    return isinstance(name, str) and name.lower() == "authorization"


def _events(body: Any) -> tuple[dict[str, Any], ...]:
    """Give the events in a request: those in `data`, or the one that it is itself, as the processor makes it."""
    content = body.get("JSON") if isinstance(body, dict) else None
    if not isinstance(content, dict) or not content:
        raise Unusable("body.JSON: expected an object with events in data")
    rows = content.get("data", [content])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Unusable("body.JSON.data: expected a list of events")
    return tuple(rows)


def _owners(jobs: Sequence[Mapping[str, Any]], count: int) -> tuple[range, ...]:
    """Tell which events are whose: by the places that the router noted, else by their number; failing that, all are everybody's."""
    everything = (range(count),) * len(jobs)
    if len(jobs) <= 1:
        return everything
    noted = tuple(place for job in jobs if (place := _noted(job)) is not None)
    if len(noted) == len(jobs) and _share_out(noted, count):
        return noted
    if len(jobs) == count and not any("destInfo" in job for job in jobs):
        return tuple(range(n, n + 1) for n in range(count))
    return everything


def _share_out(places: Sequence[range], count: int) -> bool:
    """Tell whether each event is somebody's, and nobody's but his: a failure that belongs to no job would be lost."""
    ordered = sorted(places, key=lambda place: place.start)
    starts, ends = [place.start for place in ordered], [place.stop for place in ordered]
    return all(places) and starts == [0, *ends[:-1]] and ends[-1] == count


def _noted(job: Mapping[str, Any]) -> range | None:
    info = job.get("destInfo")
    match info.get(NAME) if isinstance(info, dict) else None:
        case [first, length] if type(first) is int and type(length) is int:
            return range(first, first + length)
    return None


def left_out(job: Mapping[str, Any]) -> str:
    """Give what the router noted of events of a job that are in no batch; "" where there are none."""
    info = job.get("destInfo")
    told = info.get(LEFT_OUT) if isinstance(info, dict) else None
    return clean(told) if isinstance(told, str) else ""


@frozen
class Sent:
    """One event, and what became of it."""

    outcome: Outcome
    offline: bool = False


def send(order: Order, post: Post, *, halve: bool, clock: Callable[[], float]) -> tuple[tuple[Sent, ...], tuple[Attempt, ...]]:
    """Deliver the events of *order*: what became of each, and what was asked of Pinterest.

    The waits between attempts are the host's own. With *halve*, a request that Pinterest refuses is halved until what it
    refuses stands alone; without, its events come back as "retry" with the code "refused".
    """
    attempts: list[Attempt] = []
    sender = Sender(order.target, order.token, post, clock, _no_jitter, _no_limit, on_attempt=attempts.append, halve=halve)
    found = [_packed(event) for event in order.events]
    told: dict[int, Outcome] = {}
    for batch in batches([item for item in found if isinstance(item, Packed)], order.target.limit, MAX_BYTES):
        told |= _batch(sender, batch, attempts)
    sent = (Sent(told[id(item)], item.offline) if isinstance(item, Packed) else Sent(item) for item in found)
    return tuple(sent), tuple(attempts)


def _batch(sender: Sender, batch: Sequence[Packed], attempts: Sequence[Attempt]) -> dict[int, Outcome]:
    """Send one batch, unless the one before it has shown that it has to wait."""
    if attempts and attempts[-1].code not in ("", REFUSED):
        return {id(item): Outcome("retry", item.event_id, item.event_name, attempts[-1].code, WAITING) for item in batch}
    return {id(each.item): each.outcome for settled in sender.send(batch) for each in settled}


WAITING = "not sent: the batch before it could not be delivered"
MAX_BYTES = DeliverySettings().max_batch_bytes
"""Of one request; a batch that is larger goes in several."""


def _no_jitter() -> float:
    return 0.0


def _no_limit() -> None:
    """The host keeps to its own limits."""


def _packed(event: Mapping[str, Any]) -> Packed | Outcome:
    try:
        return pack(event)
    except ValueError as error:
        return Outcome("rejected", "", "", "invalid", str(error))
