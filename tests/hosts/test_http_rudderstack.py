"""RudderStack's routes over HTTP: each route with its headers, and the body that the functions give."""

import gzip
import http.client
import json

import pytest

from pinterest_destination import __version__
from pinterest_destination.hosts import rudderstack
from pinterest_destination.hosts.cache import Destinations
from pinterest_destination.testing import Fault, Sandbox

from .http_service import ACCOUNT, PROCESS, ROUTE, TOKEN, ask, job, order

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


@pytest.fixture
def sandbox():
    """A stand-in for Pinterest."""
    with Sandbox(token=TOKEN) as made:
        yield made


@pytest.mark.parametrize("path", [PROCESS, "/v1/destinations/PINTEREST_TAG", "/anything/destinations/Pinterest_Tag"])
def test_the_processor_answers_in_any_version_and_case(service, path):
    """With the list that process() gives, and the header without which rudder-server stops itself."""
    jobs = [job(1), job(2, message=None), job(3)]
    reply = service.post(path, jobs)

    assert (reply.status, reply.headers["content-type"], reply.headers["apiversion"]) == (200, JSON, "2")
    assert reply.json == rudderstack.process(jobs, destinations=Destinations())
    assert [entry["statusCode"] for entry in reply.json] == [200, 400, 200]


def test_the_router_answers_with_batches(service):
    """As route() does, with the header."""
    body = {"input": [job(1), job(2), job(3, message=None)], "destType": "PINTEREST_TAG"}
    reply = service.post(ROUTE, body)

    assert (reply.status, reply.headers["content-type"], reply.headers["apiversion"]) == (200, JSON, "2")
    assert reply.json == rudderstack.route(body, destinations=Destinations())
    assert [element["batched"] for element in reply.json["output"]] == [True, False]


def test_an_empty_router_request_has_the_originals_answer(service):
    """It is no error of HTTP."""
    reply = service.post(ROUTE, {"input": []})

    assert (reply.status, reply.headers["apiversion"]) == (200, "2")
    assert reply.json["output"][0]["error"] == "Invalid event array"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v0/destinations/nope", []),
        ("/v1/destinations/nope/proxy", {}),
        (ROUTE, {"input": [], "destType": "nope"}),
        ("/batch", {"input": [], "destType": "nope"}),
    ],
)
def test_another_destination_is_unknown(service, path, body):
    """With the original's status and body: a host gives such events up."""
    reply = service.post(path, body)

    assert (reply.status, reply.json) == (404, {"error": "Unknown destination: nope"})


def test_batch_refers_to_the_router(service):
    """One element, as the original answers for this destination; a list, not an object."""
    reply = service.post("/batch", {"input": [job(1), job(2)], "destType": "pinterest_tag"})

    assert (reply.status, reply.headers["apiversion"]) == (200, "2")
    assert [(row["statusCode"], row["error"], len(row["metadata"])) for row in reply.json] == [
        (500, "CDKV2 Does not Implement Batch Transform Routine", 2)
    ]


def test_features_are_json_in_plain_text(service):
    """With all without which rudder-server stops itself."""
    reply = service.get("/features")

    assert (reply.status, reply.headers["content-type"]) == (200, TEXT)
    assert reply.json == {
        "routerTransform": {"PINTEREST_TAG": True},
        "regulations": [],
        "supportSourceTransformV1": True,
        "supportTransformerProxyV1": True,
        "upgradedToSourceTransformV2": True,
        "supportDestTransformCompactedPayloadV1": True,
    }


@pytest.mark.parametrize("path", ["/version", "/buildVersion", "/transformerBuildVersion"])
def test_the_version_is_plain_text(service, path):
    """Under all its names."""
    reply = service.get(path)

    assert (reply.status, reply.headers["content-type"], reply.body.decode()) == (200, TEXT, __version__)


def test_health_is_up(service):
    """As the original says it; HEAD is answered as well."""
    reply = service.get("/health")

    assert (reply.status, reply.headers["content-type"], reply.json) == (200, JSON, {"service": "UP", "version": __version__})
    assert "server" not in reply.headers


def test_the_compacted_form_is_expanded(service):
    """Destinations come once for all events; an event whose destination is missing is refused alone."""
    whole = job(1)
    destination = whole.pop("destination")
    other = job(2)
    del other["destination"]
    other["metadata"]["destinationId"] = "gone"
    body = {"input": [whole, other], "destType": "pinterest_tag", "destinations": {destination["ID"]: destination}, "connections": {}}

    processed = service.post(PROCESS, body, x_content_format="json+compactedv1")
    routed = service.post(ROUTE, body, x_content_format="json+compactedv1")

    assert [entry["statusCode"] for entry in processed.json] == [200, 400]
    assert [element["statusCode"] for element in routed.json["output"]] == [200, 400]


def test_a_gzipped_body_is_inflated(service):
    """As rudder-server sends it to those that say they can."""
    reply = service.post_gzip(PROCESS, json.dumps([job(1)]).encode())

    assert (reply.status, reply.json[0]["statusCode"]) == (200, 200)


@pytest.mark.parametrize(("value", "status"), [("?1", 298), ("true", 298), ("?0", 400), ("maybe", 400), ("", 400)])
def test_what_the_host_understands_stands_in_headers(service, value, status):
    """Filtered events have a status of their own for hosts that know it."""
    jobs = [job(1, message=order(1, type="identify"))]

    processed = service.post(PROCESS, jobs, x_feature_filter_code=value)
    routed = service.post(ROUTE, {"input": jobs}, x_feature_filter_code=value)

    assert processed.json[0]["statusCode"] == routed.json["output"][0]["statusCode"] == status


def test_an_oauth_secret_goes_into_the_metadata(service):
    """Of every event that has any; what is no JSON is refused."""
    good = service.post(ROUTE, {"input": [job(1), 5]}, **{"oauth-secret": '{"a": 1}'})
    bad = service.post(ROUTE, {"input": [job(1)]}, **{"oauth-secret": "{"})
    none = service.post(ROUTE, {"input": 5}, **{"oauth-secret": "{}"})

    assert good.json["output"][0]["metadata"][0]["secret"] == {"a": 1}
    assert (bad.status, bad.json["error"]) == (400, "Bad Request")
    assert none.json["output"][0]["error"] == "Invalid event array"


def proxy_request(*jobs, metadata=None):
    """The delivery request that the router makes of jobs, in version 1."""
    batch = rudderstack.route({"input": list(jobs)}, destinations=Destinations())["output"][0]
    return {**batch["batchedRequest"], "metadata": batch["metadata"] if metadata is None else metadata, "destinationConfig": {}}


def test_the_proxy_delivers_and_answers_per_job(serve_here, sandbox):
    """In version 1 the HTTP status is 200 whatever happens to the jobs."""
    service = serve_here(pinterest_url=sandbox.url)
    sandbox.script(Fault(status=503))
    jobs = [job(1), job(2)]
    later = service.post("/v1/destinations/pinterest_tag/proxy", proxy_request(*jobs))
    reply = service.post("/v1/destinations/Pinterest_Tag/proxy", proxy_request(*jobs))

    assert (later.status, [row["statusCode"] for row in later.json["output"]["response"]]) == (200, [503, 503])
    assert (reply.status, reply.headers["apiversion"]) == (200, "2")
    assert [row["statusCode"] for row in reply.json["output"]["response"]] == [200, 200]
    assert [event["event_id"] for event in sandbox.accepted] == ["m-1", "m-2"]


def test_the_old_proxy_mirrors_the_status(serve_here, sandbox):
    """In version 0 the HTTP status is that of the delivery; the header tells that the answer is the transformer's own."""
    service = serve_here(pinterest_url=sandbox.url)
    sandbox.script(Fault(status=503))
    metadata = job(1)["metadata"]
    later = service.post("/v0/destinations/pinterest_tag/proxy", proxy_request(job(1), metadata=metadata))
    wrong = service.post("/v0/destinations/pinterest_tag/proxy", {"endpoint": "https://example.com", "metadata": metadata})

    assert (later.status, later.headers["apiversion"], later.json["output"]["status"]) == (503, "2", 503)
    assert (wrong.status, wrong.headers["apiversion"], wrong.json["output"]["status"]) == (400, "2", 400)


def test_only_two_versions_of_the_proxy_are_there(service):
    """Another one is at no known path."""
    reply = service.post("/v2/destinations/pinterest_tag/proxy", {})

    assert (reply.status, reply.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (PROCESS, b"{", "the body is not JSON at line 1, column 2: Expecting property name enclosed in double quotes"),
        (PROCESS, b"[NaN]", "the body is not JSON at line 1, column 2: NaN is no JSON value"),
        (PROCESS, b'[{"NaN": "-Infinity \\" NaN",\n "b": -Infinity}, NaN]', "the body is not JSON at line 2, column 7: -Infinity is no JSON value"),
        (PROCESS, b"", "the body is not JSON at line 1, column 1: Expecting value"),
        (PROCESS, b'["\xff"]', "the body is not UTF-8 text (byte 2)"),
        (PROCESS, b"{}", "expected a list of events"),
        (PROCESS, b"7", "expected a list of events"),
        (ROUTE, b"[]", "expected an object with input, a list of events"),
        (ROUTE, b'{"destType": 5}', "/destType: expected 'pinterest_tag'"),
        ("/batch", b"[]", "expected an object with input, a list of events"),
    ],
)
def test_what_is_no_request_is_told(service, path, body, message):
    """With 400 and a reason; the original answers 500 with a TypeError of its own."""
    reply = service.post(path, body)

    assert (reply.status, reply.json) == (400, {"error": "Bad Request", "message": message})
    assert "apiversion" not in reply.headers


def test_an_event_that_only_the_slow_parser_takes_harms_no_other(service):
    """Half surrogate pairs, long numbers and numbers without an end are JSON; long ids keep their digits."""
    message = order(2, properties={"order_id": 12345678901234567890123, "value": 5, "currency": "USD", "odd": "\ud800"})
    text = json.dumps([job(1), job(2, message=message), job(3, message=order(3, properties={"value": "@"}))])
    text = text.replace('"@"', "1" * 5000).replace("0.5", "1e999")
    reply = service.post(PROCESS, text.encode())

    assert [entry["statusCode"] for entry in reply.json] == [200, 200, 200]
    assert reply.json[1]["output"]["body"]["JSON"]["custom_data"]["order_id"] == "12345678901234567890123"


def test_a_number_without_end_is_no_number(service):
    """It stays what it is in the host's own metadata, as text."""
    reply = service.post(PROCESS, json.dumps([job(1)]).replace('"s-1"', "1e999").encode())

    assert reply.json[0]["metadata"]["sourceId"] == "1e999"


def test_what_cannot_be_written_fast_is_written_escaped(service):
    """A host's metadata comes back as it came, even with half a surrogate pair."""
    one = job(1)
    one["metadata"]["odd"] = "\udc00"
    reply = service.post(PROCESS, [one])

    assert reply.json[0]["metadata"]["odd"] == "\udc00"
    assert rb"\udc00" in reply.body


def test_a_connection_is_kept_alive(service):
    """For requests of any kind, errors too."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.connect()
    place = connection.sock.getsockname()
    replies = [
        ask(service.port, "POST", PROCESS, [job(1)], connection=connection),
        ask(service.port, "POST", PROCESS, b"{", connection=connection),
        ask(service.port, "GET", "/nowhere", connection=connection),
        ask(service.port, "POST", PROCESS, gzip.compress(b"[]"), {"content-encoding": "gzip"}, connection),
    ]

    assert [reply.status for reply in replies] == [200, 400, 404, 200]
    assert connection.sock.getsockname() == place
    connection.close()


def test_the_accounts_of_a_request_are_not_mixed(service):
    """Each event goes to the account of its own destination."""
    jobs = [job(number, account=ACCOUNT if number % 2 else "77") for number in range(20)]
    reply = service.post(PROCESS, jobs)

    endpoints = [entry["output"]["endpoint"].split("/")[5] for entry in reply.json]
    assert endpoints == [ACCOUNT if number % 2 else "77" for number in range(20)]
