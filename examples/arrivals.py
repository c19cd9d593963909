"""The demo's second half: its conversions go to a sandbox that stands in for Pinterest, through trouble, and what arrived is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import frozen

from pinterest_destination import Conversion, Delivery, Destination, Outcome, Settings
from pinterest_destination.delivery.retry import Policy
from pinterest_destination.testing import Fault, Received, Sandbox

TROUBLE = (Fault(), Fault(status=503), Fault(reset="answer"))
"""What the requests meet: nothing; an outage; and an answer that is lost after the events were taken in."""
QUICK = Policy(base=0.05)
"""A demo need not wait as long as Pinterest would like."""

MOST = 5
"""Rows of the table."""

Key = tuple[str, str]
"""Name and id of an event, by which Pinterest recognises a repeat."""


@frozen
class Arrivals:
    """What came of the delivery."""

    stored: int
    """Events that went into the outbox."""
    again: int
    """Events that were in it already: the stream had them twice."""
    left: int
    """Events without an outcome."""
    outcomes: Sequence[Outcome]
    received: Sequence[Received]
    requests: int
    retries: int
    """Outcomes that were not the last word."""

    @property
    def arrived(self) -> Counter[Key]:
        """How often each event was received, refused ones left out."""
        return Counter((folded(each.event["event_name"]), each.event["event_id"]) for each in self.received if not each.error)


def deliver(settings: Settings, conversions: Sequence[Conversion], outbox: Path, clock: Callable[[], float]) -> Arrivals:
    """Deliver all API events of *conversions* to a sandbox, through an outbox of their own, and give what arrived."""
    outbox.unlink(missing_ok=True)
    told: list[Outcome] = []
    with Sandbox(clock=clock) as sandbox:
        sandbox.script(*TROUBLE)
        document = {"ad_account_id": settings.ad_account_id, "conversion_token": "sandbox-token", "delivery": {"base_url": sandbox.url, "max_batch_bytes": 60_000}}
        with Delivery(Destination(document), outbox, on_outcomes=told.extend, policy=QUICK, clock=clock) as delivery:
            receipts = delivery.put(event for conversion in conversions for event in conversion.capi)
            delivery.flush(60)
            left = delivery.left()
        last = {(outcome.event_name, outcome.event_id): outcome for outcome in told}
        stored, again = receipts.count("stored"), receipts.count("duplicate")
        return Arrivals(stored, again, left, list(last.values()), sandbox.received, len(sandbox.requests), sum(outcome.status == "retry" for outcome in told))


def folded(name: str) -> str:
    """The name of an event, the same for the tag and for the API."""
    return name.lower().replace("_", "")


def tag_events(conversions: Sequence[Conversion]) -> set[Key]:
    """The events that the visitor's browser sends by itself."""
    return {(folded(call[1]), call[2]["event_id"]) for conversion in conversions for call in conversion.pintrk if call[0] == "track"}


def story(arrivals: Arrivals) -> Iterator[str]:
    """What happened on the way, line by line."""
    statuses = Counter(outcome.status for outcome in arrivals.outcomes)
    repeats = sum(number - 1 for number in arrivals.arrived.values())
    yield f"{arrivals.stored} events into the outbox, {arrivals.again} were there already, by event_id and name"
    yield f"{arrivals.requests} requests: the second met an outage (503), the answer to the third was lost on its way"
    yield f"{arrivals.retries} times an event had to go again, with the same event_id; {repeats} of these had arrived already, and are counted once"
    yield f"{statuses['delivered']} delivered, {statuses['delivered_with_warning']} with a warning, {statuses['rejected']} rejected, {statuses['unknown']} unknown (offline, answer lost), {arrivals.left} left"
    reasons = Counter(outcome.message.partition(" (")[0] for outcome in arrivals.outcomes if outcome.status == "rejected")
    for reason, number in reasons.most_common(3):
        yield f"{number} rejected with the words: {reason}"


def rows(arrivals: Arrivals, conversions: Sequence[Conversion]) -> Iterator[tuple[str, int, int, int, int]]:
    """For the most frequent Pinterest events, and for all: how many came by the API, by the tag, by both, and what Pinterest counts."""
    api, tag = set(arrivals.arrived), tag_events(conversions)
    names = {folded(each.event["event_name"]): each.event["event_name"] for each in arrivals.received}
    for name, _ in Counter(key[0] for key in api | tag).most_common(MOST):
        yield names.get(name, name), *_numbers({key for key in api if key[0] == name}, {key for key in tag if key[0] == name})
    yield "all events", *_numbers(api, tag)


def _numbers(api: set[Key], tag: set[Key]) -> tuple[int, int, int, int]:
    return len(api), len(tag), len(api & tag), len(api | tag)
