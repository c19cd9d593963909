"""Events that are nested too deep: each is refused alone, however deep it is and wherever it stands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.hosts._envelope import TooDeep
from pinterest_destination.hosts._http_body import Limits, dumps
from pinterest_destination.hosts._http_deep import CUT, parse_each
from pinterest_destination.hosts._http_refused import Refused

from .http_service import PROCESS, ROUTE, TRANSFORM, job

TOLD = "message: expected lists and objects at most 200 levels deep within the request, found more"
LIMITS = Limits(depth=6)


def deep(levels, inner="1"):
    """JSON text with so many lists and objects in each other."""
    return '{"a":[' * (levels // 2) + inner + "]}" * (levels // 2)


def body(*events, **named):
    """A request with these events, in which the text DEEP is nested in earnest."""
    return json.dumps({"input": events, **named} if named else events).encode().replace(b'"DEEP"', deep(5000).encode())


def odd(number):
    """A job whose event is nested too deep."""
    made = job(number)
    return {**made, "message": {**made["message"], "properties": {"value": 1, "odd": "DEEP"}}}


def test_the_processor_refuses_that_event_alone(service):
    """And answers the others as if it were not there."""
    reply = service.post(PROCESS, body(job(1), odd(2), job(3)))

    assert reply.status == 200
    assert [(entry["metadata"]["jobId"], entry["statusCode"], entry.get("error", "")) for entry in reply.json] == [(1, 200, ""), (2, 400, TOLD), (3, 200, "")]


def test_the_router_refuses_that_event_alone(service):
    """Every job is in the answer once."""
    reply = service.post(ROUTE, body(odd(1), job(2), job(3), destType="pinterest_tag"))

    assert reply.headers["apiversion"] == "2"
    assert [([told["jobId"] for told in element["metadata"]], element["statusCode"], element.get("error", "")) for element in reply.json["output"]] == [([2, 3], 200, ""), ([1], 400, TOLD)]


def test_a_template_cannot_take_in_what_was_cut_off(service):
    """Settings that ask for the whole message are refused with their place, as for any other that is no text."""
    made = odd(1)
    made["destination"]["Config"]["adAccountId"] = "{{ message || 1 }}"
    (entry,) = service.post(PROCESS, body(made)).json

    assert entry["statusCode"] == 400
    assert entry["error"].startswith(("destination.Config.adAccountId: expected", TOLD))


def test_what_is_deep_elsewhere_costs_its_own_job_at_most(service):
    """Metadata comes back; settings cannot be used; what is beside them does not matter."""
    noted, unusable, beside = job(1), job(2), job(3)
    noted["metadata"]["odd"], unusable["destination"]["Config"]["tagId"], beside["odd"] = "DEEP", "DEEP", "DEEP"
    entries = service.post(PROCESS, body(noted, unusable, beside, job(4))).json

    assert [(entry["metadata"]["jobId"], entry["statusCode"]) for entry in entries] == [(1, 200), (2, 400), (3, 200), (4, 200)]


def test_our_own_api_refuses_the_request(service):
    """Whoever calls it made the list, and is told which event it is."""
    reply = service.post(TRANSFORM, {"settings": {}, "events": [job(1)["message"], json.loads(deep(220))]})

    assert (reply.status, reply.json["error"]["pointer"]) == (400, "/events/1")


NO_JSON = {
    "never closed": b"[" * 5000,
    "not closed": b"[" * 5000 + b"]" * 4999,
    "never opened": b"]" * 5000,
    "half a text": b'[{"message":' + b"[" * 5000 + b'"\\',
    "half an object": b'{"a":' * 5000,
    "quotes that end no text": b"[" * 3000 + b'"' + b'\\"' * 2_000_000,
    "quotes outside of a text": b"[" * 3000 + b'\\"' * 2_000_001,
}


@pytest.mark.parametrize("text", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_refused_as_a_whole(text):
    """However deep it seems."""
    with pytest.raises(Refused) as refused:
        parse_each(text, LIMITS)

    assert refused.value.code in ("invalid_json", "nested_too_deep")


def test_other_refusals_stay(service):
    """What is no text in UTF-8 is none, cut or not."""
    with pytest.raises(Refused) as refused:
        parse_each(b"\xff", LIMITS)

    assert refused.value.code == "invalid_json"


TEXTS = st.text(st.sampled_from('ab"\\[]{}\n\ud800é'), max_size=5)
JSON = st.recursive(st.none() | st.integers() | TEXTS, lambda part: st.lists(part, max_size=3) | st.dictionaries(TEXTS, part, max_size=3), max_leaves=30)


def cut(node, room):
    """The same document, cut by hand."""
    if not isinstance(node, dict | list):
        return node
    if room == 0:
        return CUT
    return {key: cut(part, room - 1) for key, part in node.items()} if isinstance(node, dict) else [cut(part, room - 1) for part in node]


@pytest.mark.property
@given(st.lists(JSON), st.booleans())
def test_nothing_but_what_is_too_deep_is_cut_off(messages, named):
    """Whatever texts hold, brackets, quotes and backslashes; the rest comes through unchanged."""
    rows = [{"message": message, "n": n} for n, message in enumerate(messages)]
    document = {"input": rows} if named else rows
    made = parse_each(dumps(document), LIMITS)

    expected = json.loads(json.dumps(cut(document, LIMITS.depth)))
    for row in expected["input"] if named else expected:
        if CUT in json.dumps(row["message"], ensure_ascii=False):
            row["message"] = TooDeep(LIMITS.depth)
    assert made == expected
