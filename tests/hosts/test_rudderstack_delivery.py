"""RudderStack's whole way, over sockets: route, deliver, and again until no job is left; whatever Pinterest does, each event counts once."""

import json
from collections import Counter

import pytest

from pinterest_destination.delivery.client import Client
from pinterest_destination.hosts.rudderstack import Destinations, deliver, process, route
from pinterest_destination.testing import Fault, Sandbox

from ..delivery.test_faults import PASSING, TOO_LATE
from .fixtures import NOW

CONFIG = {"apiVersion": "newApi", "adAccountId": "549755885175", "conversionToken": "sandbox-token", "eventsMapping": [{"from": "Trial Started", "to": "Signup"}, {"from": "Trial Started", "to": "Lead"}]}
JOBS = 6
TERMINAL = frozenset({200, 296, 400, 413, 422})


def job(n, **more):
    """A host's event; every third becomes two of Pinterest's."""
    name = "Order Completed" if n % 3 else "Trial Started"
    context = {"traits": {"email": f"ann{n}@example.com"}}
    message = {"type": "track", "event": name, "messageId": f"m-{n}", "timestamp": "2026-01-15T11:00:00Z", "channel": "web", "context": context, **more}
    return {"message": message, "metadata": {"jobId": n, "attemptNum": 0, "destinationId": "d-1", "workspaceId": "w-1"}, "destination": {"ID": "d-1", "Config": CONFIG}}


def again(status):
    """Tell whether a host tries again (rudder-server, `isJobTerminated`)."""
    return status < 200 or status in (408, 429) or status >= 500


@pytest.fixture
def patience(request):
    """Seconds that an answer may take: few only where the fault is that it takes too long."""
    return 0.5 if any(name in request.node.name for name in TOO_LATE) else 20


@pytest.fixture
def host(destinations, client):
    """A host with its jobs: it routes, delivers and tries again, and keeps of a job what a real one keeps."""

    def run(jobs, sandbox, rounds=30):
        waiting, done = {each["metadata"]["jobId"]: each for each in jobs}, {}
        for _ in range(rounds):
            for element in route({"input": list(waiting.values()), "destType": "pinterest_tag"}, destinations=destinations)["output"] if waiting else []:
                assert element["batched"]
                body, status = deliver({**element["batchedRequest"], "metadata": element["metadata"]}, version=1, client=client, base_url=sandbox.url, clock=lambda: NOW)
                assert status == 200
                for told in json.loads(json.dumps(body))["output"]["response"]:
                    number = told["metadata"]["jobId"]
                    if again(told["statusCode"]):
                        metadata = {**waiting[number]["metadata"], "attemptNum": waiting[number]["metadata"]["attemptNum"] + 1}
                        waiting[number] = {**waiting[number], "metadata": metadata | ({"dontBatch": True} if told["metadata"].get("dontBatch") else {})}
                    else:
                        del waiting[number]
                        done[number] = told
        assert waiting == {}
        return done

    return run


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_costs_no_job_and_counts_none_twice(pinterest, host, name):
    """Every job is delivered in the end, in as many rounds as it takes, and every event counts once."""
    pinterest.script(PASSING[name])

    done = host([job(n) for n in range(JOBS)], pinterest)

    assert {told["statusCode"] for told in done.values()} == {200}
    assert Counter((event["event_id"], event["event_name"]) for event in pinterest.accepted) == Counter(
        (f"m-{n}", name) for n in range(JOBS) for name in (["checkout"] if n % 3 else ["signup", "lead"])
    )
    assert pinterest.scripted == ()


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_poisoned_job_ends_alone_and_the_rest_is_delivered(pinterest, host, status):
    """Its batch is taken apart by the host, as it is told, and only the poisoned job is given up."""
    pinterest.script(Fault(status=status, event_id="m-1", times=100, body=json.dumps({"code": 4196, "message": "No good."})))

    done = host([job(n) for n in range(JOBS)], pinterest)

    assert (done[1]["statusCode"], done[1]["error"]) == (status, "refused: No good.")
    assert {told["statusCode"] for n, told in done.items() if n != 1} == {200}
    assert "m-1" not in {event["event_id"] for event in pinterest.accepted}


@pytest.mark.parametrize("mixed", ["200", "422"])
def test_mixed_results_are_told_job_by_job(host, mixed):
    """Whatever the status of the answer: what failed is given up with Pinterest's words, the rest is delivered."""
    with Sandbox(clock=lambda: NOW, mixed=mixed) as sandbox:
        done = host([job(1), job(2, timestamp="2025-12-01T10:00:00Z"), job(3)], sandbox)

    assert {n: told["statusCode"] for n, told in done.items()} == {1: 200, 2: 400, 3: 200}
    assert "event_time" in done[2]["error"]


def test_nobody_listens(host, client):
    """Without any connection the host keeps its jobs."""
    with Sandbox(clock=lambda: NOW) as sandbox:
        url = sandbox.url
    request = process_one()
    body, _ = deliver({**request, "metadata": [{"jobId": 1}]}, version=1, client=client, base_url=url)

    assert [told["statusCode"] for told in body["output"]["response"]] == [500]
    assert body["output"]["statTags"]["errorType"] == "retryable"


def process_one():
    """The request that the processor makes of one job."""
    return process([job(1)], destinations=Destinations(clock=lambda: NOW))[0]["output"]


def test_a_request_of_the_processor_is_delivered_as_well(pinterest, client):
    """It holds one bare event, which is put into a list."""
    body, _ = deliver({**process_one(), "metadata": [{"jobId": 1}]}, version=1, client=client, base_url=f"{pinterest.url}/", clock=lambda: NOW)

    assert [told["statusCode"] for told in body["output"]["response"]] == [200]
    assert [event["event_id"] for event in pinterest.accepted] == ["m-1"]


def test_a_batch_holds_a_thousand_events_and_splits_no_job(destinations):
    """501 jobs of two events are two batches; a test batch holds the twenty events that Pinterest looks at."""
    jobs = [{**job(3), "metadata": {"jobId": n}} for n in range(501)]
    elements = route({"input": jobs}, destinations=destinations)["output"]
    tests = [{**each, "destination": {"ID": "d-1", "Config": {**CONFIG, "sendAsTestEvent": True}}} for each in jobs[:21]]

    assert [(len(each["metadata"]), len(each["batchedRequest"]["body"]["JSON"]["data"])) for each in elements] == [(500, 1000), (1, 2)]
    assert [len(each["metadata"]) for each in route({"input": tests}, destinations=destinations)["output"]] == [10, 10, 1]


def test_an_event_that_becomes_more_than_a_request_holds_is_refused(destinations):
    """It would have to be split, and its job with it."""
    config = {**CONFIG, "eventsMapping": [{"from": "Trial Started", "to": f"own_{n}"} for n in range(1001)]}
    elements = route({"input": [{**job(3), "destination": {"ID": "d-1", "Config": config}}, job(1)]}, destinations=destinations)["output"]

    assert [each["statusCode"] for each in elements] == [400, 200]
    assert "at most 1000" in elements[0]["error"]


def test_a_batch_that_is_too_large_goes_in_several_requests(pinterest, client):
    """Each at most as large as ours; when one cannot be delivered, those after it are not tried."""
    events = [{"event_name": "lead", "action_source": "web", "event_time": int(NOW), "event_id": f"e-{n}", "user_data": {"em": ["ab" * 32]}, "event_source_url": "x" * 900_000} for n in range(5)]
    jobs = [{"jobId": n, "destInfo": {"pinterest": [n, 1]}} for n in range(5)]
    request = {"endpoint": "https://api.pinterest.com/v5/ad_accounts/549755885175/events", "headers": {"authorization": "bearer sandbox-token"}, "body": {"JSON": {"data": events}}, "metadata": jobs}
    pinterest.script(Fault(), Fault(status=429))

    body, _ = deliver(request, version=1, client=client, base_url=pinterest.url, clock=lambda: NOW)

    assert [told["statusCode"] for told in body["output"]["response"]] == [200, 200, 429, 429, 429]
    assert len(pinterest.requests) == 2


@pytest.mark.parametrize(
    ("notes", "statuses"),
    [
        ([[1, 2], [0, 1]], [400, 200]),
        ([[0, 1], [1, 2]], [200, 400]),
        ([[0, 1], [1, 1]], [400, 400]),
        ([[0, 2], [1, 1]], [400, 400]),
        ([[1, 1], [1, 1]], [400, 400]),
        ([[0, 1], [2, 1]], [400, 400]),
        ([[0, 1], [1, 3]], [400, 400]),
        ([[0, 3], [3, 0]], [400, 400]),
        ([[0, 3], [1, -1]], [400, 400]),
        ([[False, True], [1, 2]], [400, 400]),
        ([[0, 1], [True, 2]], [400, 400]),
        ([[0, 1.0], [1, 2]], [400, 400]),
        ([[0, 1], None], [400, 400]),
    ],
)
def test_notes_count_if_they_share_the_events_out(pinterest, client, notes, statuses):
    """Each event to one job, in any order; where they overlap, leave a gap or reach beyond, what is refused is everybody's, and never nobody's."""
    events = [{"event_name": "lead", "action_source": "web", "event_time": int(NOW), "event_id": f"e-{n}", "user_data": {"em": ["ab" * 32]}} for n in range(3)]
    del events[2]["event_id"]
    jobs = [{"jobId": n, "destInfo": {"pinterest": note}} for n, note in enumerate(notes)]
    request = {"endpoint": "https://api.pinterest.com/v5/ad_accounts/549755885175/events", "headers": {"authorization": "bearer sandbox-token"}, "body": {"JSON": {"data": events}}, "metadata": jobs}

    body, _ = deliver(request, version=1, client=client, base_url=pinterest.url, clock=lambda: NOW)

    assert [told["statusCode"] for told in body["output"]["response"]] == statuses


def test_an_offline_event_that_arrived_keeps_its_job_from_going_again(pinterest, client):
    """A job of which one event counted and another failed in passing would count the first twice."""
    events = [
        {"event_name": "lead", "action_source": source, "event_time": int(NOW), "event_id": f"e-{n}", "user_data": {"em": ["ab" * 32]}, "event_source_url": "x" * 1_500_000}
        for n, source in enumerate(["offline", "web"])
    ]
    request = {"endpoint": "https://api.pinterest.com/v5/ad_accounts/549755885175/events", "headers": {"Authorization": "Bearer sandbox-token"}, "body": {"JSON": {"data": events}}, "metadata": [{"jobId": 1}]}
    pinterest.script(Fault(), Fault(status=503))

    body, _ = deliver(request, version=1, client=client, base_url=pinterest.url, clock=lambda: NOW)

    assert body["output"]["response"][0]["statusCode"] == 400
    assert "http_503" in body["output"]["response"][0]["error"]


@pytest.mark.parametrize("status", [402, 408, 425, 451, 500, 501, 599])
def test_a_status_that_means_later_is_one_that_the_host_reads_so(pinterest, client, status):
    """Whatever Pinterest answers in passing, the host keeps the job."""
    pinterest.script(Fault(status=status))
    body, _ = deliver({**process_one(), "metadata": [{"jobId": 1}]}, version=1, client=client, base_url=pinterest.url, clock=lambda: NOW)
    told = body["output"]["response"][0]["statusCode"]

    assert again(told)
    assert told != 599
    assert told == (status if status in (408, 500, 501) else 500)


@pytest.mark.parametrize("message", ["the whole answer", "x" * 5000])
def test_a_text_of_pinterests_has_an_end(pinterest, client, message):
    """However long the answer, the text that is stored with the job is short."""
    pinterest.script(Fault(status=400, body=json.dumps({"code": 1, "message": message})))
    body, _ = deliver({**process_one(), "metadata": [{"jobId": 1}]}, version=1, client=client, base_url=pinterest.url, clock=lambda: NOW)

    assert len(body["output"]["response"][0]["error"]) <= 500


@pytest.mark.parametrize("requested", ["http://127.0.0.1:9/v5/ad_accounts/1/events", "https://api.pinterest.com@127.0.0.1/v5/ad_accounts/1/events", "https://api.pinterest.com/v5/ad_accounts/1/events?x=1", "https://api.pinterest.com/v5/ad_accounts/1/events\n", "https://api.pinterest.com/v5/ad_accounts/१/events", "https://ct.pinterest.com/events/v3/", "http://ct.pinterest.com/events/v3", None, 5])
def test_no_other_address_is_requested(client, requested):
    """Without a base of its own for tests, only Pinterest's exact addresses are good."""
    body, status = deliver({**process_one(), "endpoint": requested, "metadata": {"jobId": 1}}, version=0, client=client)

    assert status == 400
    assert body["output"]["message"].startswith("endpoint: expected https://api.pinterest.com/v5/")


def test_the_base_for_tests_stands_in_for_pinterest(pinterest):
    """Requests to Pinterest and to the base itself both go to the base."""
    with Client(2, 5) as client:
        for endpoint in ("https://api.pinterest.com/v5/ad_accounts/1/events", f"{pinterest.url}/v5/ad_accounts/1/events"):
            deliver({**process_one(), "endpoint": endpoint, "metadata": {"jobId": 1}}, version=0, client=client, base_url=pinterest.url, clock=lambda: NOW)

    assert [request.status for request in pinterest.requests] == [200, 200]


@pytest.mark.parametrize("body", [None, [], {}, {"JSON": None}, {"JSON": {}}, {"JSON": {"data": {}}}, {"JSON": {"data": [1]}}, {"FORM": {"data": []}}])
def test_a_request_without_a_body_of_events_is_refused(client, body):
    """With the place where they were expected, and nothing is sent."""
    told, status = deliver({**process_one(), "body": body, "metadata": {"jobId": 1}}, version=0, client=client)

    assert status == 400
    assert told["output"]["message"].startswith("body.JSON")
