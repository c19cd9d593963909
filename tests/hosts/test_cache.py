"""Destinations by the content of their settings: made once, told apart exactly, and no more of them than there may be."""

import gc
import json
import logging
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinterest_destination import MappingError, SettingsError
from pinterest_destination.hosts import cache
from pinterest_destination.hosts.cache import Destinations, digest, exactly
from pinterest_destination.plan import compile_plan
from pinterest_destination.settings import Secret

SETTINGS = {"tag_id": "2612345678901", "event_map": {"Trial Started": "Signup"}}


def test_the_same_content_is_the_same_destination():
    """Whatever the order of the keys, and whichever object holds them."""
    destinations = Destinations()

    assert destinations.get(SETTINGS) is destinations.get(dict(reversed(SETTINGS.items())))
    assert len(destinations) == 1


@pytest.mark.parametrize("other", [{**SETTINGS, "tag_id": "1"}, {**SETTINGS, "test_mode": False}, {"tagId": "2612345678901"}])
def test_other_content_is_another_destination(other):
    """Settings that only look alike are not mixed up."""
    destinations = Destinations()

    assert destinations.get(SETTINGS) is not destinations.get(other)


def test_numbers_and_booleans_are_told_apart():
    """1, 1.0 and true are equal in Python, and three things in JSON."""
    assert len({digest({"a": value}) for value in (1, 1.0, True)}) == 3


def test_dialect_and_origin_count_too():
    """The same document means something else in another dialect, and may do less when it comes from elsewhere."""
    destinations = Destinations()
    made = {destinations.get({"tagId": "1"}, dialect=dialect, local=local) for dialect in ("rudderstack", "metarouter") for local in (True, False)}

    assert len(made) == 4


def test_what_was_not_used_for_longest_goes_first():
    """And nothing else keeps it alive."""
    destinations = Destinations(limit=2)
    first, second = ({**SETTINGS, "tag_id": str(n)} for n in (1, 2))
    kept, lost = destinations.get(first), weakref.ref(destinations.get(second).plan)
    destinations.get(first)
    destinations.get({**SETTINGS, "tag_id": "3"})
    gc.collect()

    assert len(destinations) == 2
    assert destinations.get(first) is kept
    assert lost() is None


def test_settings_that_events_have_a_part_in_push_out_no_others():
    """They have a shelf of their own, with less room."""
    destinations = Destinations(limit=4)
    kept = destinations.get(SETTINGS)
    for n in range(10):
        destinations.get({**SETTINGS, "tag_id": str(n)}, passing=True)

    assert destinations.get(SETTINGS) is kept
    assert len(destinations) == 2


def test_threads_that_ask_at_once_get_the_same(monkeypatch):
    """The plan is compiled once, and nobody waits who asks for another."""
    made = []

    def counted(settings):
        made.append(settings)
        return compile_plan(settings)

    monkeypatch.setattr("pinterest_destination.destination.compile_plan", counted)
    destinations = Destinations()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: destinations.get(SETTINGS), range(64)))

    assert len(found) == len(made) == 1


def test_settings_that_cannot_be_used_are_told_each_time():
    """With a fresh error, whose faults are the same and were found once; the settings themselves are not kept."""
    destinations = Destinations()
    errors = []
    for _ in range(2):
        with pytest.raises(SettingsError) as caught:
            destinations.get({"tag_id": "pina_SENTINEL"})
        errors.append(caught.value)

    assert errors[0] is not errors[1]
    assert errors[0].faults is errors[1].faults
    with pytest.raises(MappingError):
        destinations.get({"overrides": {"fields": {"value": {"from": ["properties.value"], "as": "nothing"}}}})


@pytest.mark.parametrize("config", [{"tag_id": 10**5000}, {"tag_id": {1, 2}}, {1: 2, "a": 3}, [], None])
def test_what_is_no_json_is_no_settings(config):
    """It is told like any other fault, and takes no room."""
    destinations = Destinations()

    with pytest.raises(SettingsError):
        destinations.get(config)


def test_only_the_hosts_own_settings_name_its_secrets(monkeypatch):
    """And a secret that is not there yet is looked up again."""
    destinations = Destinations()
    document = {"conversion_token": {"env": "PINTEREST_TEST_TOKEN"}}
    with pytest.raises(SettingsError):
        destinations.get(document)

    assert {problem.code for problem in destinations.get(document, local=True).problems} == {"missing_secret"}
    monkeypatch.setenv("PINTEREST_TEST_TOKEN", "pina_EXAMPLE")
    made = destinations.get(document, local=True)
    assert made.settings.conversion_token == Secret("pina_EXAMPLE")
    assert destinations.get(document, local=True) is made


def test_nothing_of_the_settings_is_logged(caplog):
    """Not even their digest."""
    caplog.set_level(logging.DEBUG)
    Destinations().get(SETTINGS)

    assert caplog.records == []


def test_a_limit_is_at_least_one():
    """A cache that holds nothing would compile for every event."""
    with pytest.raises(ValueError, match="limit=0"):
        Destinations(limit=0)


scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, -0.0, 1.0, "", "1", "\ud800"])
documents = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2), max_leaves=4)


@pytest.fixture(params=["orjson", "marshal"])
def exact(request, monkeypatch):
    """Either way of making exact bytes."""
    cache._exact.cache_clear()
    if request.param == "marshal":
        monkeypatch.setitem(sys.modules, "orjson", None)
    cache._exact()
    yield
    cache._exact.cache_clear()


@pytest.mark.usefixtures("exact")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents, documents)
def test_exact_bytes_are_those_of_an_equal_document_alone(one, other):
    """Types of numbers included: 1, 1.0 and true are three settings. Who else holds a part of it does not matter."""
    shared = [one, one]

    assert (exactly(one) == exactly(other)) == (repr(one) == repr(other)) or exactly(one) is exactly(other) is None
    assert exactly(shared) == exactly(json.loads(json.dumps(shared)))


def nested(depth):
    """A list in a list in a list."""
    node: list[object] = []
    for _ in range(depth):
        node = [node]
    return node


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("document", [object(), {"a": object()}, nested(3000)], ids=["object", "holds an object", "deep"])
def test_what_is_no_json_or_too_deep_has_no_exact_bytes(document):
    """It is looked at anew each time."""
    assert exactly(document) is None
