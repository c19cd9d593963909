"""The sandbox, over real sockets: it answers as Pinterest's OpenAPI description says, and as badly as it is told to."""

import base64
import gc
import gzip
import json
import re
import socket
import struct
import sys
import weakref
import zlib
from contextlib import ExitStack
from copy import deepcopy
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any
from wsgiref.handlers import SimpleHandler
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
import requests
from attrs import fields
from jsonschema import Draft202012Validator

from pinterest_destination import Destination
from pinterest_destination.delivery import _sandbox_rules
from pinterest_destination.delivery.sandbox import Fault, Sandbox, read_faults
from pinterest_destination.errors import DocumentError
from pinterest_destination.testing import load_case

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases").rglob("*.json"))
NOW = 1768471200
ACCOUNT = "549755885175"
DIGEST = "ab" * 32
RESULT_SCHEMA = {
    "type": "object",
    "required": ["num_events_received", "num_events_processed", "events"],
    "additionalProperties": False,
    "properties": {
        "num_events_received": {"type": "integer"},
        "num_events_processed": {"type": "integer"},
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["status"],
                "additionalProperties": False,
                "properties": {
                    "status": {"enum": ["processed", "failed"]},
                    "error_message": {"type": ["string", "null"]},
                    "warning_message": {"type": ["string", "null"]},
                },
            },
        },
    },
}


def order(number: int = 1, **changes: Any) -> dict[str, Any]:
    """An order as a Conversions API event."""
    event = {
        "event_name": "checkout",
        "action_source": "web",
        "event_time": NOW,
        "event_id": f"o-{number}",
        "user_data": {"em": [DIGEST]},
        "custom_data": {"value": "35.00", "currency": "USD"},
    }
    return {**event, **changes}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(clock):
    """Make running sandboxes, which are closed after the test."""
    made = []

    def make(**options):
        sandbox = Sandbox(**{"clock": clock, **options})
        sandbox.start()
        made.append(sandbox)
        return sandbox

    yield make
    for sandbox in made:
        sandbox.close()


@pytest.fixture
def sandbox(make):
    return make()


@pytest.fixture
def session():
    """A client that heeds no proxy of the machine."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def send(sandbox, session):
    """Send events, or any other document or text, and give the answer."""

    def send(*events, to=sandbox, path=f"/v5/ad_accounts/{ACCOUNT}/events", token="sandbox-token", **options):  # noqa: S107
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        options = options or {"json": {"data": list(events)}}
        return session.post(f"{to.url}{path}", headers=headers, timeout=20, **options)

    return send


def results(answer) -> list[dict[str, Any]]:
    """The results for each event, wherever they stand."""
    body = answer.json()
    found: list[dict[str, Any]] = body.get("details", body)["events"]
    return found


# What Pinterest answers.


def test_good_events_are_accepted(sandbox, send):
    """The answer has one result for each event in order, and the sandbox holds what came."""
    answer = send(order(1), order(2))

    assert answer.status_code == 200
    assert answer.json() == {
        "num_events_received": 2,
        "num_events_processed": 2,
        "events": [{"status": "processed", "error_message": None, "warning_message": None}] * 2,
    }
    assert sandbox.accepted == (order(1), order(2))
    assert [(row.account, row.at, row.request, row.fate) for row in sandbox.received] == [(ACCOUNT, NOW, 1, "accepted")] * 2
    assert [(line.number, line.status, line.events, line.accepted, line.fault) for line in sandbox.requests] == [(1, 200, 2, 2, "")]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_this_package_makes_is_accepted(make, send, path):
    """Every event that a case of the mapping expects is one that the sandbox takes, without a warning on its form."""
    case = load_case(path)
    events = case.document.get("expected", {}).get("capi", [])
    version = case.settings.api_version
    sandbox = make(clock=lambda: case.now)
    endpoint = "/events/v3" if version == "v3" else f"/v5/ad_accounts/{ACCOUNT}/events"

    refused = [answer.text for event in events if (answer := send(event, to=sandbox, path=endpoint)).status_code not in (200, 422)]

    assert refused == []
    assert len(sandbox.received) == len(events)


def test_answers_keep_to_the_openapi_description(make, send):
    """A 200 is a ConversionApiResponse, a 422 has one in its details, all other errors have code and message alone."""
    validator = Draft202012Validator(RESULT_SCHEMA)
    good, mixed, bad = send(order(1)), send(order(2), order(3, event_time=1)), send(order(4, event_id=7))

    assert list(validator.iter_errors(good.json())) == []
    assert list(validator.iter_errors(mixed.json()["details"])) == []
    assert sorted(mixed.json()) == ["code", "details", "message"]
    assert sorted(bad.json()) == ["code", "message"]
    assert {answer.headers["Content-Type"] for answer in (good, mixed, bad)} == {"application/json"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"custom_data": {"category_name": "Kitchen"}}, "Additional properties are not allowed ('category_name' was unexpected) at data[0].custom_data"),
        ({"user_data": {"ph": [DIGEST]}}, "user_data needs em, or hashed_maids, or client_ip_address and client_user_agent at data[0].user_data"),
        ({"event_id": 7}, 'the value is not of type "string" at data[0].event_id'),
        ({"user_data": {"em": ["jane@example.com"]}}, "at data[0].user_data.em[0]"),
        ({"custom_data": {"jane@example.com": 1}}, "Additional properties are not allowed ("),
        ({"event_id": 7, "action_source": "server"}, ", and 1 more"),
    ],
    ids=["an unknown key", "nobody", "a number for text", "a clear address", "an address as a key", "two faults"],
)
def test_one_bad_event_makes_pinterest_refuse_the_request(sandbox, send, change, told):
    """400 with code 4196 and the place, without the value; no event of the request is taken in."""
    answer = send(order(1, **change), order(2))

    assert (answer.status_code, answer.json()["code"]) == (400, 4196)
    assert answer.json()["message"].startswith("Invalid request: ")
    assert told in answer.json()["message"]
    assert "jane@example.com" not in answer.text
    assert sandbox.received == ()
    assert [(line.status, line.code, line.events) for line in sandbox.requests] == [(400, 4196, 2)]


@pytest.mark.parametrize(
    "body",
    ["", "no JSON", "[]", "null", "{}", '{"data":[]}', '{"data":{}}', '{"data":[1]}', '{"data":[NaN]}', "[" * 10**5, '{"data":["' + r"\ud800" + '"]}', b"\xff\xfe\x00"],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_request_is_refused(sandbox, send, body):
    """400, whatever it is that came."""
    assert send(data=body).status_code == 400
    assert sandbox.requests[-1].code == 4196


def test_a_body_with_a_key_too_many_is_refused(send):
    """Only `data` may stand beside the events."""
    answer = send(json={"data": [order()], "test": True})

    assert answer.json()["message"] == "Invalid request: Additional properties are not allowed ('test' was unexpected)"


def test_a_request_holds_a_thousand_events(sandbox, send):
    """One more, and it is refused."""
    assert send(*(order(number) for number in range(1000))).status_code == 200
    assert send(*(order(number) for number in range(1001))).status_code == 400
    assert sandbox.totals.accepted == 1000


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, None), (-7 * 86400, None), (-7 * 86400 - 1, "7 days in the past"), (300, None), (301, "in the future")],
)
def test_an_event_must_lie_in_the_window(send, seconds, told):
    """Seven days back at most, and five minutes ahead."""
    error = results(send(order(event_time=NOW + seconds)))[0]["error_message"]

    assert (error is None) == (told is None)
    assert (told or "") in (error or "")


@pytest.mark.parametrize(("mixed", "status"), [("422", 422), ("200", 200)])
def test_some_events_may_fail(make, send, mixed, status):
    """Both ways that Pinterest has been seen to tell of it: 422 with details, or 200."""
    sandbox = make(mixed=mixed)
    answer = send(order(1), order(2, event_time=1), to=sandbox)

    assert answer.status_code == status
    assert [result["status"] for result in results(answer)] == ["processed", "failed"]
    assert answer.json().get("code") == (953 if status == 422 else None)
    assert [(row.fate, row.error[:18]) for row in sandbox.received] == [("accepted", ""), ("refused", "Invalid event_time")]
    assert sandbox.accepted == (order(1),)


@pytest.mark.parametrize(
    ("custom_data", "told"),
    [
        ({"value": "1"}, "currency is missing"),
        ({"value": "1", "currency": "usd"}, "ISO 4217"),
        ({"opt_out_type": "LDP,CCPA"}, "other than LDP"),
        ({"value": "1", "currency": "EUR", "opt_out_type": "LDP"}, None),
        ({"value": None, "currency": None, "opt_out_type": ""}, None),
        ({}, None),
    ],
)
def test_what_is_not_standard_has_a_warning(send, custom_data, told):
    """The event is processed all the same."""
    answer = send(order(custom_data=custom_data))
    (result,) = results(answer)

    assert (answer.status_code, result["status"]) == (200, "processed")
    assert (told or "None") in str(result["warning_message"])


@pytest.mark.parametrize("authorization", [None, "", "sandbox-token", "Basic sandbox-token", "Bearer wrong", "Bearer", "Bearer tökên"])
def test_only_the_token_opens(sandbox, session, authorization):
    """401 with code 2 for any other header, and for none."""
    headers = {} if authorization is None else {"Authorization": authorization.encode()}
    answer = session.post(f"{sandbox.url}/v5/ad_accounts/{ACCOUNT}/events", json={"data": [order()]}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, 2)
    assert sandbox.received == ()


def test_any_token_may_open(make, send):
    """With `token` None each is good, but there must be one."""
    sandbox = make(token=None)

    assert send(order(), to=sandbox, token="whatever").status_code == 200  # noqa: S106
    assert send(order(), to=sandbox, token="").status_code == 401
    assert send(order(), to=sandbox, token=None).status_code == 401


def test_only_known_accounts_are_open(make, send):
    """403 with code 29 for another account; what is no account at all is 400."""
    sandbox = make(accounts=[ACCOUNT])
    answers = [send(order(), to=sandbox, path=f"/v5/ad_accounts/{account}/events") for account in (ACCOUNT, "549000000000", "mine")]

    assert [(answer.status_code, answer.json().get("code")) for answer in answers] == [(200, None), (403, 29), (400, 4196)]


def test_v3_has_the_advertiser_in_each_event_and_no_token(make, send):
    """Both spellings of the path work; the account is the event's own."""
    sandbox = make(accounts=["1", "2"])
    answer = send(order(1, advertiser_id="1"), order(1, advertiser_id="2"), to=sandbox, path="/events/v3", token=None)

    assert answer.status_code == 200
    assert [(row.account, row.fate) for row in sandbox.received] == [("1", "accepted"), ("2", "accepted")]
    assert send(order(1), to=sandbox, path="/events/v3/").status_code == 400
    assert send(order(1, advertiser_id="3"), to=sandbox, path="/events/v3/").status_code == 403
    assert send(order(1, advertiser_id="x"), to=sandbox, path="/events/v3/").status_code == 400


def test_calls_are_limited_by_account_and_minute(make, send, clock):
    """Each answer tells what is left; over the limit it is 429 with code 8, until the next minute."""
    sandbox = make(calls_per_minute=2)
    clock.now = NOW + 45
    first, second, third = (send(order(number), to=sandbox) for number in range(3))
    other = send(order(), to=sandbox, path="/v5/ad_accounts/549000000000/events")

    assert [answer.headers["x-ratelimit-remaining"] for answer in (first, second, third, other)] == ["1", "0", "0", "1"]
    assert (third.status_code, third.json()["code"]) == (429, 8)
    assert (third.headers["x-ratelimit-limit"], third.headers["x-ratelimit-reset"], third.headers["Retry-After"]) == ("2", "15", "15")
    assert "Retry-After" not in second.headers
    clock.now += 15
    assert send(order(3), to=sandbox).status_code == 200


def test_a_test_request_is_checked_but_not_recorded(sandbox, send):
    """Only its first 20 events are looked at, they count for nothing, and make no duplicate."""
    path = f"/v5/ad_accounts/{ACCOUNT}/events?test=true"
    answer = send(*(order(number) for number in range(25)), path=path)

    assert answer.json()["num_events_received"] == 25
    assert (answer.json()["num_events_processed"], len(results(answer))) == (20, 20)
    assert send(order(1, event_time=1), path=path).status_code == 422
    assert sandbox.accepted == ()
    assert sandbox.totals.test == 20
    assert send(order(1), path=path.replace("true", "FALSE")).status_code == 200
    assert sandbox.accepted == (order(1),)
    assert send(order(2), path=path.replace("true", "yes")).status_code == 400


def test_a_repeat_is_a_duplicate(sandbox, send):
    """Same name and same id count once, within a request or over several; Pinterest calls them processed all the same."""
    answer = send(order(1), order(1), order(2))
    send(order(1), order(2, event_name="signup"))

    assert answer.json()["num_events_processed"] == 3
    assert [row.fate for row in sandbox.received] == ["accepted", "duplicate", "accepted", "duplicate", "accepted"]
    assert sandbox.requests[0].duplicates == 1


def test_a_duplicate_is_found_within_the_window_only(make, send, clock):
    """The window begins with the first; after it the same event counts again."""
    sandbox = make(window=3600)
    for seconds in (0, 3599, 3600, 3601):
        clock.now = NOW + seconds
        send(order(), to=sandbox)

    assert [row.fate for row in sandbox.received] == ["accepted", "duplicate", "accepted", "duplicate"]


@pytest.mark.parametrize("change", [{"action_source": "offline"}, {"event_id": ""}], ids=["offline", "no id"])
def test_some_events_cannot_be_told_apart(sandbox, send, change):
    """Sent twice they count twice, as they would at Pinterest: a test can see it."""
    send(order(**change))
    send(order(**change))

    assert len(sandbox.accepted) == 2


def test_another_account_has_its_own_events(sandbox, send):
    """The same event in two accounts is two events."""
    send(order())
    send(order(), path="/v5/ad_accounts/549000000000/events")

    assert len(sandbox.accepted) == 2


def test_a_refused_event_makes_no_duplicate(sandbox, send):
    """What was not taken in cannot be there already."""
    send(order(event_time=1))
    send(order())

    assert [row.fate for row in sandbox.received] == ["refused", "accepted"]


def test_the_totals_are_sums(sandbox, send):
    """By fate, name and currency; only what counts has a value, and sums are exact."""
    send(order(1, custom_data={"value": "0.1", "currency": "USD"}), order(2, custom_data={"value": "0.2", "currency": "USD"}))
    send(order(1), order(3, event_time=1), order(4, custom_data={"value": "5"}), order(5, event_name="signup", custom_data={}))
    send(order(6, custom_data={"value": "1e999999999", "currency": "USD"}), order(7, custom_data={"value": "1" + "0" * 20 + "e9999999999999999999"}))

    totals = sandbox.totals
    assert (totals.requests, totals.received, totals.accepted, totals.duplicates, totals.refused) == (3, 8, 6, 1, 1)
    assert dict(totals.names) == {"checkout": 5, "signup": 1}
    assert dict(totals.values) == {"USD": Decimal("0.3"), "": Decimal(5)}


def test_only_the_latest_may_be_kept(make, send):
    """The sums and the window know of the rest."""
    sandbox = make(keep=2)
    for number in range(5):
        send(order(number), to=sandbox)
    send(order(0), to=sandbox)

    assert [row.event["event_id"] for row in sandbox.received] == ["o-4", "o-0"]
    assert [line.number for line in sandbox.requests] == [5, 6]
    assert (sandbox.totals.accepted, sandbox.totals.duplicates) == (5, 1)


def test_many_clients_at_once_lose_nothing(sandbox):
    """Threads share one sandbox; each event is accepted once, whoever comes first."""

    def client():
        with requests.Session() as session:
            session.trust_env = False
            for number in range(10):
                session.post(f"{sandbox.url}/v5/ad_accounts/{ACCOUNT}/events", json={"data": [order(number)]}, headers={"Authorization": "Bearer sandbox-token"})

    threads = [Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sandbox.totals.accepted, sandbox.totals.duplicates) == (10, 70)
    assert [line.number for line in sorted(sandbox.requests, key=lambda line: line.number)] == list(range(1, 81))


def test_nothing_personal_is_in_a_repr(sandbox, send):
    """Neither the token nor anything of an event shows."""
    send(order(event_id="jane@example.com", event_time=1))
    told = f"{sandbox!r}{sandbox.received!r}{sandbox.requests!r}{sandbox.scripted!r}"

    assert "jane" not in told
    assert "sandbox-token" not in told
    assert DIGEST not in told


def test_a_sandbox_listens_while_it_is_open(session, clock):
    """It has a URL only then; what was received stays; it can be opened again."""
    sandbox = Sandbox(clock=clock)
    with pytest.raises(RuntimeError, match="with statement"):
        _ = sandbox.url
    with sandbox:
        url = sandbox.url
        sandbox.start()
        assert sandbox.url == url
        assert repr(sandbox) == f"<Sandbox {url}>"
        assert session.get(url).status_code == 200
    sandbox.close()

    with pytest.raises(requests.ConnectionError):
        session.get(url)
    with sandbox:
        assert session.get(sandbox.url).status_code == 200


def test_a_port_that_is_taken_is_told(sandbox):
    """The error names the address and what to do."""
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="choose another port") as raised, Sandbox(port=port):
        pass

    assert raised.value.filename == f"127.0.0.1:{port}"


@pytest.mark.parametrize(("module", "name"), [("jsonschema_rs", "jsonschema-rs"), ("cheroot.errors", "cheroot")])
def test_without_the_extra_making_one_says_what_to_install(monkeypatch, module, name):
    """The module imports without it; only a sandbox needs it."""
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "pinterest_destination.delivery._sandbox_server", raising=False)
    _sandbox_rules.validator.cache_clear()

    with pytest.raises(ModuleNotFoundError, match=re.escape(f"The sandbox needs {name}: pip install 'pinterest-destination[server]'")):
        Sandbox()


def test_a_closed_sandbox_leaves_memory(clock):
    """A test suite may make hundreds, each with all that it received."""
    with Sandbox(clock=clock) as sandbox:
        assert exchange(sandbox, request(sandbox, order(), head="Connection: close"))
    gone = weakref.ref(sandbox)
    del sandbox
    gc.collect()

    assert gone() is None


def test_it_is_a_wsgi_application(clock):
    """It keeps to PEP 3333, and answers without a server, too."""
    body = json.dumps({"data": [order(advertiser_id="7")]}).encode()
    environ = {"REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/events/v3", "QUERY_STRING": "", "CONTENT_LENGTH": str(len(body))}
    setup_testing_defaults(environ)
    SimpleHandler(BytesIO(body), written := BytesIO(), sys.stderr, environ).run(validator(Sandbox(clock=clock)))
    head, _, answer = written.getvalue().partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.0 200 OK")
    assert json.loads(answer)["num_events_processed"] == 1


# What goes wrong by script.


def test_faults_are_met_in_order(sandbox, send):
    """503, 503, then all is well; each refusal has Pinterest's own code, and takes in nothing."""
    sandbox.script(Fault(status=503, times=2))
    answers = [send(order()) for _ in range(3)]

    assert [(answer.status_code, answer.json().get("code")) for answer in answers] == [(503, 4197), (503, 4197), (200, None)]
    assert [(line.status, line.fault, line.events, line.accepted) for line in sandbox.requests] == [(503, "503", 1, 0), (503, "503", 1, 0), (200, "", 1, 1)]
    assert [row.fate for row in sandbox.received] == ["accepted"]


def test_other_requests_meet_no_fault(sandbox, session, send):
    """A look at the page takes none out of the queue."""
    sandbox.script(Fault(status=503))

    assert session.get(sandbox.url).status_code == 200
    assert session.get(f"{sandbox.url}/events").status_code == 200
    assert send(order()).status_code == 503
    assert sandbox.scripted == ()


def test_a_fault_may_wait_for_an_event(sandbox, send):
    """Only requests that hold the event meet it: an event that always breaks its batch can be told from the others."""
    sandbox.script(Fault(status=500, event_id="o-7", times=2), Fault(status=429))

    assert [send(*batch).status_code for batch in ([order(1)], [order(1)], [order(6), order(7)], [order(6)], [order(7)], [order(7)])] == [429, 200, 500, 200, 500, 200]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 422, 429, 500, 503])
def test_a_status_has_its_error(sandbox, send, status):
    """Code and message, as Pinterest has them; a 422 has details that tell of no event."""
    sandbox.script(Fault(status=status, headers={"Retry-After": "7", "content-type": "application/problem+json"}))
    answer = send(order(), allow_redirects=False, json={"data": [order()]})

    assert answer.status_code == status
    assert {"code", "message"} <= set(answer.json())
    assert answer.json().get("details") == ({} if status == 422 else None)
    assert (answer.headers["Retry-After"], answer.headers["Content-Type"]) == ("7", "application/problem+json")


def test_a_status_may_come_after_the_events_were_taken_in(sandbox, send):
    """With `process`, Pinterest has counted what its answer denies."""
    sandbox.script(Fault(status=503, process=True))

    assert send(order()).status_code == 503
    assert sandbox.accepted == (order(),)


def test_an_answer_may_lie(sandbox, send):
    """With `process` false the answer is the usual one, but nothing was taken in."""
    sandbox.script(Fault(process=False))

    assert send(order()).json()["num_events_processed"] == 1
    assert sandbox.received == ()


@pytest.mark.parametrize(("body", "text"), [("OK", "OK"), ("", ""), ({"code": 1}, '{"code": 1}')])
def test_a_body_may_be_anything(sandbox, send, body, text):
    """Text as it is; other values as JSON; the usual status."""
    sandbox.script(Fault(body=body))
    answer = send(order())

    assert (answer.status_code, answer.text) == (200, text)


def test_another_good_status_has_the_usual_body(sandbox, send):
    """202 and the results; 204 without a body."""
    sandbox.script(Fault(status=202), Fault(status=204))

    assert send(order(1)).json()["num_events_processed"] == 1
    assert (send(order(2)).status_code, len(sandbox.accepted)) == (204, 2)


def test_a_redirect_leads_elsewhere(sandbox, send):
    """302, or another status, with the place to go to; nothing is taken in."""
    sandbox.script(Fault(redirect="https://elsewhere.example.com/"), Fault(redirect="/", status=307))
    answers = [send(allow_redirects=False, json={"data": [order()]}) for _ in range(2)]

    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(302, "https://elsewhere.example.com/"), (307, "/")]
    assert sandbox.received == ()


def test_a_page_of_html_takes_in_nothing(sandbox, send):
    """As a captive portal answers, with 200."""
    sandbox.script(Fault(html=True))
    answer = send(order())

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert sandbox.received == ()


def test_json_may_end_too_early(sandbox, send):
    """The answer is complete by its length, and no JSON."""
    sandbox.script(Fault(not_json=True))
    answer = send(order())

    with pytest.raises(ValueError, match=r"Unterminated|delimiter|Expecting"):
        answer.json()
    assert sandbox.accepted == (order(),)


@pytest.mark.parametrize(("results_more", "expected"), [(1, 3), (-1, 1), (-5, 0), (2, 4)])
@pytest.mark.parametrize("second", [{}, {"event_time": 1}], ids=["200", "422"])
def test_results_may_be_too_many_or_too_few(sandbox, send, results_more, expected, second):
    """The numbers of the answer stay; its list does not."""
    sandbox.script(Fault(results=results_more))
    answer = send(order(1), order(2, **second))
    body = answer.json()

    assert len(results(answer)) == expected
    assert body.get("details", body)["num_events_received"] == 2


def test_an_answer_without_results_cannot_have_too_many(sandbox, send):
    """A refusal stays as it is."""
    sandbox.script(Fault(results=1))

    assert send(order(), token="wrong").json()["code"] == 2  # noqa: S106


def test_an_error_may_echo_what_a_log_must_not_hold(sandbox, send):
    """The client gets its token and the e-mail field back; the sandbox's own log keeps neither."""
    sandbox.script(Fault(echo=True), Fault(echo=True, status=500))
    answer = send(order(user_data={"em": ["jane@example.com"]}))

    assert answer.status_code == 400
    assert "Bearer sandbox-token" in answer.json()["message"]
    assert "jane@example.com" in answer.json()["message"]
    assert send(data="no JSON").status_code == 500
    assert "sandbox-token" not in repr(sandbox.requests)
    assert "jane" not in repr(sandbox.requests)


# What happens on the wire: a client that sees every byte.


def request(sandbox, *events, path=f"/v5/ad_accounts/{ACCOUNT}/events", head="") -> bytes:
    """The bytes of a request."""
    body = json.dumps({"data": list(events)}).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: {sandbox.url}", "Authorization: Bearer sandbox-token", f"Content-Length: {len(body)}", head]
    return "\r\n".join([*filter(None, lines), "", ""]).encode() + body


def connect(sandbox) -> socket.socket:
    """A connection to the sandbox."""
    connection = socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), timeout=20)
    connection.settimeout(20)
    return connection


def everything(connection: socket.socket) -> bytes:
    """All that comes until the end of the connection."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def exchange(sandbox, data: bytes) -> bytes:
    """Send *data*, and give all that comes back."""
    with connect(sandbox) as connection:
        connection.sendall(data)
        return everything(connection)


def found(pattern: bytes, text: bytes) -> int:
    """The number that a pattern finds."""
    match = re.search(pattern, text)
    assert match
    return int(match[1])


def one_answer(connection: socket.socket) -> bytes:
    """Read one complete answer with a length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = found(rb"Content-Length: (\d+)", head)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def test_a_connection_serves_many_requests(sandbox):
    """HTTP/1.1 keep-alive, also with two requests that are sent at once; "Connection: close" ends it."""
    with connect(sandbox) as connection:
        connection.sendall(request(sandbox, order(1)) + request(sandbox, order(2)))
        first = one_answer(connection)
        connection.sendall(request(sandbox, order(3), head="Connection: close"))
        rest = first + everything(connection)

    assert rest.count(b"HTTP/1.1 200 OK") == 3
    assert b"Connection: close" in rest
    assert len(sandbox.accepted) == 3


@pytest.mark.parametrize("reset", ["accept", "answer"])
def test_a_connection_may_be_reset(sandbox, reset):
    """Before the body is read nothing is taken in; after that everything is. The client knows neither."""
    sandbox.script(Fault(reset=reset))
    with pytest.raises(ConnectionError):
        exchange(sandbox, request(sandbox, *(order(number) for number in range(1000))))

    assert len(sandbox.accepted) == (0 if reset == "accept" else 1000)
    assert [(line.status, line.fault, line.message) for line in sandbox.requests] == [(0, f"reset {reset}", "")]


def test_a_connection_may_close_without_a_word(sandbox):
    """The answer is complete and promises more; the next request on the connection finds it closed."""
    sandbox.script(Fault(close=True))
    answer = exchange(sandbox, request(sandbox, order()))

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" not in answer
    assert len(sandbox.accepted) == 1


@pytest.mark.parametrize("length", [0, 10])
def test_a_body_may_be_truncated(sandbox, length):
    """Less comes than Content-Length promises; the events are taken in."""
    sandbox.script(Fault(truncate=length))
    head, _, body = exchange(sandbox, request(sandbox, order())).partition(b"\r\n\r\n")

    assert len(body) == length
    assert found(rb"Content-Length: (\d+)", head) > 100
    assert len(sandbox.accepted) == 1


def test_a_chunked_body_may_be_cut(sandbox):
    """The chunk is longer than what comes, and there is no last one."""
    sandbox.script(Fault(chunked=10))
    head, _, body = exchange(sandbox, request(sandbox, order())).partition(b"\r\n\r\n")
    size, _, rest = body.partition(b"\r\n")

    assert b"Transfer-Encoding: chunked" in head
    assert b"Content-Length" not in head
    assert int(size, 16) > len(rest) == 10


def test_a_gzip_bomb_is_small_on_the_wire(sandbox, send):
    """Decoded it is the answer behind as many blanks as were asked for; nothing is taken in."""
    sandbox.script(Fault(gzip_bomb=3_000_000), Fault(gzip_bomb=1))
    answer = exchange(sandbox, request(sandbox, order(), head="Connection: close"))
    chunks = answer.partition(b"\r\n\r\n")[2]
    body = b"".join(data for _, data in _sized(chunks))

    assert len(answer) < 10_000
    assert len(gzip.decompress(body)) > 3_000_000
    assert json.loads(gzip.decompress(body))["num_events_received"] == 1
    assert zlib.decompressobj(31).decompress(body).startswith(b" ")
    assert sandbox.received == ()
    assert send(order()).json()["num_events_received"] == 1


def _sized(chunks: bytes):
    """Yield each chunk with its size."""
    while (size := int(chunks.partition(b"\r\n")[0], 16)) > 0:
        rest = chunks.partition(b"\r\n")[2]
        yield size, rest[:size]
        chunks = rest[size + 2 :]


def test_a_body_may_drip(sandbox, send):
    """It comes whole in the end."""
    sandbox.script(Fault(drip=0.0001))

    assert send(order()).json()["num_events_processed"] == 1


@pytest.mark.parametrize("fault", [Fault(delay=3600), Fault(drip=3600)], ids=["delay", "drip"])
def test_a_slow_answer_ends_with_the_sandbox(make, fault):
    """The events are taken in before; closing the sandbox waits for no answer, and leaves no connection."""
    arrived = Event()
    sandbox = make(observer=lambda *arrival: arrived.set())
    sandbox.script(fault)
    with connect(sandbox) as connection:
        connection.sendall(request(sandbox, order()))
        assert arrived.wait(20)
        server = sandbox._server
        sandbox.close()

        assert server.requests.busy == set()
        try:
            told = everything(connection)
        except ConnectionError:
            told = b""
    assert b'"events"' not in told
    assert len(sandbox.accepted) == 1


def test_closing_ends_connections_that_wait_for_a_request(sandbox):
    """A client that keeps its connection sees the end of it."""
    with connect(sandbox) as connection:
        connection.sendall(request(sandbox, order()))
        one_answer(connection)
        sandbox.close()

        assert connection.recv(1) == b""


def test_closing_ends_a_request_that_is_half_sent(sandbox):
    """Its thread waits for the rest, and would do so for an hour."""
    with connect(sandbox) as connection:
        connection.sendall(request(sandbox, order(), head="Expect: 100-continue")[:-5])
        assert b"100 Continue" in connection.recv(1000)
        sandbox.close()

        assert connection.recv(1) == b""
    assert sandbox.requests == ()


def test_slow_answers_keep_no_other_waiting(sandbox, send):
    """However many there are."""
    sandbox.script(*(Fault(delay=3600, event_id="slow") for _ in range(30)))
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(connect(sandbox)).sendall(request(sandbox, order(event_id="slow")))

        assert send(order()).status_code == 200


@pytest.mark.parametrize("sent", ["whole", "in part", "in chunks"])
def test_a_client_that_goes_away_is_no_bug(sandbox, capfd, sent):
    """The answer is for nobody, and nothing is told of it."""
    sandbox.script(Fault(drip=0.001))
    workers = sandbox._server.requests
    data = request(sandbox, order(), head="Expect: 100-continue")
    if sent == "in chunks":
        data = data.replace(b"Content-Length", b"Transfer-Encoding: chunked\r\nX")
    with connect(sandbox) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0))
        connection.sendall(data if sent == "whole" else data.partition(b"{")[0])
        connection.recv(1)
    with workers.change:
        assert workers.change.wait_for(lambda: not workers.busy, 20)
    gc.collect()

    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("length", ["5", "99999", "many"])
def test_a_header_may_lie_of_the_length(sandbox, length):
    """The answer is whole all the same."""
    sandbox.script(Fault(headers={"content-length": length}, close=True))
    head, _, body = exchange(sandbox, request(sandbox, order())).partition(b"\r\n\r\n")

    assert re.findall(rb"(?i)content-length: (\w+)", head) == [length.encode()]
    assert json.loads(body)["num_events_processed"] == 1


def test_an_answer_to_head_has_no_body(sandbox):
    """The next one on the connection is found where it begins."""
    answer = exchange(sandbox, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + request(sandbox, order(), head="Connection: close"))
    first, _, rest = answer.partition(b"\r\n\r\n")

    assert found(rb"Content-Length: (\d+)", first) > 10
    assert rest.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("first", ["GET //[jane@example.com] HTTP/1.1", "jane@example.com", "GET /jane HTTP/9.9"])
def test_what_is_no_request_is_refused_and_not_written_down(sandbox, capfd, first):
    """In JSON, in fixed words."""
    answer = exchange(sandbox, f"{first}\r\nHost: x\r\n\r\n".encode())

    assert sorted(json.loads(answer.partition(b"\r\n\r\n")[2])) == ["code", "message"]
    assert b"jane" not in answer
    assert capfd.readouterr().err == ""


def test_an_older_client_is_served(sandbox):
    """HTTP/1.0: the connection ends with the answer, a chunked one as well."""
    sandbox.script(Fault(gzip_bomb=1))
    old = request(sandbox, order()).replace(b"HTTP/1.1", b"HTTP/1.0")
    bomb, plain = exchange(sandbox, old), exchange(sandbox, old)

    assert json.loads(gzip.decompress(bomb.partition(b"\r\n\r\n")[2]))["num_events_received"] == 1
    assert json.loads(plain.partition(b"\r\n\r\n")[2])["num_events_received"] == 1


def test_a_body_may_come_in_chunks(sandbox):
    """With extensions and trailers, as RFC 9112 allows them; the connection stays good."""
    body = json.dumps({"data": [order()]}).encode()
    head = f"POST /v5/ad_accounts/{ACCOUNT}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sandbox-token\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunks = b"5;note=x\r\n" + body[:5] + b"\r\n" + f"{len(body) - 5:X}\r\n".encode() + body[5:] + b"\r\n0\r\nTrailer: x\r\n\r\n"

    answer = exchange(sandbox, head + chunks + request(sandbox, order(2), head="Connection: close"))

    assert answer.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    ("head", "rest", "status"),
    [
        ("Content-Length: x", b"", 400),
        ("Content-Length: -1", b"", 400),
        ("Content-Length: 99999999999", b"", 413),
        (f"Content-Length: {'9' * 5000}", b"", 400),
        ("Transfer-Encoding: chunked", b"xyz\r\n", 400),
        ("Transfer-Encoding: chunked", b"\r\n", 400),
        ("Transfer-Encoding: chunked", b"0\r\nTrailer\n", 400),
        ("Transfer-Encoding: chunked", b"fffffff\r\n", 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_without_end_is_refused(sandbox, head, rest, status):
    """What has no length, or too great a one, is not read, and the connection ends."""
    answer = exchange(sandbox, f"POST /events/v3 HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + rest)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in answer


def test_half_a_request_is_none(sandbox, capfd):
    """A client that goes away in the middle leaves no trace, neither in the log nor on standard error."""
    with connect(sandbox) as connection:
        connection.sendall(request(sandbox, order())[:-5])
        connection.shutdown(socket.SHUT_WR)

        assert everything(connection) == b""
    assert sandbox.requests == ()
    assert capfd.readouterr().err == ""


def test_a_bug_shows(make, capfd):
    """Whatever is no fault of a client is told on standard error."""

    def broken(*arguments):
        raise KeyError("a bug")

    sandbox = make(observer=broken)

    assert exchange(sandbox, request(sandbox, order())).startswith(b"HTTP/1.1 500 ")
    assert "a bug" in capfd.readouterr().err


# Faults as values.


def test_a_fault_says_what_is_wrong_with_it():
    """The field, what was found, and what would be right."""
    with pytest.raises(ValueError, match="delay: found -1; expected seconds, from 0 to 3600"):
        Fault(delay=-1)
    with pytest.raises(ValueError, match="reset: found 'accept' with event_id or process; expected 'answer'"):
        Fault(reset="accept", event_id="o-1")


@pytest.mark.parametrize(
    ("fault", "processes"),
    [
        (Fault(), True),
        (Fault(status=202), True),
        (Fault(status=503), False),
        (Fault(delay=1, drip=1, close=True), True),
        (Fault(reset="answer"), True),
        (Fault(reset="accept"), False),
        (Fault(truncate=0), True),
        (Fault(chunked=0), True),
        (Fault(not_json=True, results=1, body="x"), True),
        (Fault(html=True), False),
        (Fault(redirect="/"), False),
        (Fault(echo=True), False),
        (Fault(gzip_bomb=1), False),
        (Fault(reset="answer", process=False), False),
        (Fault(status=500, process=True), True),
    ],
    ids=str,
)
def test_a_fault_suggests_whether_events_are_taken_in(fault, processes):
    """Where Pinterest's own answer is harmed or lost they are; where something else answers they are not."""
    assert fault.processes == processes


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=503, delay=2.0), "503, delay 2.0"),
        (Fault(reset="answer"), "reset answer"),
        (Fault(truncate=0), "truncate 0"),
        (Fault(html=True, results=-1), "results -1, html"),
        (Fault(redirect="https://example.com/?token=1"), "redirect"),
        (Fault(body="jane@example.com"), "a body of its own"),
        (Fault(), "nothing"),
        (Fault(process=False), "not processed"),
    ],
)
def test_a_fault_in_a_few_words(fault, words):
    """For the log: without URLs and bodies, which may hold anything."""
    assert str(fault) == words


def test_faults_come_from_json():
    """One object or a list of them; every field can be written."""
    document = json.loads('[{"status": 503, "times": 2, "headers": {"Retry-After": "5"}}, {"body": {"code": 1}, "process": null}]')

    assert read_faults(document) == (Fault(status=503, times=2, headers={"Retry-After": "5"}), Fault(body='{"code": 1}'))
    assert read_faults({"reset": "answer"}) == (Fault(reset="answer"),)
    assert read_faults([]) == ()
    assert read_faults([{name: value for name, value in _defaults().items() if name != "headers"}]) == (Fault(),)


def _defaults() -> dict[str, Any]:
    return {field.name: field.default for field in fields(Fault)}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([{"status": 99}, {"delay": "1"}], ["f.json#/0/status: found 99; expected a whole number from 200 to 599, or null", "f.json#/1/delay: found '1'; expected seconds, from 0 to 3600"]),
        ({"statsu": 503}, ["f.json#/statsu: found an unknown key; expected one of "]),
        ({"status": True, "times": 0}, ["f.json#/status: found True", "f.json#/times: found 0; expected a whole number from 1"]),
        ([7], ["f.json#/0: found a JSON value that is no object (7)"]),
        (None, ["f.json#: found nothing; expected an object"]),
        ({"reset": "accept", "process": True}, ["f.json#/reset: found 'accept' with event_id or process; expected 'answer'"]),
        ({"reset": []}, ["f.json#/reset: found []"]),
        ({"headers": {"X": "a\r\nb"}}, ["f.json#/headers: found {'X': 'a\\r\\nb'}; expected an object of header"]),
        ({"redirect": "ftp://example.com/" + "x" * 50}, ["f.json#/redirect: found 'ftp://example.com/xxxxxxxxxxxxxxxxxxxxx...; expected a URL"]),
        ({"redirect": "http://[/"}, ["f.json#/redirect: "]),
    ],
)
def test_every_wrong_field_is_told(document, told):
    """With its place, what was found, and what would be right."""
    with pytest.raises(DocumentError) as raised:
        read_faults(document, "f.json")

    lines = str(raised.value).splitlines()
    assert len(lines) == len(told)
    assert all(line.startswith(start) for line, start in zip(lines, told, strict=True))


def test_a_misspelt_field_is_guessed():
    """`statsu` was probably meant to be `status`."""
    with pytest.raises(DocumentError, match=re.escape("(did you mean 'status'?)")):
        read_faults({"statsu": 503})


# Looking at it over HTTP.


def test_what_was_received_can_be_had_as_json(sandbox, session, send):
    """Events whole and with their fate, requests as in the log."""
    send(order(1), order(1))
    events, log = session.get(f"{sandbox.url}/events").json(), session.get(f"{sandbox.url}/requests").json()

    assert [(row["fate"], row["account"], row["event"]) for row in events] == [("accepted", ACCOUNT, order(1)), ("duplicate", ACCOUNT, order(1))]
    assert [(line["number"], line["status"], line["events"], line["duplicates"]) for line in log] == [(1, 200, 2, 1)]


def test_the_sandbox_can_be_cleared(sandbox, session, send):
    """Events, log, sums, waiting faults, and what would make a duplicate: all are gone."""
    send(order())
    sandbox.script(Fault(status=503))

    assert session.delete(f"{sandbox.url}/events").status_code == 204
    assert (sandbox.received, sandbox.requests, sandbox.scripted, sandbox.totals.requests) == ((), (), (), 0)
    assert send(order()).status_code == 200
    assert [row.fate for row in sandbox.received] == ["accepted"]


def test_faults_can_be_scripted_over_http(sandbox, session):
    """They queue up; what is wrong with them is told."""
    added = session.post(f"{sandbox.url}/_script", json=[{"status": 503, "times": 2}, {"delay": 1}])
    wrong = session.post(f"{sandbox.url}/_script", json={"status": 1})
    broken = session.post(f"{sandbox.url}/_script", data="{")

    assert added.json() == {"waiting": 2}
    assert sandbox.scripted == (Fault(status=503, times=2), Fault(delay=1))
    assert (wrong.status_code, wrong.json()["message"]) == (400, "#/status: found 1; expected a whole number from 200 to 599, or null")
    assert "not JSON" in broken.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nothing", 404, None),
        ("POST", "/v5/nothing", 404, None),
        ("POST", "/v5/ad_accounts/1/events/2", 404, None),
        ("GET", "/events/v3", 405, "POST"),
        ("PUT", f"/v5/ad_accounts/{ACCOUNT}/events", 405, "POST"),
        ("DELETE", "/", 405, "GET"),
        ("POST", "/events", 405, "GET, DELETE"),
        ("PATCH", "/_script", 405, "POST"),
    ],
)
def test_what_is_not_there_is_told(sandbox, session, method, path, status, allow):
    """404 for other paths, 405 for other methods; both in JSON."""
    answer = session.request(method, f"{sandbox.url}{path}")

    assert (answer.status_code, answer.headers.get("Allow")) == (status, allow)
    assert answer.json()["message"]


def test_a_misspelt_endpoint_is_in_the_log(sandbox, send):
    """Whoever has a wrong base URL can see it on the page."""
    send(order(), path=f"/v5/v5/ad_accounts/{ACCOUNT}/events")

    assert [(line.status, line.account) for line in sandbox.requests] == [(404, "")]


# The page.


def test_the_page_shows_what_arrived(sandbox, session, send):
    """Sums, requests, names, and the latest events with what identifies them."""
    empty = session.get(sandbox.url).text
    send(order(1), order(1), order(2, custom_data={"value": "12.5"}), order(3, event_time=1))
    sandbox.script(Fault(status=503, times=3))
    page = session.get(sandbox.url).text

    assert "Nothing has arrived yet" in empty
    assert sandbox.url in empty
    for shown in ("<b>2</b> accepted", "<b>1</b> duplicates", "<b>1</b> refused", "Value in USD", "Value in no currency", "<b>checkout</b>", "o-2", "12.5", '<span class="chip">em</span>', ">422<", "7 days in the past", "currency is missing", "503, 3 times"):
        assert shown in page, shown


def test_a_fault_shows_before_anything_arrived(sandbox, session):
    """What waits is on the page at once."""
    sandbox.script(Fault(delay=5))

    assert "delay 5" in session.get(sandbox.url).text


def test_nothing_on_the_page_is_markup_or_personal(sandbox, session, send):
    """Whatever an event holds is escaped and cut, and addresses are digests."""
    hostile = '<script>alert("1")</script>&\'"\u202e'
    send(order(1, event_id=hostile, event_name=hostile * 30, custom_data={"value": "1", "currency": hostile}))
    send(order(2, event_id="jane@example.com", event_name="jane%40example.com"))
    send(order(3, custom_data={hostile: 1}))
    page = session.get(sandbox.url).text

    assert page.count("<script>") == page.count("</script>") == 1
    assert "jane" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)" in page
    assert hostile not in page
    assert "sandbox-token" not in page


def test_the_page_loads_nothing_from_elsewhere(sandbox, session, send):
    """No address but its own, and a policy that would allow no other."""
    send(order())
    answer = session.get(sandbox.url)

    assert re.findall(r"(?:src|href|url\()[=\"']*\w+", answer.text) == []
    assert set(re.findall(r"https?://[\w.]+", answer.text)) == {"http://127.0.0.1"}
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")


def test_the_script_of_the_page_is_the_one_that_the_policy_allows(sandbox, session):
    """The digest in the header is that of the script in the page."""
    answer = session.get(sandbox.url)
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)

    assert f"'sha256-{base64.b64encode(sha256(script.encode()).digest()).decode()}'" in answer.headers["Content-Security-Policy"]


def test_the_page_shows_what_any_clock_says(make, session, send):
    """A clock that is no time of day does no harm, and without an accepted event the page says so."""
    sandbox = make(clock=lambda: 1e18)
    send(order(), to=sandbox)
    page = session.get(sandbox.url).text

    assert "<time>-</time>" in page
    assert "None yet" in page


def test_a_long_log_is_cut(make, session, send):
    """The page tells how many there are in all."""
    sandbox = make()
    for number in range(95):
        send(order(number, event_name=f"event_{number}"), to=sandbox)
    sandbox.script(Fault(status=301), Fault(reset="answer"))
    send(order(), to=sandbox, allow_redirects=False, json={"data": [order()]})
    with pytest.raises(requests.ConnectionError):
        send(order(), to=sandbox)
    page = session.get(sandbox.url).text

    for shown in ("90 of 97", "60 of 96", "and 84 more", ">301<", ">none<", "no answer"):
        assert shown in page, shown


# The example in the documentation.


def test_the_example_of_the_page_on_the_sandbox_runs(monkeypatch, capsys):
    """docs/sandbox.md shows a complete program; it does what the page says."""
    text = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
    code, shown = re.findall(r"```(?:python|text)\n(.*?)```", text, re.DOTALL)[:2]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    exec(code, {})  # noqa: S102  # our own text

    assert capsys.readouterr().out == shown


def test_every_field_of_a_fault_is_documented():
    """docs/sandbox.md has a row for each."""
    text = (ROOT / "docs" / "sandbox.md").read_text("utf-8")

    assert [field.name for field in fields(Fault) if f"| `{field.name}` |" not in text] == []


def test_what_a_destination_makes_arrives(sandbox, send):
    """From a customer event to a counted conversion."""
    made = Destination({}, clock=lambda: NOW).transform(
        {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": NOW, "channel": "web", "context": {"traits": {"email": "jane@example.com"}}}
    )
    before = deepcopy(made.capi)

    assert send(*made.capi).status_code == 200
    assert list(sandbox.accepted) == before
