"""Values that are made to break things: nothing raises, nothing hangs, nothing of them gets out in another form."""

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from pinterest_destination import Destination

from .strategies import NOW, PATHS, SETTINGS, plant, realistic

pytestmark = pytest.mark.property
SECONDS = 600
"""What no event may take, on the slowest machine; most of these take a small part of one second."""


def nested(levels: int) -> Any:
    """Give lists within objects, *levels* deep."""
    inner: Any = "x"
    for level in range(levels):
        inner = [inner] if level % 2 else {"email": inner}
    return inner


HOSTILE = {
    "900 levels": nested(900),
    "5,000 digits": 10**5000,
    "5,000 digits as text": "9" * 5000,
    "10 MB of text": "x" * 10_000_000,
    "10 MB of spaces": " " * 10_000_000,
    "10 MB of addresses": "a@b.example " * 830_000,
    "10,000 characters of at signs": "@" * 10_000,
    "not a number": math.nan,
    "infinity": -math.inf,
    "lone surrogate": "x\ud800y",
    "10,000 items": [None, 7] * 5_000,
    "10,000 objects": [{"product_id": "p-1", "price": 1}, {}] * 5_000,
}
MILLION = {
    "items": [None, 7] * 500_000,
    "objects": [{"product_id": "p-1", "price": 1}] * 1_000_000,
    "nothings": [{}] * 1_000_000,
}
DESTINATIONS = {name: Destination(document, clock=lambda: NOW) for name, document in SETTINGS.items()}
NAMES = ("messageId", "event", "name", "type", "category", "properties", "context", "traits", "properties.products", "properties.loyalty tier", "properties.note", "properties.a.b", "properties.order")


def check(destination, event):
    """Transform *event* in time; its payloads are JSON, its problems are few and short."""
    start = time.monotonic()
    conversion = destination.transform(event)

    json.dumps([conversion.pintrk, conversion.capi], allow_nan=False, ensure_ascii=False).encode()
    assert "internal_error" not in {problem.code for problem in conversion.problems}
    assert len(conversion.problems) < 200
    assert max((len(problem.message) for problem in conversion.problems), default=0) < 300
    assert time.monotonic() - start < SECONDS
    return conversion


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", ["default", "hashed"])
def test_a_hostile_value_everywhere(name, kind):
    """The same hostile value at every place that any spec knows costs time, but no exception."""
    event = {"type": "track", "event": "Order Completed"}
    for path, _ in PATHS:
        if path not in ("type", "event"):
            plant(event, path, HOSTILE[kind])

    check(DESTINATIONS[name], event)


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("path", NAMES)
def test_a_hostile_value_in_a_leading_part(path, kind):
    """A hostile value as name, as call type, or in place of a whole part costs no exception either."""
    event = {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z"}
    plant(event, path, HOSTILE[kind])

    conversion = check(DESTINATIONS["segment"], event)

    assert DESTINATIONS["segment"].explain(event).problems == conversion.problems


@pytest.mark.parametrize("kind", MILLION)
@pytest.mark.parametrize("path", ["traits.email", "userId", "properties.products", "properties.value", "context.cookie"])
def test_a_list_of_a_million(path, kind):
    """A list of a million is read in seconds, and told in a few problems."""
    event = {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z"}
    plant(event, path, MILLION[kind])

    check(DESTINATIONS["default"], event)


@effort(max_examples=50)
@given(st.sampled_from(sorted(SETTINGS)), realistic(), st.sampled_from(PATHS), st.sampled_from(sorted(HOSTILE)))
def test_one_hostile_value_in_a_realistic_event(name, event, path, kind):
    """A hostile value at any one place leaves the rest of the event to be handled as ever."""
    plant(event, path[0], HOSTILE[kind])

    check(DESTINATIONS[name], event)


def test_a_mapping_that_is_no_dict():
    """An event may be any mapping; what JSON cannot write in it is an outcome, not an exception."""
    from types import MappingProxyType

    plain = {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z", "properties": {"value": 35}}
    destination = DESTINATIONS["default"]

    assert destination.transform(MappingProxyType(plain)) == destination.transform(plain)
    assert destination.transform(MappingProxyType({**plain, "properties": MappingProxyType({"value": 35})})) == destination.transform(plain)
    for hostile in (10**5000, math.nan, "\ud800", nested(900), {("a", "b"): 1}):
        problems = destination.transform(MappingProxyType({**plain, "extra": hostile})).problems
        assert "internal_error" not in {problem.code for problem in problems}
