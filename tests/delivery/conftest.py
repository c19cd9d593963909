"""What the tests of delivery share: a sandbox that stands in for Pinterest, events for it, and a search for what must not leak."""

import logging
from itertools import count
from pathlib import Path

import pytest

from pinterest_destination import Destination
from pinterest_destination.delivery.retry import Policy
from pinterest_destination.delivery.sandbox import TOKEN, Sandbox

NOW = 1_768_478_400.0
"""2026-01-15T12:00:00Z."""
ACCOUNT = "549755885175"
ADDRESS = "ann@example.com"
AT_ONCE = Policy(base=0.0, cap=0.0, hint_cap=0.0, pause=0.0, pause_cap=0.0)
"""No waiting: what is to go again goes at once."""


@pytest.fixture
def sandbox():
    """A sandbox whose clock stands still."""
    with Sandbox(clock=lambda: NOW) as made:
        yield made


@pytest.fixture
def destination(sandbox):
    """Make a destination that delivers to the sandbox."""

    def make(clock=lambda: NOW, token=TOKEN, **delivery):
        settings = {"ad_account_id": ACCOUNT, "conversion_token": token, "delivery": {"base_url": sandbox.url, "read_timeout": 5, **delivery}}
        return Destination(settings, clock=clock)

    return make


@pytest.fixture
def event():
    """Make Conversions API events, each with an id of its own."""
    numbers = count(1)

    def make(**more):
        return {
            "event_name": "checkout",
            "action_source": "web",
            "event_time": int(NOW) - 60,
            "event_id": f"event-{next(numbers):05}",
            "event_source_url": "https://shop.example.com/thanks?of=" + "x" * 100,
            "user_data": {"em": ["ab" * 32]},
            **more,
        }

    return make


@pytest.fixture
def nothing_leaks(sandbox, tmp_path, caplog):
    """Search everything that is kept or shown for the token and for an address in clear; more can be given to search."""
    caplog.set_level(logging.DEBUG)

    def search(*more):
        kept = [path.read_bytes() for path in Path(tmp_path).rglob("*") if path.is_file()]
        shown = [repr(each).encode() for each in more] + [record.getMessage().encode() for record in caplog.records]
        for secret in (TOKEN, ADDRESS):
            assert [found for found in (*kept, *shown) if secret.encode() in found] == []

    return search
