"""RudderStack's processor, router and proxy: fixture by fixture, with a real Pinterest of our own behind the proxy."""

import pytest

from pinterest_destination.hosts.rudderstack import deliver, expand, process, route
from pinterest_destination.testing import Fault

from .fixtures import NOW, check, load

CALLS = {call: load("rudderstack", call) for call in ("processor", "router", "proxy")}
ALL = [fixture for fixtures in CALLS.values() for fixture in fixtures]


def pytest_generate_tests(metafunc):
    """One test for each fixture of the call that the test is for."""
    for call, fixtures in {**CALLS, "fixture": ALL}.items():
        if call in metafunc.fixturenames:
            metafunc.parametrize(call, fixtures, ids=[fixture.name for fixture in fixtures])


def test_processor(processor, destinations, touched):
    """The processor answers exactly so."""
    document = processor.document

    check(processor, lambda: process(expand(document["input"]), destinations=destinations, features=document.get("features", {})), touched)


def test_router(router, destinations, touched):
    """The router answers exactly so."""
    document = router.document

    check(router, lambda: route(expand(document["input"]), destinations=destinations, features=document.get("features", {})), touched)


def test_proxy(proxy, client, pinterest, touched):
    """The proxy answers exactly so; what arrived at Pinterest is a part of it."""
    document = proxy.document
    pinterest.script(*(Fault(**fault) for fault in document.get("pinterest", [])))

    def answer():
        body, status = deliver(document["input"], version=document["version"], client=client, base_url=pinterest.url, clock=lambda: NOW)
        arrived = [event["event_id"] for event in pinterest.accepted]
        return {"status": status, "body": body, "requests": len(pinterest.requests), "arrived": arrived}

    check(proxy, answer, touched)
    assert pinterest.scripted == ()


def test_form(fixture):
    """A fixture has the form that blessing writes, says in a sentence what it shows, and has a name of its own."""
    document = fixture.document

    assert fixture.path.read_text("utf-8") == fixture.text(document["expected"])
    assert document["description"].endswith(".")
    assert document.get("original", ".").endswith(".")
    assert [other.name for other in ALL].count(fixture.name) == 1


@pytest.mark.parametrize("call", CALLS)
def test_there_are_fixtures(call):
    """A wrong folder would make the tests above pass without testing anything."""
    assert len(CALLS[call]) >= 10
