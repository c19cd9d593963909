"""Parts of RudderStack's envelopes that its fixtures reach only by halves: templates, and faults of our own."""

from typing import Any

import pytest

from pinterest_destination import Conversion, Destination
from pinterest_destination.errors import problem
from pinterest_destination.hosts._dynamic import fill, has_templates
from pinterest_destination.hosts._envelope import read
from pinterest_destination.hosts._refusals import refusal
from pinterest_destination.hosts._tenants import Tenants
from pinterest_destination.hosts.rudderstack import process, route

EVENT = {"message": {"a": {"b": 1, "c": ""}, "event": "x"}, "metadata": {"jobId": 7}}
CONFIG = {"apiVersion": "newApi", "adAccountId": "549755885175", "conversionToken": "pina_SENTINELTOKEN"}
ASKED = {"message": {"type": "track", "traits": {"email": "ann@example.com"}}, "metadata": {"jobId": 1}, "destination": {"ID": "d-1", "Config": CONFIG}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ event.a.b || 2 }}", 1),
        ("{{message.a.b||2}}", 1),
        (" {{ message.a.b || 2 }} ", 1),
        ("{{ metadata.jobId || 2 }}", 7),
        ('{{ event.a.c || "a b" }}', "a b"),
        ("{{ event.a.d || }}", ""),
        ("{{ event.a.b.c || 2 }}", "2"),
        ("{{ event || 2 }}", "2"),
        ("{{ event.a.b || {{x}} }}", 1),
        ("{{ event.a.b }}", "{{ event.a.b }}"),
        ("{{ event.a[0] || 2 }}", "{{ event.a[0] || 2 }}"),
        ("{{ __proto__.x || 2 }}", "2"),
        ("x {{ event.a.b || 2 }}", "x {{ event.a.b || 2 }}"),
        ("{{ " + "a." * 100_000 + "a || 2 }}", "2"),
    ],
)
def test_a_template_is_a_path_and_a_default(text, value):
    """What only looks like one stays as it is; what is not there, or blank, gives the default without its quotes."""
    assert fill([{"key": text}], EVENT)[0] == [{"key": value}]
    assert has_templates([{"key": text}]) is (value != text)


def test_a_value_that_is_used_twice_is_there_twice():
    """It leaves the message once, and only the message: metadata is the host's own, and the event given stays as it was."""
    filled, message = fill({"a": "{{ event.a.b || 0 }}", "b": "{{ message.a.b || 0 }}", "c": "{{ event.a || 0 }}", "d": "{{ metadata.jobId || 0 }}"}, EVENT)

    assert filled == {"a": 1, "b": 1, "c": {"b": 1, "c": ""}, "d": 7}
    assert message == {"event": "x"}
    assert EVENT == {"message": {"a": {"b": 1, "c": ""}, "event": "x"}, "metadata": {"jobId": 7}}


def test_templates_are_not_looked_for_without_end(destinations):
    """Settings that are nested deeper than any may be are refused for that."""
    config: dict[str, Any] = {"adAccountId": "{{ event.a.b || 2 }}"}
    for _ in range(500):
        config = {"Config": config, "appId": "{{ event.a.b || 2 }}"}
    event = {**EVENT, "destination": {"Config": config}}

    (entry,) = process([event], destinations=destinations)
    assert entry["statusCode"] == 400


def test_a_fault_of_our_own_costs_one_event(monkeypatch, destinations):
    """It is no fault of the event's, and is counted so; the host does not try again for hours."""
    monkeypatch.setattr(Destination, "transform", lambda *_: Conversion(problems=(problem("internal_error"),)))

    entries = [process([ASKED], destinations=destinations)[0], route({"input": [ASKED]}, destinations=destinations)["output"][0]]

    for entry in entries:
        assert entry["statusCode"] == 400
        assert entry["error"].startswith("message: The plugin failed on this event")
        assert entry["statTags"]["errorCategory"] == "transformation"
        assert "errorType" not in entry["statTags"]


def test_a_conversion_of_nothing_is_filtered():
    """Even where no problem says why."""
    assert refusal(Conversion(), "track").kind == "filtered"


def test_what_is_read_shows_neither_secrets_nor_people(destinations):
    """Whoever prints a part of a request sees its shape alone."""
    job = read(ASKED, Tenants(destinations))

    assert "SENTINELTOKEN" not in repr(job)
    assert "ann@example.com" not in repr(job)
