"""Laws of RudderStack's envelopes, on any JSON: an answer for everything, each job once, and nothing where it does not belong."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.delivery.client import Client
from pinterest_destination.hosts.cache import Destinations
from pinterest_destination.hosts.rudderstack import deliver, expand, process, route
from pinterest_destination.testing import Sandbox

from ..property.strategies import anything, events, realistic
from .fixtures import NOW

pytestmark = pytest.mark.property
TOKEN = "pina_SENTINELTOKEN"  # noqa: S105  # invented
URL = "https://api.pinterest.com/v5/ad_accounts/549755885175/events"
DESTINATIONS = Destinations(limit=16, clock=lambda: NOW)
"""Smaller than what is put in, so that it is full."""

templates = st.sampled_from(
    ["{{ event.properties.value || 1 }}", "{{message.userId||}}", '{{ event.context.traits.email || "x" }}', "{{ metadata.jobId || 5 }}", "{{ event || 1 }}", "{{ a.b }}", "{{}}"]
)
accounts = st.sampled_from(["549755885175", "549000000001", "1/../2", "", "{{ event.properties.account || 549755885175 }}"])
configs = st.fixed_dictionaries(
    {"adAccountId": accounts, "conversionToken": st.just(TOKEN), "apiVersion": st.sampled_from(["newApi", "newApi", "legacyApi", "v6"])},
    optional={
        "advertiserId": st.just("429047995"),
        "sendAsTestEvent": st.booleans(),
        "deduplicationKey": templates | anything,
        "eventsMapping": st.just([{"from": "Own Event", "to": "Lead"}, {"from": "Own Event", "to": "Signup"}]) | anything,
        "customProperties": anything,
        "appId": templates | anything,
    },
)
native = st.fixed_dictionaries({"ad_account_id": accounts, "conversion_token": st.just(TOKEN)}, optional={"overrides": anything, "spec": anything, "event_map": anything, "delivery": anything})
destinations = st.fixed_dictionaries({"ID": st.sampled_from(["d-1", "d-2"]), "Config": configs | native}, optional={"hasDynamicConfig": st.booleans()})
READY = {"statusCode": 200, "body": {"JSON": {"event_name": "checkout", "event_id": "ready"}}}
messages = events | realistic() | st.just(READY) | st.fixed_dictionaries({"statusCode": anything, "body": anything})
inputs = st.fixed_dictionaries({"message": messages | anything, "destination": destinations | anything}, optional={"context": anything})


def numbered(rows):
    """Give each event the metadata that a host gives it."""
    return [{**row, "metadata": {"jobId": n, "destinationId": "d-1", "workspaceId": "w-1"}} for n, row in enumerate(rows)]


requests = st.lists(inputs, max_size=6).map(numbered)


def check_failure(entry):
    """What is refused or filtered says why, and is counted under something."""
    assert entry["statusCode"] in (298, 400)
    assert entry["error"].isprintable()
    assert 0 < len(entry["error"]) < 1500
    assert {"errorCategory", "implementation", "destType", "module", "feature"} <= set(entry["statTags"])
    assert TOKEN not in json.dumps([entry["error"], entry["statTags"]])


def check_request(request):
    """What is to be posted goes to Pinterest, and has the shape that a host posts."""
    assert request["endpoint"] in (URL, URL.replace("549755885175", "549000000001"), "https://ct.pinterest.com/events/v3") or "statusCode" in request
    if "statusCode" not in request:
        assert (request["method"], request["type"], request["version"], request["files"]) == ("POST", "REST", "1", {})
        assert set(request["body"]) == {"JSON", "JSON_ARRAY", "XML", "FORM"}
        assert request["params"] in ({}, {"test": True})
        without = {**request, "headers": {key: value for key, value in request["headers"].items() if key != "Authorization"}}
        assert TOKEN not in json.dumps(without["headers"])


@given(requests)
def test_the_processor_answers_every_event_in_order(rows):
    """At least one entry for each event, in the order of the events, with its metadata; the input stays as it was."""
    before = deepcopy(rows)

    entries = process(rows, destinations=DESTINATIONS, features={"filter-code": True})

    assert repr(rows) == repr(before)
    told = [entry["metadata"]["jobId"] for entry in entries]
    assert told == sorted(told)
    assert set(told) == set(range(len(rows)))
    for entry in entries:
        if entry["statusCode"] == 200:
            assert isinstance(entry["output"]["userId"], str)
            if "statusCode" not in entry["output"]:
                check_request({key: value for key, value in entry["output"].items() if key != "userId"})
        else:
            check_failure(entry)


@given(requests)
def test_the_router_answers_every_job_exactly_once(rows):
    """Each jobId stands in one element; the events of a batch belong to its jobs, each to one, without a gap."""
    before = deepcopy(rows)

    elements = route({"input": rows, "destType": "pinterest_tag"}, destinations=DESTINATIONS)["output"]

    assert repr(rows) == repr(before)
    if not rows:
        assert [element["error"] for element in elements] == ["Invalid event array"]
        return
    assert sorted(job["jobId"] for element in elements for job in element["metadata"]) == list(range(len(rows)))
    for element in elements:
        assert element["batched"] is (element["statusCode"] == 200)
        if not element["batched"]:
            check_failure(element)
            continue
        check_request(element["batchedRequest"])
        places = [job["destInfo"]["pinterest"] for job in element["metadata"]]
        assert [n for first, count in places for n in range(first, first + count)] == list(range(len(element["batchedRequest"]["body"]["JSON"]["data"])))


@given(requests)
def test_processor_and_router_agree(rows):
    """Both make the same events of a job and send them to the same place, and refuse the same jobs in the same words."""
    rows = [row for row in rows if not (isinstance(row["message"], dict) and row["message"].get("statusCode"))]
    entries = process(rows, destinations=DESTINATIONS)
    elements = route({"input": rows}, destinations=DESTINATIONS)["output"] if rows else []

    apart = [(entry["metadata"]["jobId"], *_told(entry)) for entry in entries]
    together = [(job["jobId"], *told) for element in elements for job in element["metadata"] for told in _told_together(element, job)]
    assert sorted(apart) == sorted(together)


def _told(entry):
    if entry["statusCode"] == 200:
        return json.dumps(entry["output"]["body"]["JSON"]), entry["output"]["endpoint"]
    return entry["error"].partition(": Workflow:")[0], ""


def _told_together(element, job):
    if not element["batched"]:
        return [(element["error"], "")]
    first, count = job["destInfo"]["pinterest"]
    data = element["batchedRequest"]["body"]["JSON"]["data"]
    return [(json.dumps(event), element["batchedRequest"]["endpoint"]) for event in data[first : first + count]]


@given(anything | st.lists(anything) | st.dictionaries(st.sampled_from(["input", "destType", "destinations", "connections"]), anything | st.lists(anything)))
def test_anything_has_an_answer(body):
    """Whatever is no request at all has an answer too, and the compacted form is expanded or left as it is."""
    expanded = expand(body)

    for entry in process(expanded, destinations=DESTINATIONS):
        assert isinstance(entry["metadata"], dict)
        check_failure(entry)
    for element in route(expanded, destinations=DESTINATIONS)["output"]:
        assert (element["batched"], element["statusCode"]) == (False, 400)
        assert all(isinstance(job, dict) for job in element["metadata"])


# -- the proxy, with a real Pinterest of our own behind it


@pytest.fixture(scope="module")
def line():
    """A client, and where it posts to."""
    with Sandbox(clock=lambda: NOW, token=TOKEN, keep=10) as sandbox, Client(2, 5) as client:
        yield client, sandbox.url


orders = st.fixed_dictionaries(
    {
        "endpoint": st.sampled_from([URL, URL, "https://ct.pinterest.com/events/v3"]) | anything,
        "headers": st.just({"Authorization": f"Bearer {TOKEN}"}) | st.just({"authorization": f"bearer {TOKEN} x"}) | anything,
        "body": st.fixed_dictionaries({"JSON": st.fixed_dictionaries({"data": st.lists(st.fixed_dictionaries({"event_id": st.text(), "event_name": st.just("lead")}) | anything, max_size=3)}) | anything}) | anything,
        "metadata": st.lists(st.fixed_dictionaries({"jobId": st.integers(1, 9), "destInfo": st.fixed_dictionaries({"pinterest": st.lists(st.integers(-1, 3), max_size=3)}) | anything}) | anything, max_size=3) | anything,
    },
    optional={"method": st.just("POST") | anything, "params": st.just({"test": "true"}) | anything},
)


@given(orders | anything, st.sampled_from([0, 1]))
def test_the_proxy_answers_every_job(line, request, version):
    """In version 1 an answer for each job, in order; the token stands in none, and nothing asks the host for a new one."""
    client, url = line

    body, status = deliver(request, version=version, client=client, base_url=url, clock=lambda: NOW)

    output = body["output"]
    assert isinstance(output["message"], str)
    assert "authErrorCategory" not in output
    if version == 0:
        assert status == (200 if output["status"] < 300 else output["status"])
        assert TOKEN not in json.dumps(output["destinationResponse"])
        return
    assert status == 200
    metadata = request.get("metadata") if isinstance(request, dict) else None
    jobs = metadata if isinstance(metadata, list) else [metadata]
    assert len(output["response"]) == len(jobs)
    for job, answer in zip(jobs, output["response"], strict=True):
        assert isinstance(answer["statusCode"], int)
        assert TOKEN not in answer["error"]
        assert repr({**answer["metadata"], "dontBatch": 0}) == repr({**(job if isinstance(job, dict) else {}), "dontBatch": 0})
