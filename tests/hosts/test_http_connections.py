"""What one connection of the HTTP service brings: heads up to their very limit, in any pieces, one request after the other."""

import json
import re
import socket
from itertools import pairwise

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.hosts import _http_metrics as metrics
from pinterest_destination.hosts._http_body import Limits
from pinterest_destination.hosts._http_framing import Framing
from pinterest_destination.hosts._http_protocol import MAX_HEAD

from .http_service import TRANSFORM, order

OK, TOO_LARGE, BAD, TYPE, LATE = b"200", b"431", b"400", b"415", b"408"
LAST = b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SMALL = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = json.dumps({"settings": {}, "events": [order()]}).encode()
POST = b"POST " + TRANSFORM.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SIZED = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX-Trailer: \r\n\r\n" % (len(BODY), BODY)


def head(size, line=b"GET /health HTTP/1.1"):
    """The head of a request with so many bytes."""
    frame = line + b"\r\nHost: x\r\nX-Long: "
    return frame + b"x" * (size - len(frame) - 4) + b"\r\n\r\n"


def pieces(data, *cuts):
    """*data*, cut at these places."""
    places = [0, *(cut % len(data) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def statuses(service, *sent, last=LAST):
    """The status lines of all answers to what is *sent*, and to the *last* request, until the service ends the connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (*sent, last):
            link.sendall(piece)
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    return re.findall(rb"HTTP/1\.1 (\d+)", answer)


BEFORE = [b"", SMALL, SIZED, CHUNKED, SIZED + CHUNKED, b"\r\n"]


CUTS = [(), (-1,), (-2,), (-3,), (-4,), (10, 1000, 60_000), range(5_000, 64_000, 5_000)]


@pytest.mark.parametrize("before", BEFORE, ids=["first", "after_get", "after_length", "after_chunks", "after_both", "after_a_blank_line"])
def test_a_head_may_have_so_many_bytes(service, before):
    """The last that goes, and the first that does not, in whatever pieces and after whichever requests."""
    answers = [OK] * before.count(b"HTTP/1.1")
    room = MAX_HEAD - (2 if before == b"\r\n" else 0)

    for cuts in CUTS:
        assert statuses(service, before, *pieces(head(room), *cuts)) == [*answers, OK, OK]
        assert statuses(service, before, *pieces(head(room + 1), *cuts)) == [*answers, TOO_LARGE]
        assert statuses(service, *pieces(before + head(room), *cuts)) == [*answers, OK, OK]
        assert statuses(service, *pieces(before + head(room + 1), *cuts)) == [*answers, TOO_LARGE]


def test_a_head_has_a_limit_of_its_own(service):
    """Several large ones in one piece are as good as one, and a body does not count."""
    large = head(MAX_HEAD - 40, POST.splitlines()[0])[:-2] + b"Content-Length: 4\r\n\r\nnull"

    assert statuses(service, head(MAX_HEAD) * 3) == [OK] * 4
    assert statuses(service, large + SMALL) == [TYPE, OK, OK]


def test_nothing_is_read_behind_a_head_that_is_too_large(service):
    """What follows may be anything, and is not answered."""
    assert statuses(service, head(MAX_HEAD + 1) + SMALL, SMALL) == [TOO_LARGE]


def test_what_is_no_http_is_told_after_the_answers_before_it(service):
    """And not in their place."""
    assert statuses(service, SIZED + SMALL + b"\x16\x03\x01\r\n\r\n") == [OK, OK, BAD]
    assert statuses(service, SIZED, b"no HTTP\r\n\r\n", SMALL) == [OK, BAD]


def test_a_broken_body_is_told_where_an_answer_can_be(service):
    """Of a request that waits for those before it, nothing can be said; the connection ends."""
    broken = POST + b"Transfer-Encoding: chunked\r\n\r\nno length\r\n"

    assert statuses(service, broken) == [BAD]
    assert statuses(service, SIZED + broken) in ([], [OK])


@pytest.mark.parametrize("line", [b"X-Trailer: " + b"x" * 1000, b"X-Trailer: x\r\n" * 50])
def test_a_trailer_without_end_is_refused(service, line):
    """Before it fills the memory."""
    trailer = POST + b"Transfer-Encoding: chunked\r\n\r\n4\r\nnull\r\n0\r\n" + line * (10 * MAX_HEAD // len(line))

    assert statuses(service, trailer) == [TOO_LARGE]


def test_a_long_body_in_chunks_is_no_trailer(service):
    """However many there are."""
    chunk = b"64\r\n" + b" " * 100 + b"\r\n"

    assert statuses(service, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 2000 + b"4\r\nnull\r\n0\r\n\r\n" + SMALL) == [
        BAD,
        OK,
        OK,
    ]


@pytest.mark.parametrize("cuts", [(), (-1,), (30, 90), (-len(BODY),)], ids=repr)
def test_another_protocol_need_not_be_taken(service, cuts):
    """A request that offers HTTP/2, as Java's client does, is answered as if it did not, and so is the next."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAA\r\n"
    request = POST + offer + SIZED.removeprefix(POST)

    assert statuses(service, *pieces(request, *cuts), SMALL) == [OK, OK, OK]
    assert [line["message"] for line in service.lines()] == ["request"] * 3


def test_an_older_client_that_offers_another_protocol_is_served_in_its_own(service):
    """Its connection ends after the answer, as it expects."""
    request = SMALL.replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")

    assert statuses(service, request, last=b"") == [OK]


def test_no_connection_to_elsewhere_is_made(service):
    """Of CONNECT nothing is read as if it were a path."""
    assert statuses(service, b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n") == [BAD]


HALF = b"GET /version HTTP/1.1\r\nHost: "


@pytest.mark.parametrize(
    ("sent", "answers"),
    [(b"", []), (HALF, [LATE]), (b"\r\n", [LATE]), (SMALL + HALF, [OK, LATE]), (CHUNKED + SIZED + HALF, [OK, OK, LATE])],
    ids=["nothing", "half_a_head", "a_blank_line", "after_a_request", "after_two"],
)
def test_a_head_that_does_not_come_is_given_up(serve_here, sent, answers):
    """Half of one is refused, after the answers before it; a connection that nothing comes from ends without a word."""
    service = serve_here(Limits(seconds=0.3))

    assert statuses(service, sent, last=b"") == answers


def test_a_head_in_time_is_answered(serve_here):
    """Its time begins with its first byte, and ends with its last."""
    service = serve_here(Limits(seconds=30))

    assert statuses(service, HALF, b"x\r\n", b"\r\n", HALF, b"x\r\n\r\n") == [OK, OK, OK]


class Listener:
    """What a parser finds, told to a `Framing`."""

    def __init__(self):
        self.framing, self.begun, self.heads, self.headers = Framing(), False, [], []
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self):
        assert not self.begun, "a piece has parts of two requests"
        self.begun, self.headers = True, []

    def on_header(self, name, value):
        self.headers.append((name.lower(), value))

    def on_headers_complete(self):
        self.heads.append(self.framing.count)
        self.framing.has_head(self.headers)

    def on_body(self, body):
        self.framing.has_body()

    def on_message_complete(self):
        self.framing.has_ended()

    def read(self, data):
        start = 0
        while start < len(data):
            self.begun = False
            end = self.framing.take(data, start)
            self.parser.feed_data(data[start:end])
            start = end


BLANKS = st.lists(st.sampled_from([b"\r\n", b"\r\n\r\n", b"a", b"GET / HTTP/1.1\r\n\r\n"])).map(b"".join)


@st.composite
def requests(draw):
    """The head and the body of a request."""
    content = draw(BLANKS)
    kind = draw(st.sampled_from(["none", "length", "chunks"]))
    line = b"POST / HTTP/1.1\r\nX: " + b"x" * draw(st.integers(0, 9)) + b"\r\n"
    if kind == "none":
        return line + b"\r\n", b""
    if kind == "length":
        return line + b"Content-Length: %d\r\n\r\n" % len(content), content
    chunks = b"%x\r\n%s\r\n" % (len(content), content) if content else b""
    return line + b"Transfer-Encoding: chunked\r\n\r\n", chunks + b"0\r\n" + draw(st.sampled_from([b"", b"T: x\r\n"])) + b"\r\n"


@pytest.mark.property
@given(st.lists(requests(), min_size=1, max_size=5), st.lists(st.integers(0, 300)))
def test_heads_are_counted_to_the_byte(sent, cuts):
    """Whatever requests follow each other, and wherever they are cut, even in the middle of a blank line."""
    data = b"".join(part for request in sent for part in request)
    listener = Listener()
    for piece in pieces(data, *sorted(cut % len(data) for cut in cuts)):
        listener.read(piece)

    assert listener.heads == [len(head) for head, _ in sent]
    assert not listener.framing.in_body


REFUSALS = [
    ("invalid_http", BAD, b"GET /jane@example.com FTP/9\r\n\r\n"),
    ("request_timeout", LATE, b"GET /jane@example.com"),
    ("head_too_large", TOO_LARGE, head(MAX_HEAD + 1, b"GET /jane@example.com HTTP/1.1")),
    ("head_too_large", TOO_LARGE, POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: " + b"jane@example.com" * 5000),
]


@pytest.mark.parametrize(("code", "status", "sent"), REFUSALS, ids=["no_http", "half_a_head", "head", "trailer"])
def test_a_refused_connection_is_counted_and_logged(serve_here, code, status, sent):
    """Once, by its code, without a word of what it brought."""
    running = serve_here(Limits(seconds=1))
    answers = statuses(running, sent, last=b"")
    counted = {each: running.board.value(metrics.CONNECTIONS, each) for each in metrics.CODES}
    told = [line for line in running.lines() if line["level"] == "warning"]

    assert answers == [status]
    assert counted == {each: float(each == code) for each in metrics.CODES}
    assert [(line["message"], line["status"], line["code"]) for line in told] == [("a connection is refused", int(status), code)]
    assert "jane" not in running.log.read_text()


def test_a_connection_that_brings_nothing_is_not_refused(serve_here):
    """Browsers open some in advance; it is closed without a word."""
    running = serve_here(Limits(seconds=1))

    assert statuses(running, last=b"") == []
    assert [running.board.value(metrics.CONNECTIONS, code) for code in metrics.CODES] == [0, 0, 0]
    assert running.lines() == []
