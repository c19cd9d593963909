"""The limits of the HTTP service: each with its status, at its very edge, and without harm to the requests after it."""

import gzip
import json
import socket
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.hosts import _http_body as bodies
from pinterest_destination.hosts._http_body import Limits
from pinterest_destination.hosts._http_protocol import MAX_HEAD
from pinterest_destination.hosts._http_refused import Refused

from .http_service import PROCESS, ROUTE, TRANSFORM, job, order

SMALL = Limits(body=10_000, inflated=20_000, depth=20, events=5, seconds=0.5, waiting=15_000)


def padded(size):
    """A good processor request of so many bytes."""
    text = json.dumps([job(1)]).encode()
    return text + b" " * (size - len(text))


@pytest.fixture
def small(serve_here):
    """A worker that takes little."""
    return serve_here(SMALL)


def refusal(reply):
    """Status, and what the body says in RudderStack's form or ours."""
    error = reply.json["error"]
    return (reply.status, error["code"]) if isinstance(error, dict) else (reply.status, error)


def test_a_body_may_have_so_many_bytes(small):
    """The last that goes, and the first that does not; the connection stays good."""
    assert small.post(PROCESS, padded(SMALL.body)).status == 200
    reply = small.post(PROCESS, padded(SMALL.body + 1))

    assert refusal(reply) == (413, "Request Entity Too Large")
    assert reply.json["message"] == "the body has more than 10000 bytes; send fewer events in one request"
    assert "connection" not in reply.headers
    assert small.get("/health").status == 200


def test_a_body_far_too_long_ends_the_connection(small):
    """It is not read to its end, whether it says its length or comes in chunks."""
    head = f"POST {TRANSFORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for frame, part in (("Content-Length: 1000000000\r\n\r\n", b""), ("Transfer-Encoding: chunked\r\n\r\n", b"7d00\r\n" + b" " * 32000 + b"\r\n")):
        with socket.create_connection(("127.0.0.1", small.port), timeout=20) as link:
            link.sendall((head + frame).encode() + part * 2)
            answer = b"".join(iter(lambda: link.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" in answer.lower()
        assert b"body_too_large" in answer


def test_chunks_are_counted_as_well(small):
    """A body that does not say its length has the same limit."""
    with socket.create_connection(("127.0.0.1", small.port), timeout=20) as link:
        link.sendall(f"POST {TRANSFORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        link.sendall(b"2af8\r\n" + b" " * 11000 + b"\r\n0\r\n\r\n")
        answer = link.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_inflated_body_may_have_so_many_bytes(small):
    """The last that goes, and the first that does not."""
    assert small.post_gzip(PROCESS, padded(SMALL.inflated)).status == 200

    assert refusal(small.post_gzip(PROCESS, padded(SMALL.inflated + 1))) == (413, "Request Entity Too Large")
    assert refusal(small.post_gzip(TRANSFORM, padded(SMALL.inflated + 1))) == (413, "inflated_body_too_large")


def test_a_gzip_bomb_takes_no_more_memory_than_its_limit():
    """However much it would become."""
    limits = Limits(inflated=2**20)
    bomb = gzip.compress(b" " * 200 * 2**20, 9)
    tracemalloc.start()
    try:
        with pytest.raises(Refused) as refused:
            bodies.inflate(bomb, limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (refused.value.status, refused.value.code) == (413, "inflated_body_too_large")
    assert peak < 4 * 2**20


@pytest.mark.parametrize(
    "body",
    [b"no gzip", b"", gzip.compress(b"[]")[:-4], gzip.compress(b"[]") + b"more", gzip.compress(b"[]")[:12], zlib.compress(b"[]")],
    ids=["text", "nothing", "cut", "more than gzip", "hardly begun", "zlib"],
)
def test_what_is_no_gzip_is_told(small, body):
    """Broken, cut, or with something behind it."""
    assert refusal(small.post(TRANSFORM, body, content_encoding="gzip")) == (400, "invalid_gzip")


def test_gzip_may_have_several_members(small):
    """As tools make it that write one after the other; the limit is for all of them, and so is how many there may be."""
    body = json.dumps({"settings": {}, "events": [order()]}).encode()
    whole = gzip.compress(body[:20]) + gzip.compress(b"") + gzip.compress(body[20:])
    half = gzip.compress(b" " * (SMALL.inflated // 2 + 1))

    assert small.post(TRANSFORM, whole, content_encoding="gzip").status == 200
    assert refusal(small.post(TRANSFORM, whole[:-4], content_encoding="gzip")) == (400, "invalid_gzip")
    assert refusal(small.post(TRANSFORM, half + half, content_encoding="gzip")) == (413, "inflated_body_too_large")
    with pytest.raises(Refused) as refused:
        bodies.inflate(gzip.compress(b"") * 1001, SMALL)
    assert refused.value.message == "the gzipped body has more than 1000 members"


def test_lists_and_objects_may_be_nested_so_deep(small):
    """The last level that goes, and the first that does not, with the event it stands in."""

    def nested(levels):
        return json.loads("[" * levels + "]" * levels)

    def call(levels):
        return {"settings": {}, "events": [order(1), {"type": "track", "properties": {"odd": nested(levels)}}]}

    assert small.post(TRANSFORM, call(SMALL.depth - 4)).status == 200
    reply = small.post(TRANSFORM, call(SMALL.depth - 3))

    assert refusal(reply) == (400, "nested_too_deep")
    assert reply.json["error"]["pointer"] == "/events/1"


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (b'{"jane@example.com": %s}', ""),
        (b'{"settings": %s}', "/settings/0"),
        (b'[1, [2], {"jane@example.com": %s}]', "/2"),
        (b"%s", "/0"),
    ],
)
def test_the_place_of_what_is_too_deep_holds_no_keys_of_others(text, pointer):
    """They may be anything, even personal data."""
    deep = b"[" * 30 + b"]" * 30
    with pytest.raises(Refused) as refused:
        bodies.parse(text % deep, SMALL)

    assert (refused.value.code, refused.value.pointer) == ("nested_too_deep", pointer)


@pytest.mark.parametrize("levels", [1_100, 100_000])
def test_what_no_parser_takes_is_too_deep_as_well(small, levels):
    """However deep it is, nobody's stack ends."""
    limits = Limits(body=2**20)
    with pytest.raises(Refused) as refused:
        bodies.parse(b"[" * levels + b"]" * levels, limits)

    assert (refused.value.code, refused.value.pointer) == ("nested_too_deep", "/0")
    assert refused.value.message == "lists and objects are nested more than 200 levels deep"


def test_the_place_of_what_no_parser_takes_is_told(small):
    """The first event that is too deep, whatever stands before and behind it."""
    deep = b'{"a": "]", "b": [1]}, {"c": ' + b"[" * 100_000
    with pytest.raises(Refused) as refused:
        bodies.parse(b'{"settings": {}, "events": [[], ' + deep, Limits())

    assert refused.value.pointer == "/events/2"


def test_a_limit_that_is_deeper_than_the_parser_goes_tells_no_place():
    """It is refused all the same."""
    with pytest.raises(Refused) as refused:
        bodies.parse(b"[" * 100_000 + b"]" * 100_000, Limits(depth=200_000))

    assert (refused.value.code, refused.value.pointer) == ("nested_too_deep", "")


def test_a_request_may_have_so_many_events(small):
    """On each route, wherever they stand."""
    six = [0] * 6
    assert small.post(TRANSFORM, {"settings": {}, "events": six[:5]}).status == 200

    assert refusal(small.post(TRANSFORM, {"settings": {}, "events": six})) == (413, "too_many_events")
    assert small.post(TRANSFORM, {"settings": {}, "events": six}).json["error"]["pointer"] == "/events"
    assert small.post(PROCESS, six).json["message"] == "6 events in one request, expected at most 5"
    assert small.post(ROUTE, {"input": six}).json["message"] == "/input: 6 events in one request, expected at most 5"
    assert small.post("/batch", {"input": six}).status == 413


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; Charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("application/vnd.example+json", 200),
        ("application/json; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
        ("text/json", 415),
        ("json", 415),
    ],
)
def test_only_json_is_taken(small, content_type, status):
    """A page in somebody's browser can send anything else to this machine without asking."""
    assert small.post(TRANSFORM, {"settings": {}, "events": []}, content_type=content_type).status == status


def test_a_body_without_a_type_is_not_taken(small):
    """Nobody knows what it is."""
    assert refusal(small.post(TRANSFORM, b"{}", content_type="")) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("encoding", "status"), [("identity", 200), ("br", 415), ("deflate", 415), ("gzip, gzip", 415)])
def test_only_gzip_is_undone(small, encoding, status):
    """And the answer says so."""
    reply = small.post(TRANSFORM, {"settings": {}, "events": []}, content_encoding=encoding)

    assert reply.status == status
    assert reply.headers.get("accept-encoding", "gzip") == "gzip"


def test_a_body_that_does_not_come_is_given_up(small):
    """After so many seconds, with 408; the connection ends."""
    with socket.create_connection(("127.0.0.1", small.port), timeout=20) as link:
        link.sendall(f"POST {TRANSFORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the body was not there within 0.5 seconds" in answer


def test_a_worker_that_holds_too_much_asks_to_be_asked_again(serve_here):
    """With what makes rudder-server try the same request once more; what comes later is answered as ever."""
    service = serve_here(Limits(waiting=15_000))
    head = f"POST {PROCESS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as link:
        link.sendall(head.encode() + padded(9_999))
        while service.service.waiting < 9_999:
            service.get("/health")
        busy = service.post(PROCESS, padded(10_000))
        link.sendall(b" ")
        done = link.recv(1000)
    after = service.post(PROCESS, padded(10_000))

    assert (busy.status, busy.headers["x-rudder-should-retry"], busy.headers["retry-after"]) == (503, "true", "1")
    assert done.startswith(b"HTTP/1.1 200 ")
    assert after.status == 200
    assert service.service.waiting == 0


def test_there_is_room_for_one_body_at_least():
    """However large it may be: otherwise it would be asked for again and again."""
    assert (Limits().waiting, Limits(body=2**29).waiting, Limits(body=2**29, waiting=1).waiting) == (2**28, 2**29, 1)


def test_a_client_that_goes_is_no_matter(service):
    """Its request is logged as 499, its memory given back."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as link:
        link.sendall(f"POST {PROCESS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n[".encode())
        while service.service.waiting == 0:
            service.get("/health")
    while service.service.waiting:
        service.get("/health")

    assert [line["status"] for line in service.lines() if line.get("route") == "/{version}/destinations/{destination}"] == [499]


def test_a_head_without_end_is_refused(service):
    """Before it fills the memory."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as link:
        link.sendall(b"GET /health HTTP/1.1\r\nX-Long: ")
        for _ in range(MAX_HEAD // 1024 + 1):
            link.sendall(b"x" * 1024)
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"head_too_large" in answer


def test_what_is_no_http_is_told(service):
    """As JSON, and the connection ends."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as link:
        link.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"invalid_http" in answer


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters()), lambda part: st.lists(part) | st.dictionaries(st.text(), part))


@pytest.mark.property
@given(JSON)
def test_json_comes_through_unchanged(document):
    """Whichever parser and writer it needs: as the standard library reads it, and the same when it is written and read again."""
    text = json.dumps(document).encode()

    assert json.dumps(bodies.parse(text, Limits())) == json.dumps(document)
    assert json.dumps(bodies.parse(bodies.dumps(document), Limits())) == json.dumps(document)


@pytest.mark.property
@given(st.binary() | st.text("[]{}\",:0123456789eE.-+truefalsn \\ud").map(str.encode))
def test_any_bytes_are_parsed_or_refused(body):
    """With a status of 400 and words, never with anything else."""
    told = None
    try:
        bodies.parse(body, Limits())
    except Refused as refused:
        told = refused.status, bool(refused.message)

    assert told in (None, (400, True))
